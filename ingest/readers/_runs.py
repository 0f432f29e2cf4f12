"""From the record of an experiment run to a document: a line a value, each with the mark that names it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from ingest.readers._builder import one_line
from ingest.readers._curves import Curve
from ingest.text.decode import clean
from rag.domain.records import Identity, Metric, RunRecord, RunStatus
from rag.domain.types import Fact, Mark, Parsed, Run, Section

TOOLS = {"mlflow": "MLflow", "wandb": "W&B", "tensorboard": "TensorBoard", "table": "Experiment"}
ACCOUNTS = frozenset({"mlflow", "wandb"})  # tools that know their users
STATUSES: dict[str, RunStatus] = {
    **dict.fromkeys(("running", "1"), "running"),
    **dict.fromkeys(("scheduled", "pending", "queued", "2"), "scheduled"),
    **dict.fromkeys(("finished", "completed", "complete", "succeeded", "success", "done", "3"), "finished"),
    **dict.fromkeys(("failed", "crashed", "error", "failure", "4"), "failed"),
    **dict.fromkeys(("killed", "preempted", "cancelled", "canceled", "aborted", "stopped", "5"), "killed"),
}
NOTE_TAG = "mlflow.note.content"
LONGEST_VALUE = 2_000  # characters of one that stands in the text
LONGEST_LOG = 20_000  # characters: the end is what says how a run went
LOG_START = 2_000  # of these, from its beginning
MOST_SHOWN = 500  # artifacts
SHORT_ID = 8
THINNED = "Of long metric histories some points were kept, last value and extremes among them."


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What a run's document has beside its record."""

    files: tuple[str, ...] = ()  # it came from, relative to the claimed folder
    part: str = ""  # empty: the run's id
    curves: Mapping[str, Curve] = field(default_factory=dict)  # by metric key: how the extremes are written
    details: tuple[tuple[str, str], ...] = ()  # more attributes: host, commit, why this status
    texts: tuple[tuple[str, str, str], ...] = ()  # (key, heading, text): console output, written notes
    email: str = ""  # of the user
    url: str = ""
    notes: tuple[str, ...] = ()


def parsed_run(record: RunRecord, beside: Beside | None = None) -> Parsed:
    """One run as a document. Values are the record's own words; a mark stands at each line that holds one."""
    beside = beside or Beside()
    page = _Page(record.id)
    page.line("", headline(record))
    facts = _attributes(page, record, beside.details)
    if record.note.strip():
        key = f"tags.{NOTE_TAG}" if record.tool == "mlflow" else "attributes.note"
        page.heading("Note")
        page.block(key, record.note)
    page.values("Parameters", "params", record.params)
    page.metrics(record.metrics, beside.curves)
    page.values("Tags", "tags", [(key, text) for key, text in record.tags if key != NOTE_TAG])
    page.names("Datasets", "datasets", record.datasets)
    page.names("Artifacts", "artifacts", record.artifacts)
    for key, title, text in beside.texts:
        page.heading(title)
        page.block(key, _ends(text))
    if any(curve.thinned for curve in beside.curves.values()):
        page.notes.append(THINNED)
    system = record.tool if record.tool in ACCOUNTS else "name"
    known = Identity(system=system, id=record.user, name=record.user, email=beside.email)
    return Parsed(
        text=page.text,
        syntax="data",
        marks=tuple(page.marks),
        facts=facts,
        title=title_of(record),
        kind="run",
        authors=(record.user,) if record.user else (),
        date=record.started,
        url=beside.url,
        part=beside.part or record.id,
        files=beside.files,
        notes=(*beside.notes, *page.notes),
        run=record,
        people=(known,) if record.user else (),
    )


def noted(parts: Iterable[Parsed], notes: list[str]) -> Iterator[Parsed]:
    """The first part comes last: it carries the `notes` that grow while the others are read.

    What many runs have in common is said once.
    """
    first: Parsed | None = None
    for parsed in parts:
        if THINNED in parsed.notes:
            parsed = replace(parsed, notes=tuple(note for note in parsed.notes if note != THINNED))
            notes += [] if THINNED in notes else [THINNED]
        if first is None:
            first = parsed
        else:
            yield parsed
    if first is not None:
        yield replace(first, notes=(*first.notes, *notes))


def title_of(record: RunRecord) -> str:
    name = f' "{one_line(record.name)}"' if record.name and record.name != record.id else ""
    return f"Run {short(record.id)}{name}" + (f" of {one_line(record.experiment)}" if record.experiment else "")


def headline(record: RunRecord) -> str:
    """A sentence that says which run this is, and what became of it."""
    name = f' "{one_line(record.name)}"' if record.name and record.name != record.id else ""
    words = f"{TOOLS.get(record.tool, record.tool)} run {record.id}{name}"
    words += f" of experiment {one_line(record.experiment)}" if record.experiment else ""
    words += f" by {one_line(record.user)}" if record.user else ""
    words += f", started {record.started[:10]}" if record.started else ""
    return words + (f", {record.status}." if record.status != "unknown" else ".")


def short(run: str) -> str:
    """The first eight characters of a long hexadecimal id, else all of it."""
    return run[:SHORT_ID] if len(run) == 32 and all(letter in "0123456789abcdef" for letter in run) else run


def status_of(said: object) -> RunStatus:
    """A tracker's word or number for it."""
    return STATUSES.get(str(said).strip().lower(), "unknown")


def moment(milliseconds: object) -> str:
    """ISO 8601 in UTC from milliseconds since 1970, as a number or its digits; empty for what is none."""
    try:
        since = timedelta(milliseconds=int(str(milliseconds)))
        at = datetime(1970, 1, 1, tzinfo=UTC) + since
    except (ValueError, OverflowError):
        return ""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z") if since else ""


def number_written(value: float, *, is_nan: bool = False) -> str:
    """As text what a database keeps as a float; the largest float stands for an infinity in MLflow's."""
    if is_nan or value != value:
        return "NaN"
    if abs(value) >= 1.7976931348623157e308:
        return "Infinity" if value > 0 else "-Infinity"
    return repr(value)


def _attributes(page: "_Page", record: RunRecord, details: Iterable[tuple[str, str]]) -> tuple[Fact, ...]:
    page.gap()
    values = (
        ("status", record.status, "status"),
        ("experiment", record.experiment, "experiment"),
        ("run_name", record.name, "run_name"),
        ("user", record.user, "user"),
        ("start_time", record.started, "started"),
        ("end_time", record.ended, "ended"),
        ("parent", record.parent, "parent"),
    )
    facts = [Fact(key="run", value=record.id, at=0), Fact(key="tool", value=record.tool, at=0)]
    for key, text, fact in values:
        if text:
            at = page.value("attributes", key, text)
            facts.append(Fact(key=fact, value=text, at=at))
    if lasted := _duration(record):
        page.value("attributes", "duration", lasted)
    for key, text in details:
        page.value("attributes", key, text)
    return tuple(facts)


def _duration(record: RunRecord) -> str:
    try:
        seconds = (datetime.fromisoformat(record.ended) - datetime.fromisoformat(record.started)).total_seconds()
    except (ValueError, TypeError):
        return ""
    if seconds < 60:
        return f"{seconds:.1f} s"
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours} h {rest // 60} min" if hours else f"{rest // 60} min {rest % 60} s"


def _metric(metric: Metric, curve: Curve | None) -> str:
    said = ["last" if metric.step is None else f"last, step {metric.step}"]
    if curve is not None and curve.points > 1:
        if curve.lowest:
            said.append(f"lowest {curve.lowest} at step {metric.lowest_step}")
            said.append(f"highest {curve.highest} at step {metric.highest_step}")
        said.append(f"{curve.points:,} points, {curve.kept:,} kept" if curve.thinned else f"{curve.points:,} points")
    if curve is not None and curve.not_finite:
        said.append(f"{curve.not_finite:,} not finite")
    return f"{metric.last} ({'; '.join(said)})"


def _ends(text: str) -> str:
    """Its beginning and its end, when it is long."""
    text = clean(text).strip("\n")
    if len(text) <= LONGEST_LOG:
        return text
    left = len(text) - LONGEST_LOG
    return f"{text[:LOG_START]}\n[... {left:,} characters are left out ...]\n{text[LOG_START + left :]}"


class _Page:
    def __init__(self, run: str) -> None:
        self._run = run
        self._pieces: list[str] = []
        self._length = 0
        self.marks: list[Mark] = []
        self.notes: list[str] = []

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    def line(self, key: str, text: str) -> int:
        at = self._length
        self.marks.append(Mark(at=at, locator=Run(self._run, key)))
        self._append(f"{text}\n")
        return at

    def value(self, section: str, key: str, text: str) -> int:
        """On one line whatever it holds; a very long one ends early, with a note."""
        shown = one_line(text) if "\n" in text or "\r" in text else clean(text).strip()
        if len(shown) > LONGEST_VALUE:
            self.notes.append(
                f"Run {self._run}: of {section}.{one_line(key)} the text shows {LONGEST_VALUE:,} characters."
            )
            shown = f"{shown[:LONGEST_VALUE]} …"
        words = f"{one_line(key)} = {shown}" if shown or section != "tags" else one_line(key)
        return self.line(f"{section}.{key}", words)

    def values(self, title: str, section: str, pairs: Iterable[tuple[str, str]]) -> None:
        for n, (key, text) in enumerate(pairs):
            if n == 0:
                self.heading(title)
            self.value(section, key, text)

    def metrics(self, metrics: Iterable[Metric], curves: Mapping[str, Curve]) -> None:
        self.values("Metrics", "metrics", [(metric.key, _metric(metric, curves.get(metric.key))) for metric in metrics])

    def names(self, title: str, key: str, names: tuple[str, ...]) -> None:
        """A line each, all under one mark."""
        if names:
            self.heading(title)
            more = [f"... and {len(names) - MOST_SHOWN:,} more"] if len(names) > MOST_SHOWN else []
            self.block(key, "\n".join([*map(one_line, names[:MOST_SHOWN]), *more]))

    def block(self, key: str, text: str) -> None:
        self.line(key, clean(text).strip("\n"))

    def heading(self, title: str) -> None:
        self.gap()
        self.section(title)
        self.line("", f"{title}:")

    def section(self, title: str) -> None:
        self.marks.append(Mark(at=self._length, locator=Section((title,))))

    def gap(self) -> None:
        self._append("\n")

    def _append(self, piece: str) -> None:
        self._pieces.append(piece)
        self._length += len(piece)

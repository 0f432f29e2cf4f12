"""Made-up pairs of which one replaces the other: decisions, cards, wiki pages with a past, dated retros."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dulwich import porcelain

OLD_DAY, NEW_DAY = "2024-01-10", "2024-06-18"
MAY, JULY = 1_714_557_600, 1_720_000_800  # 2024-05-01, 2024-07-03
TOPICS: tuple[tuple[str, str, str, str], ...] = (  # what is asked, the sentence that answers, old value, new value
    ("What batch size does the {x} trainer use?", "The {x} trainer uses a batch size of {v} per device.", "256", "512"),
    ("Which database keeps the labels of {x}?", "We keep the labels of {x} in {v}.", "Postgres", "SQLite"),
    (
        "Which number format does {x} training use?",
        "The number format of {x} training is {v} on every node.",
        "fp16",
        "bf16",
    ),
    ("How often is the {x} index rebuilt?", "The {x} index is rebuilt every {v} hours.", "24", "6"),
    ("Who owns the {x} release?", "The {x} release is owned by {v}.", "Ana Lima", "Bo Chen"),
    ("Which queue do {x} jobs go to?", "Jobs of {x} go to the queue {v}.", "long-2", "night-7"),
    ("What learning rate does {x} start with?", "The learning rate of {x} starts at {v}.", "3e-4", "1e-4"),
    ("Which tokenizer does {x} use?", "The tokenizer of {x} is {v} with byte fallback.", "Unigram8k", "Bpe32k"),
    ("How long are {x} checkpoints kept?", "Checkpoints of {x} are kept for {v} days.", "30", "90"),
    ("Which augmentation does {x} training use?", "Training of {x} uses {v} as augmentation.", "Mixup2", "Cutmix4"),
    ("At which threshold does {x} raise an alarm?", "An alarm of {x} is raised at {v} %.", "71.5", "64.25"),
    ("In which region does {x} run?", "The service {x} runs in {v} with two replicas.", "Oslo", "Lyon"),
)
FORMS = ("superseded-by", "replaces", "card", "field", "wiki", "retro")
BIRDS = ("kestrel", "heron", "osprey", "merlin", "plover", "dunlin")


@dataclass(frozen=True, slots=True)
class Pair:
    """`old` and `new` are the sentences; `path` in front of which the files' names differ."""

    form: str
    n: int
    question: str
    old: str
    new: str
    name: str

    @property
    def paths(self) -> tuple[str, str]:
        """(of the old one, of the new one): now in the order of the alphabet, now against it."""
        first, second = ("a", "b") if self.n % 2 else ("b", "a")
        number = 2 * self.n + 100 * FORMS.index(self.form)
        match self.form:
            case "superseded-by" | "replaces":
                low, high = (number, number + 1) if self.n % 2 else (number + 1, number)
                return f"adr/{low:04d}-{self.name}-{first}.md", f"adr/{high:04d}-{self.name}-{second}.md"
            case "card":
                return f"cards/{self.name}-v1.md", f"cards/{self.name}-v{2 + self.n % 10}.md"
            case "wiki":
                return f"wiki/{self.name}.md", f"wiki/{self.name}.md"
        return f"{self.form}s/{first}-{self.name}.md", f"{self.form}s/{second}-{self.name}.md"


def pairs() -> Iterator[Pair]:
    for form, bird in zip(FORMS, BIRDS, strict=True):
        for n, (question, sentence, old, new) in enumerate(TOPICS):
            name = f"{bird}{chr(ord('a') + n)}"
            said = [sentence.format(x=name, v=value) for value in (old, new)]
            yield Pair(form, n, question.format(x=name), *said, name)


def texts(pair: Pair) -> tuple[str, str]:
    old, new = (path.rsplit("/", 1)[1] for path in pair.paths)
    title = f"Choices for {pair.name}"
    match pair.form:
        case "superseded-by":
            return (
                _page(title, OLD_DAY, pair.old, kind="decision", status=f"superseded by [{title}]({new})"),
                _page(f"{title} again", NEW_DAY, pair.new, kind="decision", status="accepted"),
            )
        case "replaces":
            return (
                _page(title, OLD_DAY, pair.old, kind="decision", status="accepted"),
                _page(f"{title} again", NEW_DAY, pair.new, kind="decision", status="accepted", replaces=old),
            )
        case "card":
            return _page(title, OLD_DAY, pair.old, kind="model-card"), _page(
                title, NEW_DAY, pair.new, kind="model-card"
            )
        case "field":
            return (
                _page(title, OLD_DAY, pair.old, kind="dataset-card", version="1.0"),
                _page(title, NEW_DAY, pair.new, kind="dataset-card", version="1.10"),
            )
        case "retro":
            return (
                _page(f"Retro of {pair.name}, sprint 7", OLD_DAY, pair.old, kind="retro"),
                _page(f"Retro of {pair.name}, sprint 19", NEW_DAY, pair.new, kind="retro"),
            )
    return _wiki(title, pair.old), _wiki(title, pair.new)


def _page(title: str, day: str, sentence: str, **fields: str) -> str:
    header = "\n".join(f'{key}: "{value}"' for key, value in {"title": title, "date": day, **fields}.items())
    return f"---\n{header}\n---\n# {title}\n\n{sentence}\n\nWe looked at the costs for a week.\n"


def _wiki(title: str, sentence: str) -> str:
    return f"# {title}\n\nThis page is for everybody.\n\n{sentence}\n\nAsk in the channel when in doubt.\n"


def write_newer_first(root: Path) -> Iterator[Path]:
    """Three folders to be ingested in this order: what is new, then beside it what it replaces, then the wiki."""
    files = root / "files"
    made = [(pair, *texts(pair)) for pair in pairs() if pair.form != "wiki"]
    for pair, _, new in made:
        _write(files / pair.paths[1], new)
    yield files
    for pair, old, _ in made:
        _write(files / pair.paths[0], old)
    yield files
    wiki = root / "wiki"
    wiki.mkdir()
    porcelain.init(str(wiki)).close()
    edited = [(pair, *texts(pair)) for pair in pairs() if pair.form == "wiki"]
    for side, at in ((1, MAY), (2, JULY)):
        for made_ in edited:
            _write(wiki / made_[0].paths[0], str(made_[side]))
        porcelain.add(str(wiki), [str(wiki / pair.paths[0]) for pair, _, _ in edited])
        porcelain.commit(
            str(wiki),
            message=b"As decided in the weekly" if side == 2 else b"First words",
            author=b"Ada <ada@example.org>",
            committer=b"Ada <ada@example.org>",
            commit_timestamp=at,
            author_timestamp=at,
            commit_timezone=0,
            author_timezone=0,
        )
    yield wiki


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")

"""Packs: folders that hold a corpus and questions about it, in any of the layouts that evaluation understands."""

import gzip
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from rag.domain.errors import BadInput

Layout = Literal["beir", "files"]
QUESTION_FILES = ("questions*.jsonl", "qa.jsonl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The words of a file that hold the answer."""

    file: str
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One question with what is known of its answer. Files are paths inside the pack, passages ids of its corpus."""

    id: str
    question: str
    kind: str = ""
    answers: tuple[str, ...] = ()  # any one of them will do
    answerable: bool | None = None  # None: the pack does not say
    gold_files: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    judgements: Mapping[str, int] = field(default_factory=dict)  # {passage or document id: grade}
    turns: tuple[str, ...] = ()  # what the asker said before, oldest first
    standalone: str = ""  # the same question with what the turns say spelled out

    @property
    def cluster(self) -> str:
        """Questions on one document are not independent: intervals draw them together."""
        gold = self.gold_files[0] if self.gold_files else min(self.judgements, default="")
        return gold or f"?{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One passage of a BEIR corpus. `group` is the document it belongs to, its own id when nothing groups it."""

    id: str
    title: str
    text: str
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    name: str
    layout: Layout
    root: Path
    samples: tuple[Sample, ...]
    question_files: frozenset[str] = frozenset()  # relative to root; never corpus

    def files(self) -> Iterator[str]:
        """Relative POSIX paths of the corpus of a file pack, in order. Links and hidden names are left out."""
        for folder, folders, names in os.walk(self.root):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                path = Path(folder, name)
                relative = path.relative_to(self.root).as_posix()
                if name.startswith(".") or path.is_symlink() or relative in self.question_files:
                    continue
                if relative.lower() != "readme.md":
                    yield relative

    def records(self) -> Iterator[Record]:
        """The corpus of a BEIR pack, in the order of its file."""
        for line in _lines(_existing(self.root, "corpus.jsonl")):
            row = _parse(_CorpusRow, line)
            yield Record(id=row.id, title=row.title, text=row.text, group=row.metadata.doc or row.id)


# --- what the files hold: lenient to keys nobody asked for ------------------------------------------------------


def _as_text(value: object) -> object:
    return value if isinstance(value, str) or value is None else str(value)


Text = Annotated[str, BeforeValidator(_as_text)]


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)


RowT = TypeVar("RowT", bound=_Row)


class _Metadata(_Row):
    doc: Text = ""


class _CorpusRow(_Row):
    id: Text = Field(validation_alias=AliasChoices("_id", "id"))
    title: str = ""
    text: str = ""
    metadata: _Metadata = _Metadata()

    @field_validator("title", "text", mode="before")
    @classmethod
    def _no_null(cls, value: object) -> object:
        return "" if value is None else value

    @field_validator("metadata", mode="before")
    @classmethod
    def _no_null_metadata(cls, value: object) -> object:
        return {} if value is None else value


class _EvidenceRow(_Row):
    file: str
    quote: str


def _turn_texts(value: object) -> list[str]:
    """Earlier turns as strings, or as {role, text}: what the asker said, not what was answered."""
    texts = []
    for turn in value if isinstance(value, list) else []:
        if isinstance(turn, str):
            texts.append(turn)
        elif isinstance(turn, dict):
            role = str(turn.get("role") or turn.get("speaker") or "user").lower()
            text = next((turn[key] for key in ("text", "content", "question") if turn.get(key)), "")
            if text and role not in {"assistant", "agent", "system", "bot"}:
                texts.append(str(text))
    return texts


class _QuestionRow(_Row):
    """A row of queries.jsonl, questions*.jsonl or qa.jsonl."""

    id: Text = Field(validation_alias=AliasChoices("_id", "id"))
    question: str = Field(validation_alias=AliasChoices("question", "text", "query"))
    kind: str = ""
    answer: Text | None = None
    answers: list[Text] = []
    answerable: bool | None = None
    gold_files: list[str] = Field([], validation_alias=AliasChoices("gold_files", "files"))
    evidence: list[_EvidenceRow] = []
    turns: Annotated[list[str], BeforeValidator(_turn_texts)] = Field(
        [], validation_alias=AliasChoices("turns", "earlier_turns", "history", "conversation")
    )
    standalone: Text | None = Field(None, validation_alias=AliasChoices("standalone", "rewrite", "rewritten"))

    @field_validator("answers", "gold_files", "evidence", mode="before")
    @classmethod
    def _no_null(cls, value: object) -> object:
        return [] if value is None else value

    def sample(self, judgements: Mapping[str, int] | None = None) -> Sample:
        answers = [text for text in [self.answer, *self.answers] if text and text.strip()]
        evidence = tuple(Evidence(file=e.file, quote=e.quote) for e in self.evidence if e.quote.strip())
        return Sample(
            id=self.id,
            question=self.question,
            kind=self.kind,
            answers=tuple(dict.fromkeys(answers)),
            answerable=self.answerable,
            gold_files=tuple(dict.fromkeys([*self.gold_files, *(e.file for e in evidence)])),
            evidence=evidence,
            judgements=judgements or {},
            turns=tuple(self.turns),
            standalone=self.standalone or "",
        )


# --- loading ----------------------------------------------------------------------------------------------------


def load_pack(folder: Path, *, questions: str = "") -> Pack:
    """Read the questions of a pack; its corpus stays on disk. `questions`: a glob that selects question files.

    Raises BadInput for a missing folder, one that is no pack, and a broken row.
    """
    if not folder.is_dir():
        raise BadInput(f"{folder}: no such folder.", fix="Name the folder of a pack.")
    root = folder.resolve()
    if _existing_or_none(root, "corpus.jsonl"):
        return _beir(root, questions)
    return _files(root, questions)


def _beir(root: Path, questions: str) -> Pack:
    judgements = _qrels(_existing(root, "qrels.tsv")) if _existing_or_none(root, "qrels.tsv") else {}
    names = _selected(root, [questions]) if questions else [_existing(root, "queries.jsonl").name]
    rows = [_parse(_QuestionRow, line) for name in names for line in _lines(root / name)]
    samples = tuple(row.sample(judgements.get(row.id, {})) for row in rows)
    return Pack(name=root.name, layout="beir", root=root, samples=samples)


def _files(root: Path, questions: str) -> Pack:
    """A tree of files. One without question files is a corpus that makes the others harder."""
    if any(root.glob("queries.jsonl*")):
        raise BadInput(f"{root.name}: queries without a corpus.jsonl.", fix="Add corpus.jsonl or corpus.jsonl.gz.")
    every = _selected(root, QUESTION_FILES)
    names = _selected(root, [questions]) if questions else every
    samples = [_parse(_QuestionRow, line).sample() for name in names for line in _lines(root / name)]
    return Pack(
        name=root.name,
        layout="files",
        root=root,
        samples=tuple(samples),
        question_files=frozenset([*every, *names]),
    )


def _selected(root: Path, patterns: Sequence[str]) -> list[str]:
    return sorted({path.relative_to(root).as_posix() for p in patterns for path in root.glob(p) if path.is_file()})


def _existing_or_none(root: Path, name: str) -> Path | None:
    return next((path for path in (root / name, root / f"{name}.gz") if path.is_file()), None)


def _existing(root: Path, name: str) -> Path:
    path = _existing_or_none(root, name)
    if path is None:
        raise BadInput(f"{root.name}: {name} is missing.", fix=f"A BEIR pack holds {name} or {name}.gz.")
    return path


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """(where, line) of every line that is not blank."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield f"{path.name}:{number}", line


def _parse(kind: type[RowT], placed: tuple[str, str]) -> RowT:
    where, line = placed
    try:
        return kind.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        field_name = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"{where}: {field_name or 'row'}: {first['msg']}.", fix="Correct that line.") from error


def _qrels(path: Path) -> dict[str, dict[str, int]]:
    """{query: {id: grade}}; grades of 0 and less are left out."""
    judged: dict[str, dict[str, int]] = {}
    for where, line in _lines(path):
        fields = line.rstrip("\n").split("\t")
        try:
            query, document, grade = fields[0], fields[-2], int(float(fields[-1]))
        except (ValueError, IndexError) as error:
            if where.endswith(":1"):  # the header
                continue
            raise BadInput(f"{where}: not `query-id<TAB>corpus-id<TAB>score`.", fix="Correct that line.") from error
        if grade > 0:
            judged.setdefault(query, {})[document] = grade
    return judged


def load_packs(folders: Sequence[Path], *, questions: str = "") -> list[Pack]:
    """All of them. Raises BadInput when two share a name, and when there is no question in any."""
    packs = [load_pack(folder, questions=questions) for folder in folders]
    names = [pack.name for pack in packs]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise BadInput(f"Two packs are called {doubled[0]}.", fix="Rename one, or name each pack once.")
    if not any(pack.samples for pack in packs):
        raise BadInput(
            f"No questions{f' match {questions!r}' if questions else ''} in {', '.join(names) or 'no pack'}.",
            fix="A pack holds corpus.jsonl, queries.jsonl and qrels.tsv, or files beside questions*.jsonl or qa.jsonl.",
        )
    return packs

"""Packs: a corpus and questions about it, in any of the layouts that evaluation understands.

A folder holds both. A single file of questions (a golden set) is asked of a home that is there already.
"""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from eval.packs.rows import CorpusRow, QuestionRow, lines, parse, read_questions
from eval.packs.samples import Evidence as Evidence
from eval.packs.samples import Record as Record
from eval.packs.samples import Sample as Sample
from rag.domain.errors import BadInput

Layout = Literal["beir", "files", "home"]
QUESTION_FILES = ("questions*.jsonl", "qa.jsonl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """`samples` with their gold; the corpus by `records` (beir) or `files`. Of `home` it is what the home holds."""

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

    def rows(self) -> Iterator[tuple[str, str]]:
        """(where, line) of the corpus of a BEIR pack."""
        return lines(_existing(self.root, "corpus.jsonl"))

    def records(self) -> Iterator[Record]:
        """The corpus of a BEIR pack, in the order of its file."""
        for line in self.rows():
            row = parse(CorpusRow, line)
            yield Record(id=row.id, title=row.title, text=row.text, group=row.metadata.doc or row.id)


def load_pack(path: Path, *, questions: str = "") -> Pack:
    """Read the questions of a pack; its corpus stays on disk. `questions`: a glob that selects question files.

    Raises BadInput for a missing folder, one that is no pack, a broken row, and an id that comes twice.
    """
    if path.is_file() and path.suffix == ".jsonl":
        return _only_once(_home(path.resolve()))
    if not path.is_dir():
        raise BadInput(
            f"{path}: no such folder, nor a .jsonl file.",
            fix="Name the folder of a pack, or a JSONL file of questions to your home, such as its golden set.",
        )
    root = path.resolve()
    return _only_once(_beir(root, questions) if _existing_or_none(root, "corpus.jsonl") else _files(root, questions))


def _only_once(pack: Pack) -> Pack:
    """Two runs are paired by id."""
    counts = Counter(sample.id for sample in pack.samples)
    if doubled := [one for one, n in counts.items() if n > 1]:
        raise BadInput(
            f"{pack.name}: {len(doubled)} ids come twice, the first is {doubled[0]}.",
            fix="Give each question an id of its own, or choose one question file with --questions.",
        )
    return pack


def _home(path: Path) -> Pack:
    samples = tuple(read_questions(path, by_source=True))
    if not samples:
        if not any(True for _ in lines(path)):
            raise BadInput(f"{path.name}: no row is in it.", fix="Make some: `teamlore eval golden make`.")
        raise BadInput(
            f"{path.name}: no row of it is accepted, so there is nothing to ask.",
            fix=f"Review its candidates: teamlore eval golden review {path}",
        )
    return Pack(name=path.stem, layout="home", root=path.parent, samples=samples, question_files=frozenset([path.name]))


def _beir(root: Path, glob: str) -> Pack:
    judgements = _qrels(_existing(root, "qrels.tsv")) if _existing_or_none(root, "qrels.tsv") else {}
    names = _selected(root, [glob]) if glob else [_existing(root, "queries.jsonl").name]
    rows = [parse(QuestionRow, line) for name in names for line in lines(root / name)]
    samples = tuple(row.sample(judgements.get(row.id, {})) for row in rows)
    return Pack(name=root.name, layout="beir", root=root, samples=samples)


def _files(root: Path, glob: str) -> Pack:
    """A tree of files. One without question files is a corpus that makes the others harder."""
    if any(root.glob("queries.jsonl*")):
        raise BadInput(f"{root.name}: queries without a corpus.jsonl.", fix="Add corpus.jsonl or corpus.jsonl.gz.")
    every = _selected(root, QUESTION_FILES)
    names = _selected(root, [glob]) if glob else every
    return Pack(
        name=root.name,
        layout="files",
        root=root,
        samples=tuple(sample for name in names for sample in read_questions(root / name)),
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


def _qrels(path: Path) -> dict[str, dict[str, int]]:
    """{query: {id: grade}}; grades of 0 and less are left out."""
    judged: dict[str, dict[str, int]] = {}
    for where, line in lines(path):
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

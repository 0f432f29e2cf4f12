"""Golden sets as files: one question a line, kept so that a version control system shows what a person changed."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import filelock

from rag.domain.errors import BadInput, Conflict, NotFound, StorageFailed, TooBusy
from rag.domain.golden import GoldenItem, Review
from rag.knowledge.golden_rows import etag, item_line, read_item

WAIT_SECONDS = 5.0  # for another writer, who needs a few milliseconds
MAKE = "Make one with `teamlore eval golden make`, or name its file: TEAMLORE_GOLDEN."

Items = tuple[GoldenItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What a reviewer changes of an item; None leaves it."""

    question: str | None = None
    answer: str | None = None
    answerable: bool | None = None
    note: str | None = None


# --- the file ------------------------------------------------------------------------------------------------------


def load_golden(path: Path) -> Items:
    """In the order of the file.

    Raises NotFound when there is none, BadInput with the line for a broken row and an id that stands twice.
    """
    return tuple(item for _, item in _rows(path))


def save_golden(path: Path, items: Sequence[GoldenItem]) -> None:
    """Replace the file at once or not at all; what did not change keeps its line to the letter.

    For a change of what is there use `change_golden`. Raises StorageFailed, BadInput for an id that stands twice.
    """
    before = {item.id: (line, item) for line, item in _rows(path)} if path.exists() else {}
    lines = [before[item.id][0] if before.get(item.id, ("", None))[1] == item else item_line(item) for item in items]
    _only_once([item.id for item in items], path)
    target = path.resolve()  # of a link, what it leads to
    fresh = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with fresh.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{line}\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            fresh.chmod(target.stat().st_mode & 0o777)
        fresh.replace(target)
    except OSError as error:
        with suppress(OSError):  # the disk that refused the one may refuse the other
            fresh.unlink()
        raise _unwritable(path, error) from error


def change_golden(path: Path, change: Callable[[Items], Sequence[GoldenItem]]) -> Items:
    """Read, change and write while nobody else writes; returns what stands in the file now. No file: no items.

    Raises what `load_golden` and `save_golden` raise, TooBusy when another writer does not end, what `change` raises.
    """
    with _alone(path):
        before = load_golden(path) if path.exists() else ()
        after = tuple(change(before))
        if after != before or not path.exists():
            save_golden(path, after)
        return after


def _rows(path: Path) -> list[tuple[str, GoldenItem]]:
    """(line, item) each."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFound(f"{path}: there is no golden set.", fix=MAKE) from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path}: no UTF-8 text.", fix="Save it as UTF-8, one JSON object a line.") from error
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror}).", fix="Name a JSONL file of yours.") from error
    lines = [(number, line.rstrip("\r")) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    rows = [(line.strip(), read_item(line, f"{path.name} line {number}")) for number, line in lines]
    _only_once([item.id for _, item in rows], path)
    return rows


def _only_once(ids: Sequence[str], path: Path) -> None:
    seen: set[str] = set()
    for one in ids:
        if one in seen:
            raise BadInput(f"{path.name}: two rows have the id {one}.", fix="Give one of them another id.")
        seen.add(one)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """The lock's file is gone afterwards, so that no repository gets it: filelock starts anew where that happened."""
    target = path.resolve()
    name = target.with_name(f".{target.name}.lock")
    lock = filelock.FileLock(name, timeout=WAIT_SECONDS, thread_local=False)
    try:
        name.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except filelock.Timeout as error:
        raise TooBusy(f"{path}: somebody else is writing it.", fix="Try again in a moment.") from error
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        yield
    finally:
        name.unlink(missing_ok=True)
        lock.release()


def _unwritable(path: Path, error: OSError) -> StorageFailed:
    return StorageFailed(
        f"{path}: cannot be written ({error.strerror or error}).",
        fix="Point TEAMLORE_GOLDEN to a file in a folder of yours, on a disk with space left.",
    )


# --- what happens to items --------------------------------------------------------------------------------------


def merge(existing: Sequence[GoldenItem], fresh: Sequence[GoldenItem]) -> Items:
    """Reviewed items stay as they are, candidates are renewed in their place, new ones come last.

    A fresh item is left out when its question stands there already, whatever a person said to it.
    """
    renewed = {item.id: item for item in fresh}
    kept = [
        renewed.get(item.id, item) if item.review == "candidate" and item.reviewed_at == "" else item
        for item in existing
    ]
    ids, asked = {item.id for item in kept}, {folded(item.question) for item in kept}
    for item in fresh:
        if item.id not in ids and folded(item.question) not in asked:
            kept.append(item)
            ids.add(item.id)
            asked.add(folded(item.question))
    return tuple(kept)


def folded(question: str) -> str:
    """Two questions with the same one are the same question."""
    return " ".join("".join(sign if sign.isalnum() else " " for sign in question.casefold()).split())


def decide(item: GoldenItem, review: Review, *, by: str, at: str, edit: Edit = Edit()) -> GoldenItem:
    """`by` judged it `at` a moment (ISO 8601); back to a candidate, it has no judge. Raises BadInput.

    An answer has to stand in what is accepted, unless it says that there is none.
    """
    changed = {name: value for name in ("question", "answer", "answerable", "note")
               if (value := getattr(edit, name)) is not None}  # fmt: skip
    done = replace(item, review=review, reviewed_by=by, reviewed_at=at, **changed)
    done = replace(done, question=done.question.strip(), answer=done.answer.strip() if done.answerable else "")
    if not done.question:
        raise BadInput("The question is empty.", fix="Write one, or reject the item.")
    if review == "accepted" and done.answerable and not (done.answer or done.rest.get("answers")):
        raise BadInput(
            f"{item.id}: there is no answer.", fix="Write the answer, or say that the documents do not answer it."
        )
    return done if review != "candidate" else replace(done, reviewed_by="", reviewed_at="")


def find(items: Sequence[GoldenItem], wanted: str) -> GoldenItem:
    """By id. Raises NotFound."""
    for item in items:
        if item.id == wanted:
            return item
    raise NotFound(f"There is no golden item {wanted[:80]}.", fix="List them: `teamlore eval golden review`.")


def put(path: Path, item: GoldenItem, *, seen: str = "") -> GoldenItem:
    """Write one judged item in its place. `seen`: the etag of what the judge saw; "" whatever is there.

    Raises NotFound when it is gone, Conflict when it is another by now, and what `change_golden` raises.
    """

    def swap(items: Items) -> Items:
        there = find(items, item.id)
        if seen and etag(there) != seen:
            raise Conflict(
                f"{item.id} was changed by {there.reviewed_by or 'somebody'} since you saw it.",
                fix="Look at it again, then decide.",
            )
        return tuple(item if one.id == item.id else one for one in items)

    change_golden(path, swap)
    return item

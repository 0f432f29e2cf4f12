"""A run is a folder: `run.json`, while it is made `partial.jsonl`, `accepted.json` once a person took it as the mark.

By default `<home>/evaluations/<id>/`; a folder named on the command line may lie in a repository.
"""

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from rag.domain.errors import BadInput, StorageFailed

RUN, PARTIAL, ACCEPTED, REPORT = "run.json", "partial.jsonl", "accepted.json", "report.html"
_NAME_ONE = "Name a run's folder; `teamlore eval runs` lists those of the home."
TOGETHER = "*"  # the file packs, which share an index


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """The run that others are measured against, until another one is accepted."""

    at: str  # ISO 8601, UTC
    by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """`run` None: it was not finished, and its folder holds what was asked so far; or it is `broken`."""

    path: Path
    run: Mapping[str, Any] | None
    accepted: Acceptance | None = None
    broken: str = ""  # why it cannot be read

    @property
    def id(self) -> str:
        return str((self.run or {}).get("id") or self.path.name)


def now() -> datetime:
    return datetime.now(UTC)


def evaluations(home: Path) -> Path:
    return home / "evaluations"


def new_folder(home: Path, command: str, at: datetime) -> Path:
    """One that is not there yet, named by time and command, e.g. 2026-11-21T1130-answers-3f2a."""
    while True:
        path = evaluations(home) / f"{at:%Y-%m-%dT%H%M}-{command}-{secrets.token_hex(2)}"
        if not path.exists():
            return path


def make_folder(path: Path) -> None:
    """For this user alone where it is new. Raises StorageFailed when nothing can be written there."""
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = path / f".{os.getpid()}.new"
        probe.touch(mode=0o600)
        probe.unlink()
    except OSError as error:
        raise StorageFailed(
            f"{path}: cannot be written ({error.strerror}).", fix="Name another folder for the run: --run DIR."
        ) from error


def write_atomically(path: Path, value: Mapping[str, Any]) -> None:
    """As JSON, whole or not at all. Raises StorageFailed."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with fresh.open("w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise StorageFailed(f"{path}: cannot be written ({error.strerror}).", fix="Free some space.") from error


def finish(folder: Path, result: Mapping[str, Any]) -> None:
    """From now on the run is complete, and nothing will change it."""
    write_atomically(folder / RUN, result)
    (folder / PARTIAL).unlink(missing_ok=True)


def load_run(path: Path) -> dict[str, Any]:
    """A run's folder, or a file that `--out` wrote. Raises BadInput when it is neither, or not finished."""
    file = path / RUN if path.is_dir() else path
    if path.is_dir() and not file.exists():
        raise _no_run(path)
    try:
        run = json.loads(file.read_text(encoding="utf-8"), parse_constant=_no_number)
        packs = run["packs"]
        _ = [pack["metrics"].keys() for pack in packs.values()]
        items = [item for pack in packs.values() for item in pack["items"]]
        _ = [(item["id"], [float(value) for value in item["metrics"].values() if value is not None]) for item in items]
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror}).", fix=_NAME_ONE) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _broken(path, file) from error
    return dict(run)


def _broken(path: Path, file: Path) -> BadInput:
    if file.name == RUN:
        return BadInput(
            f"{file}: not a run, it is cut off or was changed.",
            fix="Take it from the repository or a copy again, or repeat the run into another folder.",
        )
    return BadInput(f"{path}: not a run.", fix="Name a run's folder, or a file that `teamlore eval ... --out` wrote.")


def _no_number(name: str) -> NoReturn:
    """NaN is below and above nothing, so no test would find it worse."""
    raise ValueError(f"{name} is no number")


def _no_run(path: Path) -> BadInput:
    if (path / PARTIAL).exists():
        return BadInput(
            f"{path}: this run is not finished.", fix=f"Go on with the command that began it, with --run {path}."
        )
    return BadInput(f"{path}: no run is here.", fix="List your runs: `teamlore eval runs`.")


def load_acceptance(folder: Path) -> Acceptance | None:
    """None when nobody accepted it. Raises BadInput for a file that is broken."""
    file = folder / ACCEPTED
    try:
        plain = json.loads(file.read_text(encoding="utf-8"))
        return Acceptance(at=str(plain["at"]), by=str(plain.get("by", "")), note=str(plain.get("note", "")))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{file}: not readable as an acceptance.", fix="Remove it, and accept the run again.") from error


def accept(folder: Path, *, by: str = "", note: str = "", at: datetime | None = None) -> Acceptance:
    """Mark a finished run as the one to measure others against. Again: the newer mark counts."""
    if not folder.is_dir():
        raise BadInput(f"{folder}: not a run's folder.", fix="Name its folder; `teamlore eval runs` lists them.")
    load_run(folder)
    accepted = Acceptance(at=(at or now()).isoformat(), by=by, note=note)
    write_atomically(folder / ACCEPTED, asdict(accepted))
    return accepted


def accept_in(home: Path, folder: Path, *, by: str = "", note: str = "") -> tuple[Path, Acceptance]:
    """Mark it, and where it lies outside the home a copy there, which is the path: later runs look for it in the home.

    Raises BadInput when it is no finished run, StorageFailed.
    """
    accepted = accept(folder, by=by, note=note)
    if folder.resolve().parent == evaluations(home).resolve():
        return folder, accepted
    run = load_run(folder)
    digest = hashlib.sha256(json.dumps(run, sort_keys=True).encode()).hexdigest()  # accepted again: the same place
    at = str(run.get("started") or accepted.at)[:16].replace(":", "")
    place = evaluations(home) / f"{at}-{run.get('command', 'run')}-{digest[:4]}"
    make_folder(place)
    write_atomically(place / RUN, {**run, "id": place.name})
    write_atomically(place / ACCEPTED, asdict(accepted))
    if (folder / REPORT).is_file():  # the page opens it there
        shutil.copyfile(folder / REPORT, place / REPORT)
    return place, accepted


def list_runs(home: Path) -> list[StoredRun]:
    """Newest first, unfinished and broken ones too. What is no run is left out."""
    return sorted(_stored(evaluations(home)), key=lambda stored: stored.path.name, reverse=True)


def _stored(folder: Path) -> Iterator[StoredRun]:
    for path in folder.iterdir() if folder.is_dir() else ():
        if (path / RUN).exists():
            yield _finished(path)
        elif (path / PARTIAL).exists():
            yield StoredRun(path=path, run=None)


def _accepted(folder: Path) -> Iterator[StoredRun]:
    """The others are not read: a home may have hundreds."""
    return (_finished(path) for path in folder.glob("*") if (path / ACCEPTED).exists() and (path / RUN).exists())


def _finished(path: Path) -> StoredRun:
    try:
        return StoredRun(path=path, run=load_run(path), accepted=load_acceptance(path))
    except BadInput as error:
        return StoredRun(path=path, run=None, broken=str(error))


def accepted_run(home: Path, command: str, packs: Collection[str]) -> Path | None:
    """The one accepted last of those with this command over exactly these packs (the sum of them aside)."""
    wanted = set(packs) - {TOGETHER}
    found = [
        (stored.accepted.at, stored.path)
        for stored in _accepted(evaluations(home))
        if stored.accepted and stored.run and stored.run.get("command") == command
        if set(stored.run["packs"]) - {TOGETHER} == wanted
    ]
    return max(found)[1] if found else None

"""Runs of Weights & Biases as its client leaves them: `wandb/run-<time>-<id>/`, one of them or the folder of them."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import yaml

from ingest.readers._curves import share_of
from ingest.readers._runs import noted
from ingest.readers._tree import files_of, read_rest
from ingest.readers._wandb import WandbRun, document_of, number_or_text
from ingest.readers._wandb_log import RunLog, read_log
from ingest.readers.base import Candidate, Limits, Reader
from ingest.text.decode import clean
from ingest.text.outputs import output_text
from ingest.text.safe_yaml import load_yaml
from ingest.text.structured import load_json
from rag.domain.errors import UnreadableSource
from rag.domain.types import Parsed

FOLDER = re.compile(r"(?:offline-)?run-\d{8}_\d{6}-([\w.-]{1,128})")
CONFIG, SUMMARY, METADATA, OUTPUT = (
    "files/config.yaml",
    "files/wandb-summary.json",
    "files/wandb-metadata.json",
    "files/output.log",
)
TYPICAL = (CONFIG, SUMMARY, METADATA, OUTPUT)
MACHINE = (
    "debug.log",
    "debug-internal.log",
    "debug-cli.log",
    "debug-core.log",
    "requirements.txt",
    "conda-environment.yaml",
)
LONGEST_FILE = 10 * 2**20  # bytes of a configuration, a summary
LONGEST_OUTPUT = 4 * 2**20  # bytes of console output, from its end
METRICS_GUESSED = 50  # of a run, before it is read
SHOWN = ("program", "args", "host", "gpu", "gpu_count", "python", "os")
LOADER: type[yaml.BaseLoader] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # every scalar stays as it is written


def claims_wandb(candidate: Candidate) -> bool:
    if not candidate.is_dir:
        return False
    if FOLDER.fullmatch(candidate.path.name):
        return _is_run(candidate.path)
    names = sorted(entry.name for entry in os.scandir(candidate.path) if FOLDER.fullmatch(entry.name))
    return any(_is_run(candidate.path / name) for name in names[:8])


def read_wandb(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    """A broken run costs that run only. Raises UnreadableSource when there is nothing but broken ones."""
    notes: list[str] = []
    some = False
    for parsed in noted(_parts(candidate.path, limits, notes), notes):
        some = True
        yield parsed
    if not some:
        raise UnreadableSource(f"No run in {candidate.relative} can be read. {' '.join(notes[:20])}")


def _is_run(folder: Path) -> bool:
    if any((folder / name).is_file() for name in TYPICAL):
        return True
    with os.scandir(folder) as entries:
        return any(entry.name.endswith(".wandb") for entry in entries)


def _parts(folder: Path, limits: Limits, notes: list[str]) -> Iterator[Parsed]:
    files = list(files_of(folder))
    alone = FOLDER.fullmatch(folder.name)
    places = (
        [""] if alone else sorted({f"{top}/" for top in (f.partition("/")[0] for f in files) if FOLDER.fullmatch(top)})
    )
    most_points = share_of(METRICS_GUESSED * len(places))
    used = {file for file in files if PurePosixPath(file).name in MACHINE}
    for place in places:
        inside = {file[len(place) :] for file in files if file.startswith(place)}
        named = FOLDER.fullmatch(place.rstrip("/") or folder.name)
        run, taken = _run(folder, place, inside, named[1] if named else "", most_points)
        used |= {place + name for name in taken}
        if run is None:
            notes.append(f"{place or folder.name}: nothing in it says what run it is.")
        else:
            yield document_of(run)
    notes += yield from read_rest(folder, used, limits)


def _run(folder: Path, place: str, inside: set[str], named: str, most_points: int) -> tuple[WandbRun | None, set[str]]:
    """And the files it took, as they are called inside the run's folder."""
    notes: list[str] = []
    log_name = next((name for name in sorted(inside) if name.endswith(".wandb")), "")
    log = read_log(folder / place / log_name, place + log_name, most_points) if log_name else RunLog()
    config = _loaded(folder, place, CONFIG, inside, notes)
    summary = _loaded(folder, place, SUMMARY, inside, notes) or log.summary
    metadata = _loaded(folder, place, METADATA, inside, notes)
    output = _output(folder / place / OUTPUT) if OUTPUT in inside else ""
    values = _config_values(config) if config else {k: v for k, v in log.config.items() if k != "_wandb"}
    if not (config or summary or metadata or output or log.run):
        return None, {log_name} if log_name else set()
    taken = {name for name in (*TYPICAL, log_name) if name in inside}
    return WandbRun(
        id=log.run.get("run_id") or named,
        said=_said(log, metadata),
        config=values,
        summary=summary,
        tags=tuple(log.tags),
        curves=log.curves,
        details=_details(log, metadata),
        exit_code=log.exit_code,
        log=output,
        artifacts=tuple(sorted(name for name in inside if name.startswith("files/media/"))),
        files=tuple(sorted(place + name for name in taken)),
        part=log.run.get("run_id") or named,
        notes=(*log.notes, *notes),
    ), taken | {name for name in inside if name.startswith("files/media/")}


def _said(log: RunLog, metadata: Mapping[str, object]) -> dict[str, str]:
    email = number_or_text(metadata.get("email"))
    said = {
        "name": log.run.get("display_name", ""),
        "user": number_or_text(metadata.get("username")),
        "email": email if "@" in email else "",
        "started": number_or_text(metadata.get("startedAt")) or log.run.get("started", ""),
    }
    return {**log.run, **said}


def _details(log: RunLog, metadata: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    git = metadata.get("git")
    found = {key: number_or_text(metadata.get(key)) for key in SHOWN}
    args = metadata.get("args")
    if isinstance(args, list):
        found["args"] = " ".join(map(str, args))
    if isinstance(git, Mapping):
        found |= {f"git.{key}": number_or_text(git.get(key)) for key in ("remote", "commit")}
    for key in ("git.remote", "git.commit", "host"):
        found[key] = found.get(key) or log.run.get(key, "")
    return tuple((key, value) for key, value in found.items() if value)


def _loaded(folder: Path, place: str, name: str, inside: set[str], notes: list[str]) -> dict[str, object]:
    """Empty, with a note, for what cannot be read."""
    if name not in inside:
        return {}
    try:
        with (folder / place / name).open("rb") as file:
            text = clean(file.read(LONGEST_FILE).decode("utf-8", "replace"))
        value = load_yaml(text, LOADER) if name == CONFIG else load_json(text, place + name)
    except (yaml.YAMLError, RecursionError):
        notes.append(f"{place}{name} is no YAML.")
        return {}
    except UnreadableSource as error:
        notes.append(error.what)
        return {}
    return {str(key): item for key, item in value.items()} if isinstance(value, dict) else {}


def _config_values(config: Mapping[str, object]) -> dict[str, object]:
    """`key: {desc, value}`, without what W&B keeps for itself."""
    found = {}
    for key, item in config.items():
        if key not in ("_wandb", "wandb_version"):
            found[key] = item["value"] if isinstance(item, dict) and "value" in item else item
    return found


def _output(path: Path) -> str:
    """As it stood on the screen: of a progress bar its last state."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - LONGEST_OUTPUT))
        text = file.read(LONGEST_OUTPUT).decode("utf-8", "replace")
    return output_text({"output_type": "stream", "text": text})


READER: Reader = Reader(name="wandb", version=1, claims=claims_wandb, read=read_wandb)

"""Reports as files, and which run a report holds a run against."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eval.progress import Narrator
from eval.report.against import Against, against
from eval.report.html import html_report
from eval.report.junit import junit_report
from eval.report.markdown import markdown_report
from eval.runs.folder import accepted_run, load_run
from rag.domain.errors import BadInput, StorageFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The files to write; `others`: runs by name that quality against time shows too."""

    html: Path | None = None
    markdown: Path | None = None
    junit: Path | None = None
    others: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def write_reports(run: Mapping[str, Any], beside: Against | None, wanted: Wanted) -> list[Path]:
    """What was written. Raises StorageFailed for a file that cannot be, BadInput for what is no run."""
    texts = []
    if wanted.html:
        texts.append((wanted.html, html_report(run, beside, others=wanted.others)))
    if wanted.markdown:
        texts.append((wanted.markdown, markdown_report(run, beside)))
    if wanted.junit:
        texts.append((wanted.junit, junit_report(run, beside)))
    for file, text in texts:
        _write(file, text)
    return [file for file, _ in texts]


def write_report(run: Mapping[str, Any], files: Sequence[Path], home: Path, narrator: Narrator) -> None:
    """The HTML report of a run that was just made, beside the accepted run of `home`."""
    beside, why = beside_accepted(run, home)
    if why:
        narrator.say(why)
    text = html_report(run, beside)
    for file in files:
        _write(file, text)
        narrator.say(f"report in {file}")


def _write(file: Path, text: str) -> None:
    fresh = file.with_name(f".{file.name}.{os.getpid()}.new")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(file)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise StorageFailed(f"{file}: cannot be written ({error.strerror}).", fix="Name another file.") from error


def beside_accepted(run: Mapping[str, Any], home: Path) -> tuple[Against | None, str]:
    """The run beside the accepted one of the same command and packs, and what to tell when there is none."""
    path = accepted_run(home, str(run.get("command", "")), run["packs"])
    if path is None:
        return None, "No accepted run of these packs to hold it against; accept one: teamlore eval accept RUN."
    reference = load_run(path)
    if reference.get("id") == run.get("id"):
        return None, "This is the accepted run itself; there is no other to hold it against."
    try:
        return against(run, reference, name=path.name), ""
    except BadInput as error:
        return None, f"Not held against the accepted run {path.name}: {error}"

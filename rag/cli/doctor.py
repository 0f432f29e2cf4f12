"""`teamlore doctor`: what could be wrong with a home, checked one by one, each with what to do."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from rag.cli.health import index_states
from rag.domain.errors import TeamloreError
from rag.domain.ports import Embedder
from rag.domain.services import Services
from rag.domain.types import Access
from rag.main import build, open_home
from rag.registry.home import read_owner
from rag.settings import Settings

LEAST_FREE = 1 << 30  # bytes
Finding = dict[str, str]


def diagnose(settings: Settings, *, deep: bool, embedder: Embedder | None = None) -> list[Finding]:
    """Findings: check, state (ok | note | wrong), detail, fix. Reads only; works beside a running service."""
    findings = [*_place(settings)]
    try:
        services = build(settings, mode="read", embedder=embedder)
    except TeamloreError as problem:
        return [*findings, _finding("open", "wrong", problem.what, problem.fix)]
    try:
        findings += _stored(services)
        if deep:
            findings.append(_every_chunk(services))
    finally:
        services.close()
    return findings


def _place(settings: Settings) -> Iterator[Finding]:
    home = open_home(settings)
    yield _finding("home", "ok", str(home.root))
    mode = home.root.stat().st_mode & 0o777 if home.root.exists() else 0o700
    if mode & 0o077:
        yield _finding("permissions", "wrong", f"others may read it ({mode:o})", f"chmod 700 {home.root}")
    free = shutil.disk_usage(_existing(home.root)).free
    state = "ok" if free > LEAST_FREE else "wrong"
    yield _finding("disk", state, f"{free / 2**30:.1f} GiB free", "" if state == "ok" else "Make room: 1 GiB at least.")
    if not os.access(_existing(home.root), os.W_OK):
        yield _finding("disk", "wrong", "the home cannot be written", "Set TEAMLORE_HOME to a folder you own.")
    owner = read_owner(home)
    yield _finding("owner", "ok", f"process {owner.pid} at {owner.url or 'no address'}" if owner else "no process")


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)


def _stored(services: Services) -> Iterator[Finding]:
    state = services.status()
    yield _finding("embedder", "ok", f"{state['embedder']['name']} {state['embedder']['note']}".strip())
    counts = state["counts"]
    yield _finding("registry", "ok", f"{counts['documents']} documents, {counts['chunks']} chunks")
    for name, index in index_states(services, state["embedder"]["fingerprint"]).items():
        healthy = index["state"] == "ready" and not index["reason"]
        detail = ", ".join(part for part in (index["state"], index["reason"]) if part)
        fix = "" if healthy else "It catches up at the next ingest or serve; `teamlore rebuild` makes it anew."
        yield _finding(f"{name} index", "ok" if healthy else "note", detail, fix)


def _every_chunk(services: Services) -> Finding:
    """Every current chunk must slice out of its document."""
    everything = Access(everything=True)
    checked, wrong, cursor = 0, list[str](), ""
    while True:
        page, cursor = services.catalog.documents(everything, limit=200, cursor=cursor)
        for info in page:
            text = services.catalog.text(info.id, everything, version=info.version).text
            for chunk in services.catalog.neighbours(info.id, info.version, 0, info.chunks):
                checked += 1
                if text[chunk.start : chunk.end] != chunk.text:
                    wrong.append(chunk.id)
        if not cursor:
            break
    if wrong:
        fix = "Ingest its source again, or restore a backup."
        return _finding("chunks", "wrong", f"{len(wrong)} of {checked} are no slice of their text: {wrong[0]}", fix)
    return _finding("chunks", "ok", f"all {checked} are exact slices of their documents")


def _finding(check: str, state: str, detail: str, fix: str = "") -> Finding:
    return {"check": check, "state": state, "detail": detail, "fix": fix}

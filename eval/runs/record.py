"""Everything that could change a figure, written down with it: data, code, settings, models, machine, libraries."""

import json
import os
import platform
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

import rag
from eval.packs.loading import Pack
from eval.packs.samples import Sample
from eval.runs.places import EVERYTHING
from rag import __version__
from rag.domain.ports import Catalog
from rag.settings import Settings

ROOT = Path(rag.__file__).parents[1]
CODE = ("rag", "ingest", "eval")
_SOURCE = frozenset({".py", ".json"})  # weights stand in JSON
# Places, doors and keys: none of them changes a figure, and a run may be shown to others.
_LEFT_OUT = frozenset(
    [
        "home",
        "models",
        "registry",
        "chroma",
        "golden",
        "ingest_roots",
        "llm_api_key",
        "llm_base_url",
        "host",
        "port",
        "auth",
        "allowed_hosts",
        "log_level",
        "keep_originals",
    ]
)
_FOLLOWING = frozenset({"counts", "indexes", "python", "teamlore"})  # from data and code, or said elsewhere
_PLACES = frozenset({"home", "path", "url", "pid"})
# What a run that is gone on with may not differ in. Of the machine, what arithmetic depends on.
_IDENTITY = ("version", "code", "settings", "packages", "data", "options")
_ARITHMETIC = ("system", "processor", "python")


def record(
    settings: Settings,
    data: Mapping[str, Mapping[str, str]],
    options: Mapping[str, Any],
    fingerprints: Mapping[str, Any],
) -> dict[str, Any]:
    """The `system` of a run. `data`: the digests of each pack. `fingerprints`: status of the service that answered."""
    revision, dirty = code_revision(ROOT)
    return {
        "version": __version__,
        "revision": revision,
        "dirty": dirty,
        "code": {package: code_digest(ROOT / package) for package in CODE},
        "fingerprints": without_places(fingerprints),
        "settings": plain_settings(settings),
        "options": dict(options),
        "machine": machine(),
        "packages": packages(),
        "data": {name: dict(digests) for name, digests in data.items()},
    }


def identity(command: str, system: Mapping[str, Any]) -> dict[str, Any]:
    """Two runs of the same identity ask the same of the same: one can be gone on with as the other."""
    of = system.get("machine") or {}
    known = {name: system.get(name) for name in _IDENTITY}
    return {"command": command, **known, "machine": {name: of.get(name) for name in _ARITHMETIC}}


# --- the data ---------------------------------------------------------------------------------------------------


def _digest(parts: Iterable[object]) -> str:
    found = sha256()
    for part in parts:
        found.update(json.dumps(part, ensure_ascii=False, sort_keys=True).encode())
        found.update(b"\n")
    return found.hexdigest()


def questions_digest(samples: Sequence[Sample]) -> str:
    """Of what is asked and held to be true, however the rows are written and whoever reviewed them."""
    return _digest(asdict(sample) for sample in samples)


def corpus_digest(pack: Pack) -> str:
    """Of the files that are ingested, their paths and bytes; of a BEIR pack, of its rows."""
    if pack.layout == "beir":
        return _digest(line for _, line in pack.rows())
    return _digest([path, sha256((pack.root / path).read_bytes()).hexdigest()] for path in pack.files())


def home_digest(catalog: Catalog) -> str:
    """Of the documents that are current: where each stands, and the fingerprint of the file behind it.

    The name of a source and paths inside it count, not where its folder lies.
    """
    sources = sorted(catalog.sources(), key=lambda source: (source.name, source.space, source.id))
    named = {source.id: f"{source.space}/{source.name}" for source in sources}
    files = ([named[source.id], sorted(catalog.fingerprints(source.id).items())] for source in sources)
    return _digest([list(files), sorted(_documents(catalog, named))])


def _documents(catalog: Catalog, named: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    cursor = ""
    while True:
        page, cursor = catalog.documents(EVERYTHING, limit=500, cursor=cursor)
        yield from ((named.get(one.source, ""), one.path, one.part) for one in page)
        if not cursor:
            return


# --- the code ---------------------------------------------------------------------------------------------------


def code_digest(package: Path) -> str:
    """Of every source file and of what was fitted, so that a change counts before anybody has committed it."""
    files = sorted(path for path in package.rglob("*") if path.suffix in _SOURCE and path.is_file())
    return _digest([path.relative_to(package).as_posix(), sha256(path.read_bytes()).hexdigest()] for path in files)


def code_revision(root: Path) -> tuple[str | None, bool | None]:
    """(commit, whether files differ from it); (None, None) where the code does not lie in a repository of its own."""
    from dulwich import porcelain
    from dulwich.errors import NotGitRepository
    from dulwich.repo import Repo, UnsupportedExtension, UnsupportedVersion

    try:
        with closing(Repo(str(root))) as repo:
            if b"rag/__init__.py" not in repo.open_index():  # installed below somebody else's project
                return None, None
            status = porcelain.status(repo, untracked_files="no")
            return repo.head().decode(), bool(status.unstaged or any(status.staged.values()))
    except (NotGitRepository, UnsupportedExtension, UnsupportedVersion, KeyError):  # KeyError: no commit yet
        return None, None


def packages() -> dict[str, str]:
    """Versions of what teamlore is built on."""
    found = {}
    for requirement in requires("teamlore") or ():
        name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
        if "extra ==" not in requirement:
            found[name] = _installed(name)
    return dict(sorted(found.items()))


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


# --- settings and machine ---------------------------------------------------------------------------------------


def plain_settings(settings: Settings) -> dict[str, Any]:
    """Those that can change a figure, without keys and places. Of an LLM's server only whether it is the same one."""
    kept = {name: value for name, value in settings.model_dump(mode="json").items() if name not in _LEFT_OUT}
    if os.sep in str(kept.get("embedder", "")):
        kept["embedder"] = Path(kept["embedder"]).name
    url = urlsplit(settings.llm_base_url)
    server = f"{url.hostname}:{url.port}{url.path}" if settings.llm_base_url else ""
    return {**kept, "llm_server": sha256(server.encode()).hexdigest()[:8] if server else ""}


def without_places(status: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _without(value) for key, value in status.items() if key not in _PLACES}


def _without(value: object) -> object:
    if isinstance(value, Mapping):
        return without_places(value)
    return Path(value).name if isinstance(value, str) and value.startswith(os.sep) else value


def machine() -> dict[str, Any]:
    return {
        "system": platform.system(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "python": platform.python_version(),
    }


# --- two records ------------------------------------------------------------------------------------------------


def differs(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    """What differs between two records (a run's `system`), a line each. What only one of them says is no difference.

    Counts and positions of indexes are left out, for they follow from data and code.
    """
    lines = []
    for name in shared(a, b):
        if name == "code":
            lines += [f"code: the package {key} is another" for key in _unequal(a[name], b[name])]
        elif name == "data":
            lines += [_other_data(key, a[name][key], b[name][key]) for key in _unequal(a[name], b[name])]
        else:
            lines += _differing(name, a[name], b[name])
    return lines


def shared(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    return [name for name in a if name in b]


def _unequal(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    return [name for name in shared(a, b) if a[name] != b[name]]


def _other_data(pack: str, a: Mapping[str, str], b: Mapping[str, str]) -> str:
    return f"data: other {' and '.join(_unequal(a, b))} of {pack}"


def _differing(name: str, a: object, b: object) -> list[str]:
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        keys = [key for key in _unequal(a, b) if name != "fingerprints" or key not in _FOLLOWING]
        return [line for key in keys for line in _differing(f"{name}.{key}", a[key], b[key])]
    return [] if a == b or name == "dirty" else [f"{name}: {_short(a)} → {_short(b)}"]


def _short(value: object) -> str:
    return "none" if value in (None, "") else str(value)[:40]

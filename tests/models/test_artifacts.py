"""Models by name: found, fetched from what gives the right bytes, refused otherwise."""

import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from rag.domain.errors import BackendFailed, ModelMissing
from rag.models.artifacts import ARTIFACTS, Artifact, find, listing, pull, sha256
from rag.models.fetch import from_packages
from tests.models.llm_server import MODELS, SMOL, model_file

PARTS = (b"GGUF first", b" second", b" third")
NOWHERE = "127.0.0.1:9"  # nothing listens there, so the hub is refused at once


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package index in a folder: three wheels that carry a file in parts. The hub is out of reach."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    for n, data in enumerate(PARTS, start=1):
        info = f"demo_model_part{n}-1.0.dist-info"
        with zipfile.ZipFile(folder / f"demo_model_part{n}-1.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"demo_model_part{n}/__init__.py", "raise SystemExit('parts are never imported')")
            wheel.writestr(f"demo_model_part{n}/data/part{n:02}.bin", data)
            wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: demo-model-part{n}\nVersion: 1.0\n")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("HF_ENDPOINT", f"http://{NOWHERE}")
    return folder


@pytest.fixture
def demo() -> Artifact:
    whole = b"".join(PARTS)
    return Artifact(
        name="demo",
        kind="llm",
        licence="MIT",
        weights="demo.gguf",
        size=len(whole),
        sha256=hashlib.sha256(whole).hexdigest(),
        hub="nobody/nothing",
        packages=tuple(f"demo-model-part{n}==1.0" for n in range(1, 4)),
    )


def test_the_default_embedder_is_found_in_its_package(tmp_path: Path) -> None:
    assert (find("all-MiniLM-L6-v2", tmp_path) / "model.safetensors").is_file()


def test_the_packaged_weights_are_the_ones_we_know(tmp_path: Path) -> None:
    artifact = ARTIFACTS["all-MiniLM-L6-v2"]
    assert sha256(find(artifact.name, tmp_path) / artifact.weights) == artifact.sha256


def test_a_model_that_is_not_here_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=f"teamlore models pull {SMOL}"):
        find(SMOL, tmp_path)


def test_an_unknown_name_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="all-MiniLM-L6-v2"):
        pull("gpt-9", tmp_path)


def test_the_listing_says_what_is_here(tmp_path: Path) -> None:
    rows = {row["name"]: row for row in listing(tmp_path)}
    assert rows["all-MiniLM-L6-v2"]["here"] != "no"
    assert rows[SMOL] == {"name": SMOL, "kind": "llm", "licence": "Apache-2.0", "size": "98 MB", "here": "no"}


@pytest.mark.slow
def test_parts_are_joined_checked_and_put_in_place_whole(tmp_path: Path, wheels: Path, demo: Artifact) -> None:
    models = tmp_path / "models"
    path = pull("demo", models, known={"demo": demo})
    assert path == models / "demo.gguf"
    assert path.read_bytes() == b"".join(PARTS)
    assert [file.name for file in models.iterdir() if not file.name.endswith(".lock")] == ["demo.gguf"]
    for wheel in wheels.iterdir():
        wheel.unlink()
    assert pull("demo", models, known={"demo": demo}) == path  # here already: nothing is fetched


@pytest.mark.slow
@pytest.mark.usefixtures("wheels")
def test_another_checksum_is_refused_and_named(tmp_path: Path, demo: Artifact) -> None:
    other = replace(demo, sha256="0" * 64)
    with pytest.raises(BackendFailed, match=r"the checksum of demo\.gguf is not the expected one"):
        pull("demo", tmp_path / "models", known={"demo": other})
    assert not (tmp_path / "models" / "demo.gguf").exists()


@pytest.mark.slow
def test_a_fetch_that_broke_off_goes_on_with_the_parts_it_has(tmp_path: Path, wheels: Path, demo: Artifact) -> None:
    third = next(wheels.glob("demo_model_part3*"))
    data = third.read_bytes()
    third.unlink()
    target = tmp_path / "demo.gguf"
    with pytest.raises(BackendFailed):
        from_packages(demo.packages, target, demo.size)
    third.write_bytes(data)
    for part in (1, 2):
        next(wheels.glob(f"demo_model_part{part}*")).unlink()
    from_packages(demo.packages, target, demo.size)
    assert target.read_bytes() == b"".join(PARTS)


@pytest.mark.slow
def test_a_real_model_is_pulled_and_has_its_checksum() -> None:
    assert sha256(model_file(SMOL)) == ARTIFACTS[SMOL].sha256
    assert model_file(SMOL).parent == MODELS

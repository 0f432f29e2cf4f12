"""Shared fixtures. The packs (real corpora) lie outside the project: TEAMLORE_PACKS, by default ../shared/data."""

import gc
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

PACKS = Path(os.environ.get("TEAMLORE_PACKS", Path(__file__).parents[2] / "shared" / "data"))


def pytest_configure() -> None:
    gc.disable()  # what collecting makes stays until the end
    settings.register_profile("shared machine", deadline=None)  # tests side by side wait for each other
    settings.load_profile("shared machine")


def pytest_collection_finish() -> None:
    """No garbage collection among the tests need walk through the modules again."""
    gc.freeze()
    gc.enable()


@pytest.fixture
def pack() -> Callable[[str], Path]:
    """The folder of a pack; skips where the packs are absent."""

    def find(name: str) -> Path:
        if not (PACKS / name).is_dir():
            pytest.skip(f"the pack {name} is not at {PACKS} (set TEAMLORE_PACKS)")
        return PACKS / name

    return find

"""Shared fixtures. The packs (real corpora) lie outside the project: TEAMLORE_PACKS, by default ../shared/data."""

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.models.llm_server import OpenAIServer

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


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Chromium, for a file only: so long as Playwright runs, neither a second one nor asyncio.run can be started."""
    from tests.ui.chromium import started

    with started() as one:
        yield one


@pytest.fixture(scope="session")
def openai_server() -> Iterator["OpenAIServer"]:
    """Qwen2.5-Coder 0.5B: follows instructions well enough to point at sentences."""
    from tests.models.llm_server import QWEN, serving_model

    with serving_model(QWEN) as server:
        yield server


@pytest.fixture(scope="session")
def tiny_server() -> Iterator["OpenAIServer"]:
    """SmolLM2 135M: starts in a second; what it says means nothing."""
    from tests.models.llm_server import SMOL, serving_model

    with serving_model(SMOL) as server:
        yield server

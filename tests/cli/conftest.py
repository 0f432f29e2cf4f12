"""Every test stands in a folder of its own and sees none of the user's settings."""

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("TEAMLORE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

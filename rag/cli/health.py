"""How the indexes are, told by who only reads: the dense index is opened by its owner alone."""

from typing import Any

from rag.domain.services import Services

Json = dict[str, Any]


def index_states(services: Services, model: str) -> dict[str, Json]:
    """{name: {"state", "position", "count", "reason"}}: of the dense index, what the registry says.

    `model`: how the fingerprint of the embedder begins.
    """
    states: dict[str, Json] = dict(services.indexes.health())
    if states["dense"]["state"] != "exact":
        return states
    counts = services.catalog.counts()
    generation = services.generations.current("dense")
    behind = counts["feed"] - (generation.position if generation else 0)
    state, reason = "ready", ""
    if generation and not generation.fingerprint.startswith(model):
        state, reason = "other model", "made with another embedding model: ingest the sources again"
    elif behind > 0:
        state, reason = "behind", f"{behind} changes behind: until then the stored vectors are searched"
    states["dense"] = {
        "state": state,
        "position": generation.position if generation else 0,
        "count": counts["chunks"],
        "reason": reason,
    }
    return states

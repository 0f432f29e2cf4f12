"""Why a passage stands where it stands: bars that sum to its score, closed until somebody asks. Pure."""

import html
from collections.abc import Mapping, Sequence
from typing import Any

from rag.wording import Part, measured, parts_of

Json = Mapping[str, Any]


def with_why(citations: Sequence[Json], hits: Sequence[Json]) -> list[Json]:
    """Each citation with place, score and why of the first hit that holds it; as it was where none does."""
    return [_with_why(citation, hits) for citation in citations]


def _with_why(citation: Json, hits: Sequence[Json]) -> Json:
    hit = next((hit for hit in hits if _holds(hit, citation)), None)
    return citation if hit is None else {**citation, "place": hit["n"], "score": hit["score"], "why": hit["why"]}


def _holds(hit: Json, citation: Json) -> bool:
    same = all(hit[key] == citation[key] for key in ("document_id", "version"))
    return same and bool(hit["start"] <= citation["start"] and citation["end"] <= hit["end"])


def why_here(found: Json) -> str:
    """Of a hit, or a citation with a hit's score and why: elements that open without a script."""
    why = found["why"]
    parts = parts_of(why)
    longest = max((part.most for part in parts), default=0.0) or 1.0
    score = f"<b>{float(found['score']):.3f}</b>"
    rows = "".join(_row(part, longest) for part in parts)
    placed = f"sum: place {int(found['place'])}" if "place" in found else "sum"
    notes = [("measured", measured(why)), ("only", " ".join(why["conditions"]))]
    told = "".join(f"<p>{name}: {html.escape(value)}</p>" for name, value in notes if value)
    return (
        f'<details class="tl-because"><summary>Why here <span>score {score}</span></summary>'
        f"<dl>{rows}<dt>{placed}</dt><dd>{score}</dd></dl>{told}</details>"
    )


def _row(part: Part, longest: float) -> str:
    """A track as long as what the signal can add, filled with what it adds."""
    most, got = (100 * min(max(value / longest, 0.0), 1.0) for value in (part.most, part.got))
    bar = (
        '<svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="most" width="{most:.2f}" height="8"/><rect class="got" width="{got:.2f}" height="8"/></svg>'
    )
    return (
        f"<dt>{html.escape(part.words)}</dt><dd>{bar}<span>{part.got:.3f} <small>of {part.most:.2f}</small></span></dd>"
    )

"""What answers and hits name their words by: `ID:VERSION:START-END`, of which any end may be left out."""

from dataclasses import dataclass

from rag.domain.errors import BadInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """`end` None: to the end of the text; `version` None: the current one."""

    document: str
    version: int | None = None
    start: int = 0
    end: int | None = None


def span_of(written: str) -> Span:
    """Raises BadInput."""
    document, _, rest = written.strip().partition(":")
    version, _, place = rest.partition(":")
    start, _, end = place.partition("-")
    if not document or any(
        number and not (number.isascii() and number.isdecimal()) for number in (version, start, end)
    ):
        raise BadInput(f"{written!r} names no document.", fix="Write its id, or ID:VERSION:START-END as answers do.")
    return Span(
        document=document,
        version=int(version) if version else None,
        start=int(start) if start else 0,
        end=int(end) if end else None,
    )

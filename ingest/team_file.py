"""The people.yaml at the root of a source: what the team itself says of its people."""

from ingest.origins import UPLOADS
from rag.domain.errors import BadInput, NotFound
from rag.domain.people import TEAM_FILE, People
from rag.domain.ports import Catalog
from rag.domain.types import Access, Source
from rag.knowledge.people import read_team
from rag.registry.identity import document_id

EVERYTHING = Access(everything=True)


def hear_team(source: Source, catalog: Catalog, people: People) -> None:
    """As it is stored now; one that is gone says nothing any more. Raises BadInput, with the line: what was said stays.

    Anybody may upload a file, and only an administrator may say who is who: an upload is not heard.
    """
    text = _stored(source, catalog)
    if source.root != UPLOADS:
        people.load(source.id, read_team(text) if text else ())
    elif text:
        raise BadInput(
            f"{TEAM_FILE} was uploaded: it is searched, and says nothing of who is who.",
            fix=f"`teamlore people load {TEAM_FILE}` makes it count.",
        )


def _stored(source: Source, catalog: Catalog) -> str:
    try:
        found = catalog.text(document_id(source.id, TEAM_FILE), EVERYTHING)
    except NotFound:
        return ""
    return found.text if found.info.valid_to is None else ""

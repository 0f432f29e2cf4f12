"""GET /v1/spaces: those the caller may read."""

from typing import Any

from fastapi import APIRouter

from rag.api.context import CallDep
from rag.api.schemas import Shape

router = APIRouter(tags=["documents"])


class SpaceList(Shape):
    spaces: list[str]


@router.get("/v1/spaces", response_model=SpaceList)
def list_spaces(call: CallDep) -> dict[str, Any]:
    return {"spaces": [space for space in call.services.grants.spaces() if call.access.allows(space)]}

"""/docs, /openapi.json and the way from / to the page. Nothing is loaded from another site."""

from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

router = APIRouter(include_in_schema=False)

ASSETS = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css", "favicon.png": "image/png"}


def described(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document. FastAPI knows one media type for all answers; problems have their own."""
    schema = app.openapi()
    for path in schema["paths"].values():
        for operation in path.values():
            problem = operation["responses"]["default"]["content"]
            if "application/json" in problem:
                problem["application/problem+json"] = problem.pop("application/json")
    return schema


@router.get("/")
def home() -> Response:
    return RedirectResponse("/ui/", status_code=307)


@router.get("/openapi.json")
def openapi(request: Request) -> Response:
    return JSONResponse(described(request.app))


@router.get("/docs")
def docs() -> Response:
    return get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="teamlore: HTTP API",
        swagger_js_url="/docs/swagger-ui-bundle.js",
        swagger_css_url="/docs/swagger-ui.css",
        swagger_favicon_url="/docs/favicon.png",
    )


@router.get("/docs/{name}")
def asset(name: str) -> Response:
    if name not in ASSETS:
        raise HTTPException(404)
    return Response(_asset(name), media_type=ASSETS[name])


@cache
def _asset(name: str) -> bytes:
    return files("fastapi_offline").joinpath("static", name).read_bytes()

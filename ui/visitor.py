"""The API as this visitor may use it."""

from collections.abc import Mapping

import gradio as gr

from rag.client import ApiError, Client, Unreachable

COOKIE = "teamlore_session"
Trouble = (ApiError, Unreachable)


def visitor_client(client: Client, cookies: Mapping[str, str]) -> Client:
    """With a session cookie, who it belongs to; without one, whoever the service lets in unasked (local mode)."""
    cookie = cookies.get(COOKIE)
    return client.for_session(cookie) if cookie else client


def client_of(client: Client, request: gr.Request) -> Client:
    return visitor_client(client, dict(request.cookies or {}))


def words(error: ApiError | Unreachable) -> str:
    return f"{error.detail} {error.fix}".strip()

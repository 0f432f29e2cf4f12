"""Earlier conversations: listed, opened again, shown to others by a link, deleted."""

from collections.abc import Sequence
from typing import Any

from rag.client import Client
from ui import render
from ui.because import Json, with_why

LISTED = 50
LONGEST = 70  # characters of a title


def choices(conversations: Sequence[Json]) -> list[tuple[str, str]]:
    """(title and day, id), the last one used first."""
    return [(_named(one), one["id"]) for one in conversations if one["turns"]]


def _named(conversation: Json) -> str:
    title = conversation["title"] or "…"
    shown = title if len(title) <= LONGEST else f"{title[: LONGEST - 1]}…"
    mark = " · shared" if conversation.get("shared") else ""
    return f"{shown} · {conversation['updated_at'][:10]}{mark}"


def messages(turns: Sequence[Json]) -> list[dict[str, Any]]:
    """As the chat shows them: question and answer by turns."""
    shown = list[dict[str, Any]]()
    for turn in turns:
        said = render.answer_markdown(turn["answer"]) or "*This answer was broken off.*"
        shown += [
            {"role": "user", "content": render.escape_markdown(turn["question"])},
            {"role": "assistant", "content": said},
        ]
    return shown


def panel(answer: dict[str, Any], hits: Sequence[Json] = ()) -> str:
    """The sources beside an answer; `hits`: the passages that it was made from."""
    refusal = answer["refusal"]
    if refusal:
        nearest = with_why(refusal["nearest"], hits)
        return render.citation_cards(nearest, heading="Nearest passages", empty="Nothing comes near.")
    return render.citation_cards(with_why(answer["citations"], hits), heading="Sources")


def toggle_share(client: Client, conversation: str) -> str:
    """Share it, or take the link back; what to show then."""
    found = client.conversations(limit=LISTED)["conversations"]
    if any(one["id"] == conversation and one.get("shared") for one in found):
        client.unshare(conversation)
        return '<p class="tl-empty" role="status">It is no longer shared: the link leads nowhere.</p>'
    link = client.share(conversation)["link"]
    return (
        f'<p class="tl-shared" role="status">Who is signed in and has this link reads what they may read: '
        f'<a href="{link}" target="_blank" rel="noopener">{client.base_url}{link}</a></p>'
    )

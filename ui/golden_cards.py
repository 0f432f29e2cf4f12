"""A golden item as the browser shows it: pure functions, and everything that is not ours is escaped."""

import html
from collections.abc import Mapping, Sequence
from typing import Any

from ui.render import place, source_link

Json = Mapping[str, Any]

LONGEST = 1_200  # characters of a quote
AROUND = 260  # characters on either side of it
LOST = {
    "gone": "This file is no longer there.",
    "changed": "The file is there, but no longer says these words.",
}
SAID = {"feedback": "What people said", "gap": "Asked, and not answered"}
TOLD = {"candidate": "waits for a judgement", "accepted": "accepted", "rejected": "rejected"}


def item_card(item: Json) -> str:
    """What a judge needs beside question and answer: what it is, why it is asked, the words it rests on."""
    tags = "".join(f'<span class="tl-tag">{html.escape(tag)}</span>' for tag in (item["kind"], item["made_by"]) if tag)
    quotes = "".join(_evidence(one) for one in item["evidence"])
    return (
        f'<article class="tl-golden" data-item="{html.escape(item["id"])}"><p class="tl-tags">{tags}'
        f'<span class="tl-state tl-{html.escape(item["review"])}">{html.escape(_state(item))}</span></p>'
        f"{_why(item)}{quotes or _nothing(item)}</article>"
    )


def _state(item: Json) -> str:
    by = f" by {item['reviewed_by']}" if item["reviewed_by"] else ""
    day = f" on {item['reviewed_at'][:10]}" if item["reviewed_at"] else ""
    return f"{TOLD.get(item['review'], item['review'])}{by}{day}"


def _why(item: Json) -> str:
    if not item["why"]:
        return ""
    head = SAID.get(item["made_by"].partition("/")[0], "Why")
    return f'<p class="tl-why"><b>{html.escape(head)}</b> {html.escape(item["why"])}</p>'


def _nothing(item: Json) -> str:
    told = "It rests on no quote: the documents should say nothing about it." if not item["answerable"] else "No quote."
    return f'<p class="tl-empty">{html.escape(told)}</p>'


def _evidence(one: Json) -> str:
    cited, quote = one["citation"], _cut(one["quote"])
    if cited is None:
        lost = html.escape(LOST.get(one["standing"], ""))
        return (
            f'<figure><figcaption>{html.escape(one["file"])} <span class="tl-bad">{lost}</span></figcaption>'
            f"<blockquote><mark>{html.escape(quote)}</mark></blockquote></figure>"
        )
    where = " · ".join(part for part in (one["file"], place(cited["locator"])) if part)
    return (
        f'<figure><figcaption><a href="{html.escape(source_link(cited))}" target="_blank" rel="noopener">'
        f"{html.escape(where)}</a></figcaption>"
        f"<blockquote>{html.escape(_tail(one['before']))}<mark>{html.escape(_cut(cited['quote']))}</mark>"
        f"{html.escape(_head(one['after']))}</blockquote></figure>"
    )


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _tail(text: str) -> str:
    """The last words, from the beginning of one."""
    if len(text) <= AROUND:
        return text
    return "… " + text[-AROUND:].partition(" ")[2]


def _head(text: str) -> str:
    return text if len(text) <= AROUND else text[:AROUND].rpartition(" ")[0] + " …"


def counts_bar(counts: Mapping[str, int], at: int, total: int) -> str:
    """How far the set is, and where in what is shown."""
    whole = sum(counts.values())
    parts = "".join(
        f'<span class="tl-{name}" style="flex-grow:{counts[name]}"></span>'
        for name in ("accepted", "rejected", "candidate")
        if counts.get(name)
    )
    told = " · ".join(
        part
        for part in (
            f"{at} of {total} shown" if total else "",
            f"{counts['accepted']} accepted",
            f"{counts['rejected']} rejected",
            f"{counts['candidate']} to judge",
        )
        if part
    )
    bar = f'<div class="tl-bar">{parts}</div>' if whole else ""
    return f'<div class="tl-counts" role="status"><p>{html.escape(told)}</p>{bar}</div>'


def message(text: str) -> str:
    return f'<p class="tl-empty tl-message">{html.escape(text)}</p>'


def kind_choices(kinds: Mapping[str, int]) -> Sequence[tuple[str, str]]:
    return [("every kind", ""), *((f"{name or 'no kind'} ({count})", name) for name, count in kinds.items())]

"""Golden set: candidate questions one by one, with the words they rest on; accepted, edited or rejected."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import gradio as gr

from rag.client import ApiError, Client
from ui import golden_cards as cards
from ui.visitor import Trouble, client_of, words

SHOWN = 50  # items fetched at a time
REVIEWS = [("to judge", "candidate"), ("accepted", "accepted"), ("rejected", "rejected"), ("all", "")]
DONE = "Nothing more to show here. `teamlore eval golden make` proposes more questions."
KEYS = """() => {
  if (window.tlGolden) return;
  window.tlGolden = true;
  const press = (id) => { const b = document.querySelector('#golden-' + id); if (b && b.offsetParent) b.click(); };
  document.addEventListener('keydown', (event) => {
    const shown = document.querySelector('#golden-accept');
    if (!shown || !shown.offsetParent || event.altKey || event.repeat) return;
    const typing = event.target.closest('input, textarea, select, [contenteditable]');
    if (typing && event.key === 'Escape') return event.target.blur();
    if (event.ctrlKey || event.metaKey) {
      if (typing && event.key === 'Enter') { event.target.blur(); setTimeout(() => press('accept'), 50); }
      return;
    }
    if (typing && event.target.type !== 'radio') return;
    const keys = {a: 'accept', r: 'reject', s: 'skip', b: 'back', ArrowRight: 'skip', ArrowLeft: 'back'};
    if (event.key === 'e') {
      event.preventDefault();
      document.querySelector('#golden-question textarea').focus();
    } else if (keys[event.key] && !(typing && event.key.startsWith('Arrow'))) press(keys[event.key]);
  });
}"""
VARIANTS: dict[str, Literal["primary", "stop", "secondary"]] = {
    "accept": "primary",
    "reject": "stop",
    "skip": "secondary",
    "back": "secondary",
}
HINT = (
    '<p class="tl-empty tl-keys">Keys: <kbd>A</kbd> accept · <kbd>E</kbd> edit (<kbd>Ctrl</kbd>+<kbd>Enter</kbd> '
    "accepts, <kbd>Esc</kbd> leaves) · <kbd>R</kbd> reject · <kbd>S</kbd> skip · <kbd>B</kbd> back</p>"
)


@dataclass(frozen=True, slots=True)
class Desk:
    """What one visitor has before them; kept in gr.State."""

    items: tuple[Mapping[str, Any], ...] = ()
    at: int = 0
    cursor: str = ""  # of the page behind the items
    total: int = 0
    counts: Mapping[str, int] = field(default_factory=lambda: {"candidate": 0, "accepted": 0, "rejected": 0})
    kinds: Mapping[str, int] = field(default_factory=dict)
    trouble: str = ""

    @property
    def item(self) -> Mapping[str, Any] | None:
        return self.items[self.at] if self.at < len(self.items) else None

    def judged(self, fresh: Mapping[str, Any]) -> "Desk":
        """With what its item has become; the next one is up."""
        counts = dict(self.counts)
        counts[self.items[self.at]["review"]] -= 1
        counts[fresh["review"]] += 1
        return replace(self.renewed(fresh), at=self.at + 1, counts=counts)

    def renewed(self, fresh: Mapping[str, Any]) -> "Desk":
        return replace(self, items=(*self.items[: self.at], fresh, *self.items[self.at + 1 :]))


@dataclass(frozen=True, slots=True)
class Wanted:
    review: str
    kind: str


def first_page(client: Client, wanted: Wanted) -> Desk:
    try:
        page = client.get("/v1/golden", review=wanted.review, kind=wanted.kind, limit=SHOWN)
    except Trouble as error:
        return Desk(trouble=words(error))
    return Desk(
        items=tuple(page["items"]),
        cursor=page["next_cursor"],
        total=page["total"],
        counts=page["counts"],
        kinds=page["kinds"],
    )


def go_on(client: Client, desk: Desk, wanted: Wanted) -> Desk:
    """With the next page where the items are at their end."""
    if desk.item is not None or not desk.cursor:
        return desk
    try:
        page = client.get("/v1/golden", review=wanted.review, kind=wanted.kind, limit=SHOWN, cursor=desk.cursor)
    except Trouble as error:
        return replace(desk, trouble=words(error))
    return replace(desk, items=(*desk.items, *page["items"]), cursor=page["next_cursor"])


def judge(client: Client, desk: Desk, review: str, edit: Mapping[str, Any]) -> Desk:
    """Raises gr.Error for what the service refuses; an item that somebody else changed is shown anew."""
    item = desk.item
    if item is None:
        return desk
    path = f"/v1/golden/{item['id']}"
    try:
        return desk.judged(client.post(path, {"review": review, "etag": item["etag"], **edit}))
    except ApiError as error:
        if error.status != 409:
            raise gr.Error(words(error)) from error
        gr.Warning(words(error))
        return desk.renewed(client.get(path))
    except Trouble as error:
        raise gr.Error(words(error)) from error


def build(client: Client, tab: gr.Tab) -> None:
    desk = gr.State(Desk())
    with gr.Row(elem_id="golden-filters"):
        review = gr.Radio(REVIEWS, value="candidate", label="Show", min_width=300, scale=3)
        kind = gr.Dropdown([("every kind", "")], value="", label="Kind", min_width=160, scale=2)
    counts = gr.HTML(elem_id="golden-counts")
    with gr.Row():
        with gr.Column(scale=2, min_width=300):
            fields = _fields()
            buttons = _buttons()
            gr.HTML(HINT)
        with gr.Column(scale=3, min_width=300):
            card = gr.HTML(elem_id="golden-card")
    shown = gr.Textbox(visible="hidden", elem_id="golden-shown")
    outputs = [desk, counts, card, kind, shown, *fields, *buttons.values()]
    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}

    def start(wanted: str, of_kind: str, request: gr.Request) -> tuple[Any, ...]:
        return view(first_page(client_of(client, request), Wanted(wanted, of_kind)), of_kind)

    tab.select(None, js=KEYS, api_visibility="private")
    tab.select(start, [review, kind], outputs, **quiet)
    for narrowed in (review.input, kind.input):
        narrowed(start, [review, kind], outputs, **quiet)
    for name, button in buttons.items():
        button.click(_acting(client, name), [desk, review, kind, shown, *fields], outputs, **quiet)


def _fields() -> list[gr.components.Component]:
    """Question, answer, whether there is none, note: what is written there is what is accepted."""
    return [
        gr.Textbox(label="Question", lines=2, max_lines=6, max_length=8000, elem_id="golden-question"),
        gr.Textbox(label="Answer", lines=2, max_lines=8, max_length=8000, elem_id="golden-answer"),
        gr.Checkbox(label="The documents do not answer it", container=False, elem_id="golden-silent"),
        gr.Textbox(label="Note", placeholder="Why? Kept with the item", max_length=2000, elem_id="golden-note"),
    ]


def _buttons() -> dict[str, gr.Button]:
    with gr.Row(elem_id="golden-buttons"):
        return {
            name: gr.Button(name.capitalize(), variant=variant, size="md", min_width=90, elem_id=f"golden-{name}")
            for name, variant in VARIANTS.items()
        }


def _acting(client: Client, name: str) -> Callable[..., tuple[Any, ...]]:
    def act(  # noqa: PLR0913 - Gradio hands over one argument an input
        desk: Desk, review: str, kind: str, shown: str, question: str, answer: str, silent: bool, note: str,
        request: gr.Request,
    ) -> tuple[Any, ...]:  # fmt: skip
        visitor, wanted = client_of(client, request), Wanted(review, kind)
        if desk.item is not None and shown != desk.item["id"]:  # pressed before the page showed the next one
            return view(desk, kind)
        edit = {"question": question, "answer": "" if silent else answer, "answerable": not silent, "note": note}
        match name:
            case "accept":
                after = judge(visitor, desk, "accepted", edit)
            case "reject":
                after = judge(visitor, desk, "rejected", {"note": note})
            case "back":
                after = replace(desk, at=max(0, desk.at - 1))
            case _:
                after = replace(desk, at=min(desk.at + 1, len(desk.items)))
        return view(go_on(visitor, after, wanted), kind)

    return act


def view(desk: Desk, kind: str) -> tuple[Any, ...]:
    """In the order of the outputs: desk, counts, card, kinds, shown, the fields, the buttons."""
    item = desk.item
    there = item is not None
    body = cards.item_card(item) if item else cards.message(desk.trouble or DONE)
    counts = "" if desk.trouble else cards.counts_bar(desk.counts, min(desk.at + 1, desk.total), desk.total)
    told = item or {"id": "", "question": "", "answer": "", "answerable": True, "note": ""}
    return (
        desk,
        counts,
        body,
        gr.Dropdown(choices=list(cards.kind_choices(desk.kinds)), value=kind),
        told["id"],
        gr.Textbox(value=told["question"], interactive=there),
        gr.Textbox(value=told["answer"], interactive=there),
        gr.Checkbox(value=not told["answerable"], interactive=there),
        gr.Textbox(value=told["note"], interactive=there),
        *(gr.Button(interactive=there) for _ in range(3)),
        gr.Button(interactive=desk.at > 0),
    )

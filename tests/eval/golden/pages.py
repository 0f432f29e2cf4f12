"""Pages made by hand, with the headings a Markdown reader would mark."""

import re

from eval.golden.candidates import Candidate, Generator, Maker
from eval.golden.corpus import Corpus, Page
from rag.domain.types import DocumentText, Fact, Mark, Message, Section
from tests.eval.bench import document

NOTES = """# Llama tuning notes

We saw in the Llama runs that warmup matters.

## How to resume a stopped training

You can pass the newest checkpoint to the resume script of the cluster.

## Optimizer of run K7

The gradient clipping was lowered because the K7 loss diverged after restarts.
Anna Kowalski wrote a dashboard that follows the queue.
All jobs go through the Shared Scheduler Service (SSS) at night.
A ClusterShelf is a cupboard for nodes that nobody has claimed.

```
train.py --clip-grad 0.7 \\
  --warmup-ratio 0.03 \\
```

| model | tokens per day | owner |
|---|---|---|
| K7-base | 91 million | Priya |
| K7-wide | 47 million | Tom |
"""


def page(text: str = NOTES, path: str = "notes/k7.md", *, facts: tuple[Fact, ...] = ()) -> Page:
    marks, above = [], list[str]()
    for found in re.finditer(r"^(#+) (.+)$", text, re.M):
        above = [*above[: len(found[1]) - 1], found[2]]
        marks.append(Mark(at=found.start(), locator=Section(tuple(above))))
    title = text.split("\n", 1)[0].lstrip("# ")
    shown = DocumentText(
        info=document(path, title=title), text=text, syntax="markdown", marks=tuple(marks), facts=facts
    )
    return Page(shown=shown, source="team")


def thread(*messages: tuple[str, str]) -> Page:
    text, marks = "", []
    for n, (author, said) in enumerate(messages):
        time = f"2026-01-01 10:{n:02d}"
        marks.append(Mark(at=len(text), locator=Message(str(n), author, time)))
        text += f"{author} · {time} UTC\n{said}\n\n"
    shown = DocumentText(
        info=document("help/1.json", title="#help"), text=text, syntax="chat", marks=tuple(marks), facts=()
    )
    return Page(shown=shown, source="chat")


def made(generate: Generator, *pages: Page, kind: str = "") -> list[Candidate]:
    maker = Maker(corpus=Corpus(pages=pages or (page(),)))
    return [one for one in generate(maker) if not kind or one.kind == kind]

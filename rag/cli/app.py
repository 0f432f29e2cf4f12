"""Every verb."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli import documents as listing
from rag.cli import keys, models, people, runs, show, sources, versions
from rag.cli.files import files
from rag.cli.ingest import ingest
from rag.cli.open import Given, open_door, settings_of
from rag.cli.spans import span_of
from rag.domain.errors import BadInput, NotFound

if TYPE_CHECKING:
    from rag.cli.doors import Asked
    from rag.domain.types import Audience, Filters

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Answers from what your team has written down, with the exact words each answer rests on.",
)
app.add_typer(keys.app, name="keys", help="API keys: create, list, revoke.")
app.add_typer(models.app, name="models", help="Models: list, pull.")

FORWARDED = {"allow_extra_args": True, "ignore_unknown_options": True}  # to an app that is imported when it is used
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else there.")]
Spaces = Annotated[list[str] | None, typer.Option("--space", metavar="SPACE", help="Only this space (repeatable).")]
Kinds = Annotated[
    list[str] | None,
    typer.Option("--kind", metavar="KIND", help="Only this kind: retro, decision, notebook … (repeatable)."),
]
Authors = Annotated[
    list[str] | None, typer.Option("--author", metavar="NAME", help="Only by this author (repeatable).")
]
Facts = Annotated[
    list[str] | None,
    typer.Option("--fact", metavar="KEY=VALUE", help="Only where a header says so: status=accepted (repeatable)."),
]
After = Annotated[str, typer.Option(metavar="DATE", help="Dated this day or later.")]
Before = Annotated[str, typer.Option(metavar="DATE", help="Dated before this day.")]
AudienceOption = Annotated[
    str, typer.Option("--audience", metavar="WHO", help="Tell it for an engineer or for product: terms are explained.")
]
AsOf = Annotated[str, typer.Option(metavar="DATE", help="What was valid then.")]


@app.callback()
def start(
    context: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option(metavar="DIR", readable=False, help="Where everything is stored (else TEAMLORE_HOME)."),
    ] = None,
) -> None:
    embedder = context.obj.embedder if isinstance(context.obj, Given) else None
    context.obj = Given(home=home, embedder=embedder)


app.command()(ingest)
app.command()(files)
app.add_typer(sources.app, name="sources")
app.add_typer(people.app, name="people")


@app.command()
def ask(
    context: typer.Context,
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="In words, between quotes.")],
    space: Spaces = None,
    kind: Kinds = None,
    author: Authors = None,
    fact: Facts = None,
    after: After = "",
    before: Before = "",
    as_of: AsOf = "",
    audience: AudienceOption = "",
    new: Annotated[bool, typer.Option("--new", help="Begin a conversation with it.")] = False,
    follow: Annotated[bool, typer.Option("--continue", help="It follows on the last conversation.")] = False,
    json: AsJson = False,
) -> None:
    """Answer a question, with the exact words the answer rests on."""
    asked = _asked(question, replace(_filters(space, kind, author, after, before), facts=listing.facts_of(fact)), as_of)
    asked = replace(asked, audience=_audience(audience), conversation="last" if follow else "new" if new else "")
    with open_door(context.obj, write=new or follow) as door:
        answer = door.ask(asked)
        if author and answer["refusal"] and not answer["refusal"]["nearest"]:
            people.hint(door.client, author)
    show.as_json(answer) if json else show.answer(answer)


@app.command()
def search(
    context: typer.Context,
    query: Annotated[str, typer.Argument(metavar="WORDS", help="Between quotes, when there are several.")],
    k: Annotated[int, typer.Option("-k", min=1, max=50, help="How many passages.")] = 10,
    space: Spaces = None,
    kind: Kinds = None,
    author: Authors = None,
    fact: Facts = None,
    after: After = "",
    before: Before = "",
    as_of: AsOf = "",
    explain: Annotated[bool, typer.Option("--explain", help="What each score is the sum of.")] = False,
    json: AsJson = False,
) -> None:
    """Find passages."""
    asked = _asked(query, replace(_filters(space, kind, author, after, before), facts=listing.facts_of(fact)), as_of)
    with open_door(context.obj) as door:
        hits = door.search(asked, k)
        if author and not hits:
            people.hint(door.client, author)
    show.as_json({"hits": hits}) if json else show.hits(hits, explain=explain)


@app.command("show")
def show_document(
    context: typer.Context,
    document: Annotated[
        str, typer.Argument(metavar="DOCUMENT", help="Its id, or ID:VERSION:START-END as answers and hits show it.")
    ],
    version: Annotated[int | None, typer.Option(help="Which version; else the current one.")] = None,
    start: Annotated[int, typer.Option(min=0, help="First character.")] = 0,
    end: Annotated[int | None, typer.Option(min=0, help="Character after the last.")] = None,
    json: AsJson = False,
) -> None:
    """Print a document's text, or the span a citation names."""
    span = span_of(document)
    first, last = start or span.start, span.end if end is None else end
    with open_door(context.obj) as door:
        found = door.text(span.document, span.version if version is None else version)
    text = found["text"][first:last]
    whole = {name: value for name, value in found.items() if name != "marks"}  # they count from the whole text's start
    begin = min(first, len(found["text"]))
    shown = {"start": begin, "end": begin + len(text), "text": text}
    show.as_json({**whole, **shown}) if json else show.raw(text)


app.command("documents")(listing.documents)
app.command()(runs.runs)
app.command("versions")(versions.versions)


@app.command()
def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Address to listen on (else TEAMLORE_HOST).")] = "",
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port (else TEAMLORE_PORT).")] = None,
    any_port: Annotated[bool, typer.Option("--any-port", help="Take the next free port when it is taken.")] = False,
) -> None:
    """Serve the API and the page until stopped."""
    from rag.main import serve as run  # FastAPI and Gradio take seconds to import

    run(settings_of(context.obj, host=host, port=port), any_port=any_port, say=show.line)


@app.command()
def status(context: typer.Context, json: AsJson = False) -> None:
    """What is stored, and how the indexes are."""
    with open_door(context.obj) as door:
        state = door.status()
    show.as_json(state) if json else show.tree(state)


@app.command()
def doctor(
    context: typer.Context,
    deep: Annotated[bool, typer.Option("--deep", help="Also check every stored chunk against its document.")] = False,
    json: AsJson = False,
) -> None:
    """Check the home and say what to do about what is wrong."""
    from rag.cli.doctor import diagnose

    findings = diagnose(settings_of(context.obj), deep=deep, embedder=context.obj.embedder)
    show.as_json({"findings": findings}) if json else show.table(findings, "check", "state", "detail", "fix")
    if any(finding["state"] == "wrong" for finding in findings):
        raise typer.Exit(1)


@app.command()
def rebuild(context: typer.Context, json: AsJson = False) -> None:
    """Build the indexes anew from the registry, beside the ones that are served."""
    with open_door(context.obj, write=True) as door, show.progress() as on_progress:
        told = door.rebuild(on_progress)
    show.as_json({"detail": told}) if json else show.line(told)


@app.command()
def purge(
    context: typer.Context,
    documents: Annotated[list[str], typer.Argument(metavar="DOCUMENT...", help="Ids, as answers and hits show them.")],
    json: AsJson = False,
) -> None:
    """Erase documents: every version, vector, index entry and stored quote."""
    purged, failed = list[str](), list[dict[str, str]]()
    with open_door(context.obj, write=True) as door:
        for document in documents:
            try:
                door.purge(document)
                purged.append(document)
            except NotFound as problem:
                failed.append({"document": document, "reason": problem.what})
                show.error(problem)
    if json:
        show.as_json({"purged": purged, "failed": failed})
    else:
        show.raw("".join(f"purged {document}\n" for document in purged))
    if failed:
        raise typer.Exit(1)


@app.command()
def settings(context: typer.Context, json: AsJson = False) -> None:
    """Every setting, its value and where it came from."""
    from rag.settings import described

    rows = described(settings_of(context.obj), context.obj.home)
    show.as_json({"settings": rows}) if json else show.table(rows, "name", "value", "from", "meaning")


# Commands of eval with a --home of their own.
HOMED = frozenset({"retrieval", "answers", "golden", "calibrate", "gate", "runs", "accept"})


@app.command("eval", add_help_option=False, context_settings=FORWARDED)
def evaluate(context: typer.Context) -> None:
    """Measure retrieval and answers on packs of questions."""
    from eval.app import app as eval_app

    home: Path | None = context.obj.home
    named = any(argument.split("=")[0] == "--home" for argument in context.args)
    if home and not named and context.args[:1] and context.args[0] in HOMED:
        context.args += ["--home", str(home)]
    code = eval_app(context.args or ["--help"], prog_name="teamlore eval", standalone_mode=False)
    raise typer.Exit(code if isinstance(code, int) else 0)


def _filters(
    space: list[str] | None, kind: list[str] | None, author: list[str] | None, after: str, before: str
) -> "Filters":
    from rag.domain.types import Filters

    return Filters(
        spaces=tuple(space or ()),
        kinds=tuple(kind or ()),
        authors=tuple(author or ()),
        after=_day(after, "--after"),
        before=_day(before, "--before"),
    )


def _asked(text: str, filters: "Filters", as_of: str) -> "Asked":
    from rag.cli.doors import Asked

    if not text.strip():
        raise BadInput("The question is empty.", fix='Ask in words: teamlore ask "Why did run 12 diverge?"')
    day = _day(as_of, "--as-of")
    return Asked(text=text, filters=filters, as_of=datetime.combine(day, time.max, UTC) if day else None)


def _audience(value: str) -> "Audience":
    known: dict[str, Audience] = {"": "", "engineer": "engineer", "product": "product"}
    if value not in known:
        raise BadInput(f"--audience: nobody is called {value!r}.", fix="Say engineer or product.")
    return known[value]


def _day(value: str, option: str) -> date | None:
    if not value:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError as problem:
        raise BadInput(f"{option}: {value!r} is not a date.", fix="Write it as 2026-03-31.") from problem

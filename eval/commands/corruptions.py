"""`teamlore eval corruptions`: what the checks of statements catch, and what they catch wrongly."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from eval.commands.common import Out, check_out, wide_console, write_json
from eval.commands.judging_runs import is_run
from eval.judges.checkers import product_check, split
from eval.judges.corruptions import SPOILED, STILL_TRUE, Case, Truth, cases
from eval.judges.judged import is_judged, load_judged
from eval.judges.runs import pieces, questions
from eval.metrics.support import Support, support
from eval.packs.loading import Pack, load_pack
from eval.runs.folder import load_run
from eval.statistics.stats import Estimate, estimate
from rag.domain.errors import BadInput

Packs = Annotated[list[Path], typer.Argument(metavar="PACK|RUN...", help="folders of packs; or runs of `eval answers`")]
Sentences = Annotated[int, typer.Option(min=0, metavar="N", help="beside the evidence, N sentences of its text files")]
Seed = Annotated[int, typer.Option(metavar="N", help="another seed spoils other places")]
CHECKS: Mapping[str, Callable[[str, Sequence[str]], Support]] = {"product": product_check, "quote_support": support}
_TEXT = frozenset({".md", ".txt", ".rst"})
KINDS = (*SPOILED, "entity", "all spoiled", *STILL_TRUE, "all true")


def corruptions(packs: Packs, out: Out = None, seed: Seed = 0, sentences: Sentences = 0) -> None:
    """Spoil true statements in one place: how many are caught, and how many true ones are refused.

    Of a run: the statements that were written, against the words they cite; "as it is" are then those a check refuses,
    some of them rightly.
    """
    check_out(out)
    results, console = dict[str, Any](), wide_console()
    for path in packs:
        made = list(cases(truths(path, sentences=sentences, seed=seed), seed=seed))
        if not made:
            raise BadInput(f"{path}: no quotes to spoil.", fix="Name packs whose questions have evidence, or claims.")
        found = {name: {kind: _share(made, kind, check) for kind in KINDS} for name, check in CHECKS.items()}
        console.print(_table(path.resolve().name, found))
        results[path.resolve().name] = {
            name: {kind: {"value": e.value, "ci95": [e.low, e.high], "n": e.n} for kind, e in kinds.items()}
            for name, kinds in found.items()
        }
    if out:
        write_json(out, {"command": "corruptions", "seed": seed, "packs": results})


def truths(path: Path, *, sentences: int = 0, seed: int = 0) -> list[Truth]:
    """Sentences of the evidence of a pack's questions and of its text files; of labelled claims, the supported.

    Of a run, every statement that cites something, beside what it cites.
    """
    if is_run(path):
        return list(_written(path))
    if is_judged(path):
        return list(_claims(path))
    pack = load_pack(path)
    held = list(_corpus(pack)) if sentences else []
    chosen = sorted(random.Random(seed).sample(range(len(held)), min(sentences, len(held))))
    return [*_evidence(pack), *(held[place] for place in chosen)]


def _claims(path: Path) -> Iterator[Truth]:
    for item in load_judged(path).items:
        if item.task == "claims" and item.label == "support" and item.rationale:
            quotes = tuple(item.sources[n] for n in item.rationale if n < len(item.sources))
            yield Truth(statement=item.text, quotes=quotes, cluster=item.cluster)


def _written(path: Path) -> Iterator[Truth]:
    for pack, question in questions(load_run(path)):
        for piece in pieces(pack, question, ["claims"]):
            yield Truth(statement=piece.item.text, quotes=piece.item.sources, cluster=piece.item.cluster)


def _evidence(pack: Pack) -> Iterator[Truth]:
    held = {(one.file, one.quote): None for sample in pack.samples for one in sample.evidence}
    for file, quote in held:
        for sentence in split(quote):
            yield Truth(statement=sentence, quotes=(quote,), cluster=file)


def _corpus(pack: Pack) -> Iterator[Truth]:
    """Each sentence with its neighbours as the quote."""
    for file in pack.files():
        if Path(file).suffix in _TEXT:
            every = split((pack.root / file).read_text(encoding="utf-8", errors="replace"))
            for place, sentence in enumerate(every):
                if sentence.rstrip().endswith((".", "!")):
                    quote = " ".join(every[max(0, place - 1) : place + 2])
                    yield Truth(statement=sentence, quotes=(quote,), cluster=file)


def _share(made: Sequence[Case], kind: str, check: Callable[[str, Sequence[str]], Support]) -> Estimate:
    """Of the cases of a kind: those that the check does not support."""
    some = [case for case in made if kind in {case.kind, "all spoiled" if case.spoiled else "all true"}]
    refused = [float(check(case.statement, case.quotes).outcome != "supported") for case in some]
    return estimate(refused, [case.cluster for case in some])


def _table(name: str, found: Mapping[str, Mapping[str, Estimate]]) -> Table:
    table = Table(title=f"{name}: share not supported (spoiled: caught; true: false alarms)", title_justify="left")
    for heading in ("statement", "n", *found):
        table.add_column(heading, justify="left" if heading == "statement" else "right")
    for kind in KINDS:
        row = [found[check][kind] for check in found]
        table.add_row(kind, str(row[0].n), *map(_cell, row), end_section=kind.startswith("all"))
    return table


def _cell(found: Estimate) -> str:
    if found.value is None or found.low is None or found.high is None:
        return "none"
    return f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"

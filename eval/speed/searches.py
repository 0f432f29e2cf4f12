"""Search as a team uses it: plain and narrowed, alone and while somebody ingests; and whether it finds anything."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import cycle
from pathlib import Path

from eval.packs.loading import Pack
from eval.progress import Narrator
from eval.speed.timing import Figure, Measured, timing, took
from rag.domain.ports import Catalog
from rag.domain.services import Services
from rag.domain.types import Access, Filters, Query

EVERYTHING = Access(everything=True)
SHOWN = 10
LOOKED_AT = 2_000  # documents that say what there is to filter by
DEEP = 30  # passages, for ten documents
BUSY_SPACE = "speed-busy"
WARM = 3
NONE = Filters()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    what: str
    filters: Filters = NONE
    goal: str = ""


def cases(catalog: Catalog) -> list[Case]:
    """Plain, and narrowed by what documents say of themselves: the commonest space, kind and author, the later half."""
    documents, _ = catalog.documents(EVERYTHING, limit=LOOKED_AT)
    found = [Case(what="plain", goal="15 / 40 at 57,000")]
    if space := _commonest(one.space for one in documents):
        found.append(Case(what="by space", filters=Filters(spaces=(space,))))
    if kind := _commonest(one.kind for one in documents):
        found.append(Case(what="by kind", filters=Filters(kinds=(kind,))))
    if author := _commonest(name for one in documents for name in one.authors):
        found.append(Case(what="by author", filters=Filters(authors=(author,))))
    if days := sorted(day for one in documents if (day := _day(one.date))):
        found.append(Case(what="by date", filters=Filters(after=days[len(days) // 2])))
    return found


def alone(services: Services, questions: Sequence[str], narrowed: Sequence[Case]) -> Iterator[Measured]:
    for case in narrowed:
        asks = [_ask(services, case, question) for question in questions]
        for ask in asks[:WARM]:
            ask()
        busy = time.thread_time()
        ours = timing([took(ask) for ask in asks])
        rate = f"{(time.thread_time() - busy) * 1000 / len(asks):.0f} ms of processor time"  # whatever else runs
        yield Measured(what=f"search, {case.what}", ours=ours, goal=case.goal, rate=rate)


def while_ingesting(
    services: Services, questions: Sequence[str], narrowed: Sequence[Case], folder: Path
) -> Iterator[Measured]:
    """Each case in turn for as long as the ingest of `folder` takes. Raises what the ingest raises."""
    failed: list[BaseException] = []
    times: dict[str, list[float]] = {case.what: [] for case in narrowed}
    ingest = threading.Thread(target=_kept(partial(_ingest, services, folder), failed))
    ingest.start()
    for question in cycle(questions):
        for case in narrowed:
            times[case.what].append(took(_ask(services, case, question)))
        if not ingest.is_alive():
            break
    ingest.join()
    if failed:
        raise failed[0]
    for case in narrowed:
        yield Measured(what=f"search while ingesting, {case.what}", ours=timing(times[case.what]))


def hits(services: Services, pack: Pack, limit: int, narrator: Narrator) -> Iterator[Figure]:
    """hit@1 and @10 of a BEIR pack by document (`metadata.doc` of passages), of the first `limit` judged questions."""
    groups = {record.id: record.group for record in pack.records()}
    judged = [sample for sample in pack.samples if sample.judgements][:limit]
    ranks = []
    for sample in narrator.each(judged, f"questions of {pack.name}"):
        found = services.searcher.search(Query(text=sample.question, access=EVERYTHING), DEEP)
        parts = (hit.citation.document.part for hit in found)
        ranks.append(rank(dict.fromkeys(groups.get(part, part) for part in parts), sample.judgements))
    for k in (1, 10) if ranks else ():
        share = sum(place <= k for place in ranks if place) / len(ranks)
        yield Figure(what=f"hit@{k} by document, {len(ranks)} questions of {pack.name}", value=share)


def rank(documents: Mapping[str, None], wanted: Mapping[str, int]) -> int:
    """Of the first one that is wanted, from 1; 0 when none is."""
    return next((place for place, document in enumerate(documents, 1) if document in wanted), 0)


def _commonest(values: Iterable[str]) -> str:
    return next((value for value, _ in Counter(values).most_common(1)), "")


def _ask(services: Services, case: Case, question: str) -> Callable[[], object]:
    query = Query(text=question, access=EVERYTHING, filters=case.filters)
    return partial(services.searcher.search, query, SHOWN)


def _ingest(services: Services, folder: Path) -> None:
    services.ingestor.ingest([folder], space=BUSY_SPACE)


def _kept(work: Callable[[], None], failed: list[BaseException]) -> Callable[[], None]:
    """What a thread raises would be lost."""

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised again by who waits
            failed.append(error)

    return run


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None

"""What holds now comes first, and what it replaced is named with its date: between the evidence and the writing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from rag.answering.citations import Citer
from rag.answering.compose import WORTH, Draft
from rag.answering.conflicts import compare, resemble
from rag.answering.evidence import Evidence, Sentence, gather
from rag.answering.looking_up import LOOKED_UP
from rag.answering.standing import (
    Older,
    Settled,
    Told,
    alike,
    claim_of,
    draft_of,
    is_meant,
    named_alone,
    noted,
    place_of,
    says,
    until,
)
from rag.domain.errors import NotFound
from rag.domain.ports import Catalog, Embedder
from rag.domain.types import DocumentInfo, DocumentText, Query
from rag.index.analysis import terms
from rag.knowledge.cards import quote_span
from rag.knowledge.past import said_before
from rag.knowledge.succession import Place, Replacement, Succession
from rag.retrieval.searcher import Found, PassageSearcher

COMPARED = 8  # sentences that an answer may be made of
FETCHED = 3  # passages of what replaces
NAMED = 2  # sentences that were replaced
PAST = 2  # citations whose past is told


@dataclass(frozen=True, slots=True, kw_only=True)
class Currency:
    succession: Succession
    searcher: PassageSearcher
    embedder: Embedder
    catalog: Catalog

    # --- before the writing ---------------------------------------------------------------------------------------

    def settle(self, query: Query, found: Found, evidence: Evidence) -> Settled:
        """What is replaced no longer stands in the evidence, if what replaces it has something to say."""
        settled = Settled(found=found, evidence=evidence, sentences=list(evidence.sentences))
        documents = list(
            {place_of(document): document for document in map(settled.document, evidence.sentences)}.values()
        )
        near = [hit.chunk.document for hit in found.hits]
        for replacement in self.succession.replacements(query, documents, near).values():
            settled.stale.add(place_of(replacement.old))
            if not is_meant(query, replacement) and self._make_room(settled, query, replacement):
                continue
            settled.replaced[place_of(replacement.old)] = replacement
        self._compare(settled, query)
        return settled

    def _make_room(self, settled: Settled, query: Query, replacement: Replacement) -> bool:
        """False where what is new says nothing worth reading about the question."""
        ranked = settled.evidence.sentences
        old = [sentence for sentence in ranked if place_of(settled.document(sentence)) == place_of(replacement.old)]
        new = [sentence for sentence in ranked if settled.document(sentence).id == replacement.new.id]
        if not old:
            return False
        best = old[0].score
        if not new or new[0].score < WORTH * best:
            new = self._fetch(settled, query, replacement.new)
        if not new or new[0].score < WORTH * best:
            return False
        heir = replace(new[0], score=max(new[0].score, best))  # it stands where the old one stood
        rest = [s for s in ranked if s not in old and s not in new]
        order = sorted([heir, *new[1:], *rest], key=lambda s: (-s.score, s.passage, s.start))
        if old[0].score >= WORTH * ranked[0].score:
            said = max(old, key=lambda sentence: (alike(sentence, heir), sentence.score))
            settled.older.append(Older(sentence=said, note=until(replacement), heir=replacement.new.id))
        settled.reorder(order)
        return True

    def _fetch(self, settled: Settled, query: Query, document: DocumentInfo) -> list[Sentence]:
        """Its best sentences, found within it alone, by who asks."""
        if query.filters.files:
            return []
        narrowed = replace(query, filters=replace(query.filters, files=(document.path,)))
        found = self.searcher.find(narrowed, FETCHED)
        own = tuple(passage for passage in found.passages if passage.document.id == document.id)
        if not own:
            return []
        before = len(settled.found.passages)
        evidence = gather(query.text, replace(found, passages=own), self.embedder)
        settled.found = replace(
            settled.found, passages=(*settled.found.passages, *own), texts=settled.found.texts | found.texts
        )
        return [replace(sentence, passage=before + sentence.passage) for sentence in evidence.sentences]

    def _compare(self, settled: Settled, query: Query) -> None:
        """Of what dated records say of their day the last one is told first; others that differ, disagree."""
        ranked = settled.evidence.sentences
        leading = [s for s in ranked[:COMPARED] if s.score >= WORTH * ranked[0].score] if ranked else []
        asked = frozenset(terms(query.text))
        older: dict[int, Older] = {}
        for said, also in combinations(leading, 2):
            if not resemble(said.text, also.text):
                continue
            one, other = claim_of(settled, also), claim_of(settled, said)
            verdict = compare(one, other, asked)
            if verdict == "disagree":
                settled.disagreeing.append((said.n, also.n))
            elif verdict is not None:
                last, first = (other, one) if verdict == "older" else (one, other)
                sentence = also if verdict == "older" else said
                if not named_alone(first.document, last.document, query):
                    note = f"On {first.document.date[:10]} it was otherwise:"
                    older[sentence.n] = Older(sentence=sentence, note=note, heir=last.document.id)
        if older:
            self._set_aside(settled, older)

    def _set_aside(self, settled: Settled, older: Mapping[int, Older]) -> None:
        gone = [sentence for sentence in settled.evidence.sentences if sentence.n in older]
        settled.older.extend(older.values())
        settled.stale.update(place_of(settled.document(sentence)) for sentence in gone)
        settled.reorder([s for s in settled.evidence.sentences if s.n not in older])

    # --- around the writing ---------------------------------------------------------------------------------------

    def told(self, settled: Settled, drafts: Iterable[Draft | None], query: Query) -> Iterator[Told | None]:
        """The statements of an answer: what was written, with what must be known beside it."""
        citer = Citer(settled.found, settled.citable)
        cited: list[Sentence] = []
        announced: set[Place] = set()
        for draft in drafts:
            if draft is None:
                yield None
                continue
            pointed = [settled.sentences[n - 1] for n in draft.pointers]
            cited += pointed
            places = [place_of(settled.document(sentence)) for sentence in pointed]
            old = [settled.replaced[place] for place in dict.fromkeys(places) if place in settled.replaced]
            first = [replacement for replacement in old if place_of(replacement.old) not in announced]
            for replacement in first:
                announced.add(place_of(replacement.old))
                yield from self._announce(settled, citer, replacement, query)
            note = f"{says(first[0])}:" if first and len(old) == len(set(places)) else ""
            yield noted(citer.statement(draft), note, settled.stale)
        if cited:
            yield from self._afterwards(settled, citer, cited, query)

    def _announce(self, settled: Settled, citer: Citer, replacement: Replacement, query: Query) -> Iterator[Told]:
        """`PEP 345 replaced PEP 314`, with the lines that say so."""
        spans = []
        for stated in replacement.said:
            text = self._text(stated.document, query)
            if text is not None and stated.at is not None:
                spans.append(settled.add(text, *quote_span(text.text, stated.at)))
        if not spans:
            return
        citer.found, citer.evidence = settled.found, settled.citable
        day = f" ({replacement.since})" if replacement.since else ""
        said = f"{replacement.new_label}{day} replaced {replacement.old_label}."
        statement, fresh = citer.statement(Draft(text=said, pointers=tuple(s.n for s in spans)))
        statement = replace(statement, support="verified", checks=(LOOKED_UP,))
        yield noted((statement, fresh), "", settled.stale)

    def _afterwards(self, settled: Settled, citer: Citer, cited: Sequence[Sentence], query: Query) -> Iterator[Told]:
        said = {sentence.n for sentence in cited}
        for one, other in settled.disagreeing:
            if len(said & {one, other}) == 1:
                n = other if one in said else one
                said.add(n)
                yield noted(citer.statement(draft_of(settled.sentences[n - 1])), "Another source says:", settled.stale)
        heirs = {settled.document(sentence).id for sentence in cited}
        named = [old for old in settled.older if old.heir in heirs]
        for old in sorted(named, key=lambda old: -old.sentence.score)[:NAMED]:
            yield noted(citer.statement(draft_of(old.sentence)), old.note, settled.stale)
        if query.filters.after or query.filters.before:
            return
        for sentence in list({s.n: s for s in cited}.values())[:PAST]:
            yield from self._past(settled, citer, sentence, query)

    def _past(self, settled: Settled, citer: Citer, sentence: Sentence, query: Query) -> Iterator[Told]:
        """What the document said in that place before, where a value changed."""
        now = settled.found.text_of(settled.found.passages[sentence.passage])
        try:
            before = said_before(self.catalog, now, (sentence.start, sentence.end), query.access)
        except NotFound:  # purged since
            return
        if before is None:
            return
        made = settled.add(before.text, before.start, before.end)
        settled.stale.add(place_of(before.text.info))
        citer.found, citer.evidence = settled.found, settled.citable
        note = f"Until {before.until.date().isoformat()} it said:"
        yield noted(citer.statement(draft_of(made)), note, settled.stale)

    def _text(self, document: DocumentInfo, query: Query) -> DocumentText | None:
        try:
            return self.catalog.text(document.id, query.access, version=document.version)
        except NotFound:  # purged since
            return None

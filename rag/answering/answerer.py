"""The one way from a question to an answer, whatever door it came through."""

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from rag.answering.citations import shown_text
from rag.answering.compose import Writer
from rag.answering.conversation import BY_RULES, Understanding, asked, turns_of
from rag.answering.currency import Currency
from rag.answering.evidence import gather
from rag.answering.guarding import harmless
from rag.answering.looking_up import FactCiter, look_up, with_facts
from rag.answering.readings import headed, readings, unclear
from rag.answering.refusal import Threshold, in_person, refusal, refuse
from rag.answering.standing import Settled, disagreement
from rag.answering.strict import NOTHING_LEFT, Sieve
from rag.domain.errors import NotFound, TeamloreError
from rag.domain.people import People
from rag.domain.ports import Embedder, Lookup, Remembered
from rag.domain.types import Answer, Citation, Event, Finding, Question, Refusal, Statement, Understood
from rag.knowledge.glossary import Glossary
from rag.models.usage import Meter, Prices, counted, metered_steps
from rag.retrieval.searcher import Found, PassageSearcher, search_hits

PASSAGES = 8


@dataclass(slots=True)
class _Turn:
    """What one question has come to so far."""

    question: Question
    asked: Question  # as it is understood in its conversation
    id: str
    started: float
    understood: Understood | None = None
    suggestions: tuple[str, ...] = ()
    timings: dict[str, float] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)
    citations: list[Citation] = field(default_factory=list)
    left_out: int = 0  # statements, in strict mode
    warnings: list[str] = field(default_factory=list)
    spent: Meter = field(default_factory=list)
    confidence: float | None = None

    def lap(self, name: str, since: float) -> float:
        now = time.perf_counter()
        self.timings[name] = 1000 * (now - since)
        return now


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceAnswerer:
    searcher: PassageSearcher
    embedder: Embedder
    writer: Writer
    threshold: Threshold
    currency: Currency
    lookups: Sequence[Lookup] = ()  # asked first: what facts say is not left to passages
    people: People | None = None  # None: who may know goes by the names in documents
    conversations: Remembered | None = None  # None: nothing is kept
    understanding: Understanding = BY_RULES  # of follow-ups
    glossary: Glossary | None = None  # None: no term is explained
    strict: bool = False  # what the cited words do not carry is left out, not marked
    model: dict[str, str]
    prices: Prices | None = None
    state: Callable[[], tuple[str, ...]] = tuple  # warnings about the service itself, such as an index being rebuilt

    def answer(self, question: Question) -> Answer:
        for event in self.stream(question):
            if isinstance(event.data, Answer):
                return event.data
            if isinstance(event.data, Exception):
                raise event.data
        raise AssertionError("a stream ends with done or error")

    def stream(self, question: Question) -> Iterator[Event]:
        """A failing model never costs the passages; the turn is kept whether it ends, breaks or is abandoned."""
        turn = _Turn(question=question, asked=question, id=f"a-{uuid.uuid4().hex}", started=time.perf_counter())
        state = "incomplete"
        try:
            turn.understood = self._understood(question)
            turn.asked = asked(question, turn.understood)
            for event in self._events(turn):
                if isinstance(event.data, Answer):
                    kept = self._keep(question, self._explained(turn, event.data), "complete")
                    state = "complete"
                    yield replace(event, data=kept)
                else:
                    yield event
        except GeneratorExit:
            state = state if state == "complete" else "cancelled"
            raise
        except TeamloreError as error:
            yield Event(name="error", data=error)
        finally:
            if state != "complete":
                self._keep(question, _so_far(turn), state)

    def _events(self, turn: _Turn) -> Iterator[Event]:
        found = self.searcher.find(turn.asked.query, PASSAGES)
        turn.warnings.extend(self.state())
        now = turn.lap("search", turn.started)
        finding = look_up(self.lookups, turn.asked.query)
        hits = with_facts(search_hits(found), finding, self.searcher.catalog, turn.asked.query.access)
        yield Event(name="passages", data=tuple(hits))
        if finding is not None:
            yield from self._state(turn, finding, found)
            return
        if turn.understood is None and (asked_back := unclear(turn.asked.query.text, found)):
            back, turn.suggestions = asked_back
            turn.lap("total", turn.started)
            yield Event(name="done", data=replace(_so_far(turn), text=back.reason, refusal=back, model=self.model))
            return
        evidence = gather(turn.asked.query.text, found, self.embedder)
        now = turn.lap("evidence", now)
        turn.confidence = self.threshold.confidence(evidence.features) if evidence.sentences else None
        refused = refuse(turn.asked.query, found, evidence, self.threshold)
        if refused is None:
            settled = self.currency.settle(turn.asked.query, found, evidence)
            now = turn.lap("currency", now)
            yield from self._write(turn, settled)
            turn.warnings.extend(disagreement(settled, turn.citations))
            turn.lap("write", now)
            if turn.statements:
                turn.lap("total", turn.started)
                yield Event(name="done", data=replace(_so_far(turn), status=_status(turn), model=self._model(turn)))
                return
            reason = NOTHING_LEFT if turn.left_out else "The passages were read, and none of them holds the answer."
            refused = refusal(found, reason)
        turn.lap("total", turn.started)
        answer = replace(_so_far(turn), text=refused.reason, refusal=self._in_person(refused), model=self._model(turn))
        yield Event(name="done", data=answer)

    def _state(self, turn: _Turn, finding: Finding, found: Found) -> Iterator[Event]:
        """What facts say, without a model."""
        citer = FactCiter(self.searcher.catalog, turn.asked.query.access)
        for stated in finding.statements:
            yield from self._say(turn, *citer.statement(stated))
        turn.lap("total", turn.started)
        turn.confidence = 1.0 if turn.statements else 0.0  # looked up, not guessed
        refused = None if turn.statements else self._in_person(refusal(found, finding.reason))
        status: Literal["answered", "refused"] = "refused" if refused else "answered"
        text = refused.reason if refused else _so_far(turn).text
        model = {**self.model, "llm": "facts"}
        yield Event(name="done", data=replace(_so_far(turn), status=status, text=text, refusal=refused, model=model))

    def _model(self, turn: _Turn) -> dict[str, str]:
        return {**self.model, **counted(turn.spent, self.prices)}

    def _in_person(self, refused: Refusal) -> Refusal:
        return refused if self.people is None else in_person(refused, self.people)

    def _say(self, turn: _Turn, statement: Statement, fresh: Sequence[Citation]) -> Iterator[Event]:
        statement = replace(statement, text=harmless(statement.text), note=harmless(statement.note))  # a title is in it
        turn.statements.append(statement)
        turn.citations.extend(fresh)
        yield Event(name="delta", data=("" if len(turn.statements) == 1 else " ") + shown_text(statement))
        yield from (Event(name="citation", data=citation) for citation in fresh)

    def _write(self, turn: _Turn, settled: Settled) -> Iterator[Event]:
        sieve = Sieve()
        turn.warnings.extend(self.writer.notes(settled.evidence))
        several = [] if settled.replaced else readings(turn.asked.query, settled.evidence, settled.found.passages)
        titles = {draft.text: title for draft, title in several}
        written = self.writer.write(settled.evidence.analysis.text, settled.evidence, audience=turn.question.audience)
        drafts = (draft for draft, _ in several) if several else metered_steps(written, turn.spent)
        for told in self.currency.told(settled, drafts, turn.asked.query):
            told = sieve.keep(*told) if told and self.strict else told
            if told is None:
                yield Event(name="delta", data="")
                continue
            yield from self._say(turn, *headed(told, titles))
        turn.left_out = len(sieve.dropped)
        turn.warnings.extend(sieve.warnings)

    def _explained(self, turn: _Turn, answer: Answer) -> Answer:
        """For people of another trade; evidence and citations stay as they are."""
        if turn.question.audience != "product" or self.glossary is None or answer.refusal:
            return answer
        said = " ".join(statement.text for statement in answer.statements)
        return replace(answer, glossary=self.glossary.explain(said, turn.asked.query))

    def _understood(self, question: Question) -> Understood | None:
        """In its conversation. Raises NotFound for one that is not the asker's."""
        if not question.conversation_id or self.conversations is None:
            return None
        access = question.query.access
        stored = self.conversations.readable(question.conversation_id, question.asker, access)
        return self.understanding.understand(question.query.text, turns_of(stored))

    def _keep(self, question: Question, answer: Answer, state: str) -> Answer:
        if self.conversations is None:
            return answer
        try:
            conversation = question.conversation_id or self.conversations.start(question.asker)
            answer = replace(answer, conversation_id=conversation)
            self.conversations.record(conversation, question.asker, answer, state=state)
        except NotFound:  # deleted while it was answered, or never the asker's
            return replace(answer, conversation_id=None)
        except TeamloreError as error:  # a full disk must not cost the answer
            warnings = (*answer.warnings, f"This answer could not be kept ({error.code}).")
            return replace(answer, conversation_id=question.conversation_id, warnings=warnings)
        return answer


def _so_far(turn: _Turn) -> Answer:
    """With its citations even when it was broken off: by them a purge finds the words that must go."""
    return Answer(
        id=turn.id,
        question=turn.question.query.text,
        status="partial" if turn.statements else "refused",
        text=" ".join(shown_text(statement) for statement in turn.statements),
        statements=tuple(turn.statements),
        citations=tuple(turn.citations),
        warnings=tuple(turn.warnings),
        timings_ms=dict(turn.timings),
        confidence=turn.confidence,
        understood=turn.understood,
        suggestions=turn.suggestions,
    )


def _status(turn: _Turn) -> Literal["answered", "partial"]:
    return "answered" if all(statement.support == "verified" for statement in turn.statements) else "partial"

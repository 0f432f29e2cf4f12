"""The one way from a question to an answer, whatever door it came through."""

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from rag.answering.citations import Citer, shown_text
from rag.answering.compose import Writer
from rag.answering.evidence import Evidence, gather
from rag.answering.refusal import Threshold, refusal, refuse
from rag.domain.errors import NotFound, TeamloreError
from rag.domain.ports import Conversations, Embedder
from rag.domain.types import Answer, Event, Question, Statement
from rag.retrieval.searcher import PassageSearcher, search_hits

PASSAGES = 8


@dataclass(slots=True)
class _Turn:
    """What one question has come to so far."""

    question: Question
    id: str
    started: float
    timings: dict[str, float] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

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
    conversations: Conversations | None = None  # None: nothing is kept
    model: dict[str, str]
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
        turn = _Turn(question=question, id=f"a-{uuid.uuid4().hex}", started=time.perf_counter())
        answer, state = _unfinished(turn), "cancelled"
        try:
            self._check_conversation(question)
            for event in self._events(turn):
                if isinstance(event.data, Answer):
                    answer, state = event.data, "complete"
                    answer = self._keep(question, answer, state)
                    state = "kept"
                    yield replace(event, data=answer)
                    return
                yield event
        except TeamloreError as error:
            state = "incomplete"
            yield Event(name="error", data=error)
        finally:
            if state != "kept":
                self._keep(question, replace(answer, statements=tuple(turn.statements)), state)

    def _events(self, turn: _Turn) -> Iterator[Event]:
        found = self.searcher.find(turn.question.query, PASSAGES)
        turn.warnings.extend(self.state())
        now = turn.lap("search", turn.started)
        yield Event(name="passages", data=tuple(search_hits(found)))
        evidence = gather(turn.question.query.text, found, self.embedder)
        now = turn.lap("evidence", now)
        refused = refuse(found, evidence, self.threshold)
        if refused is None:
            citer = Citer(found, evidence)
            yield from self._write(turn, evidence, citer)
            turn.lap("write", now)
            if turn.statements:
                yield Event(name="done", data=self._finished(turn, citer))
                return
            refused = refusal(found, "The passages were read, and none of them holds the answer.")
        turn.lap("total", turn.started)
        answer = replace(_unfinished(turn), text=refused.reason, refusal=refused, model=self.model)
        yield Event(name="done", data=answer)

    def _write(self, turn: _Turn, evidence: Evidence, citer: Citer) -> Iterator[Event]:
        for draft in self.writer.write(turn.question.query.text, evidence):
            statement, fresh = citer.statement(draft)
            turn.statements.append(statement)
            yield Event(name="delta", data=("" if len(turn.statements) == 1 else " ") + shown_text(statement))
            yield from (Event(name="citation", data=citation) for citation in fresh)

    def _finished(self, turn: _Turn, citer: Citer) -> Answer:
        turn.lap("total", turn.started)
        supported = [statement.support == "verified" for statement in turn.statements]
        return replace(
            _unfinished(turn),
            status="answered" if all(supported) else "partial",
            text=" ".join(shown_text(statement) for statement in turn.statements),
            citations=tuple(citer.citations),
            model=self.model,
        )

    def _check_conversation(self, question: Question) -> None:
        if question.conversation_id and self.conversations is not None:
            self.conversations.turns(question.conversation_id, question.asker)  # raises NotFound

    def _keep(self, question: Question, answer: Answer, state: str) -> Answer:
        if self.conversations is None:
            return answer
        conversation = question.conversation_id or self.conversations.start(question.asker)
        answer = replace(answer, conversation_id=conversation)
        try:
            self.conversations.record(conversation, question.asker, answer, state=state)
        except NotFound:  # deleted while it was answered, or never the asker's
            return replace(answer, conversation_id=None)
        return answer


def _unfinished(turn: _Turn) -> Answer:
    return Answer(
        id=turn.id,
        question=turn.question.query.text,
        status="refused",
        text="",
        statements=tuple(turn.statements),
        warnings=tuple(turn.warnings),
        timings_ms=dict(turn.timings),
    )

"""From a question to an answer, through what `build` wires: the registry, the indexes and the readers are real."""

from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rag.answering.answerer import EvidenceAnswerer
from rag.answering.prompt import PointerWriter
from rag.domain.errors import BackendFailed, NotFound
from rag.domain.ports import LLM
from rag.domain.types import Access, Answer, Citation, Event, Filters
from rag.registry.conversations import SqlConversations
from rag.registry.database import open_database
from rag.registry.home import Home
from tests.answering.corpus import ALL, DTYPE_NEW, House, ask, day, fill, house
from tests.fakes import ScriptedLLM

DTYPE = "Which number format do we train the kestrel model in?"
NONSENSE = "Who won the chess championship of Reykjavik?"
QUESTIONS = (
    DTYPE,
    "How long may a job in the long queue run?",
    "Why did we lose four days on a larger backbone?",
    "When is the scheduler restarted?",
    "What is the budget for the annotation contractor?",
)


class BreaksOff:
    """Says one statement, then the connection is gone."""

    name = "breaks-off"

    def stream(
        self, system: str, user: str, *, max_tokens: int, schema: Mapping[str, Any] | None = None
    ) -> Iterator[str]:
        del system, user, max_tokens, schema
        yield '{"statements": [{"text": "We train in bf16.", "sentences": [1]},'
        raise BackendFailed("The model server closed the connection.", fix="Start it again.")


class Endless(ScriptedLLM):
    closed = False

    def stream(
        self, system: str, user: str, *, max_tokens: int, schema: Mapping[str, Any] | None = None
    ) -> Iterator[str]:
        try:
            yield from super().stream(system, user, max_tokens=max_tokens, schema=schema)
        finally:
            self.closed = True


def written_by(team: House, llm: LLM) -> EvidenceAnswerer:
    return replace(team.answerer, writer=PointerWriter(llm=llm))


def leave(stream: Iterator[Event]) -> None:
    assert isinstance(stream, Generator)
    stream.close()


def citations_of(answer: Answer) -> tuple[Citation, ...]:
    return answer.citations + (answer.refusal.nearest if answer.refusal else ())


def sources(answer: Answer) -> set[str]:
    return {citation.document.path for citation in citations_of(answer)}


def quotes(answer: Answer) -> str:
    return " ".join(citation.quote for citation in citations_of(answer))


def last_turn(team: House, asker: str) -> dict[str, Any]:
    conversation = team.services.conversations.of(asker)[0][0]["id"]
    return team.services.conversations.turns(conversation, asker)[-1]


class TestCitations:
    @pytest.mark.parametrize("question", [*QUESTIONS, NONSENSE])
    def test_every_citation_slices_to_its_quote(self, team: House, question: str) -> None:
        answer = team.answerer.answer(ask(question))
        cited = citations_of(answer)
        assert cited
        for citation in cited:
            version = team.services.catalog.text(citation.document.id, ALL, version=citation.document.version)
            assert version.text[citation.start : citation.end] == citation.quote

    @pytest.mark.parametrize("question", QUESTIONS)
    def test_what_the_documents_say_is_answered_in_their_words(self, team: House, question: str) -> None:
        answer = team.answerer.answer(ask(question))
        assert answer.status == "answered"
        assert [citation.n for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
        for statement in answer.statements:
            assert statement.support == "verified"
            assert statement.text in " ".join(quotes(answer).split())

    def test_the_same_question_twice_gives_the_same_citations(self, team: House) -> None:
        first, second = (team.answerer.answer(ask(QUESTIONS[2])) for _ in range(2))
        assert first.citations == second.citations
        assert first.text == second.text
        assert first.id != second.id

    def test_the_stream_tells_what_the_answer_holds(self, team: House) -> None:
        events = list(team.answerer.stream(ask(QUESTIONS[2])))
        done = events[-1].data
        assert isinstance(done, Answer)
        assert events[0].name == "passages"
        assert [event.name for event in events].count("done") == 1
        assert "".join(str(event.data) for event in events if event.name == "delta") == done.text
        assert tuple(event.data for event in events if event.name == "citation") == done.citations


class TestAModel:
    def test_a_marker_with_no_passage_behind_it_is_no_citation(self, team: House) -> None:
        llm = ScriptedLLM(
            '{"statements": [{"text": "We train in bf16 [1], or fp8 [99].", "sentences": [1, 99]}]}',
        )
        answer = written_by(team, llm).answer(ask(DTYPE))
        assert answer.statements[0].citations == (1,)
        assert all(citation.n < 99 for citation in answer.citations)
        assert "[99]" not in answer.text

    def test_a_statement_its_source_does_not_hold_is_marked(self, team: House) -> None:
        llm = ScriptedLLM(
            '{"statements": [{"text": "We train the kestrel model in bf16.", "sentences": [1]},',
            ' {"text": "The moon is 384400 km away.", "sentences": [1]},',
            ' {"text": "Nobody said this.", "sentences": []}]}',
        )
        answer = written_by(team, llm).answer(ask(DTYPE))
        assert answer.status == "partial"
        written = [s for s in answer.statements if not s.note]  # the others are the service's own
        assert [s.support for s in written] == ["verified", "unsupported", "unsupported"]
        assert not all(check.passed for check in answer.statements[1].checks)

    def test_a_model_that_finds_no_statement_refuses_with_what_came_nearest(self, team: House) -> None:
        answer = written_by(team, ScriptedLLM('{"statements": []}')).answer(ask(DTYPE))
        assert answer.status == "refused"
        assert answer.statements == ()
        assert answer.refusal is not None
        assert "bf16" in answer.refusal.nearest[0].quote
        assert "Jonas Lindqvist" in answer.refusal.people

    @pytest.mark.parametrize(
        "written", ["", "I cannot say.", '{"statements": [{"text"', '[[[{"text": 7}]]]', "{" * 3000]
    )
    def test_what_is_no_statement_is_a_refusal(self, team: House, written: str) -> None:
        assert written_by(team, ScriptedLLM(written)).answer(ask(DTYPE)).status == "refused"

    def test_a_model_that_fails_costs_no_passages(self, team: House) -> None:
        events = list(written_by(team, BreaksOff()).stream(ask(DTYPE, asker="breaks")))
        assert events[0].name == "passages"
        assert events[0].data
        assert [event.name for event in events].count("error") == 1
        assert isinstance(events[-1].data, BackendFailed)
        turn = last_turn(team, "breaks")
        assert turn["state"] == "incomplete"
        assert [s["text"] for s in turn["answer"]["statements"]] == ["We train in bf16."]

    def test_words_of_an_unfinished_turn_come_with_their_citations(self, team: House) -> None:
        """What a purge must erase is found by the citations."""
        list(written_by(team, BreaksOff()).stream(ask(DTYPE, asker="cites")))
        (citation,) = last_turn(team, "cites")["answer"]["citations"]
        assert "bf16" in citation["quote"]

    def test_the_answer_of_a_failed_model_is_its_error(self, team: House) -> None:
        with pytest.raises(BackendFailed, match="closed the connection"):
            written_by(team, BreaksOff()).answer(ask(DTYPE))

    def test_a_stream_that_is_left_early_is_kept_as_cancelled(self, team: House) -> None:
        stream = team.answerer.stream(ask(QUESTIONS[2], asker="leaves"))
        assert next(stream).name == "passages"
        assert next(stream).name == "delta"
        leave(stream)
        turn = last_turn(team, "leaves")
        assert turn["state"] == "cancelled"
        assert len(turn["answer"]["statements"]) == 1

    def test_leaving_closes_the_model(self, team: House) -> None:
        llm = Endless('{"statements": [{"text": "We train in bf16.", "sentences": [1]},', *" " * 100)
        stream = written_by(team, llm).stream(ask(DTYPE, asker="closes"))
        assert [next(stream).name for _ in range(2)] == ["passages", "delta"]
        leave(stream)
        assert llm.closed


class TestRefusals:
    def test_nonsense_is_refused_with_what_came_nearest(self, team: House) -> None:
        answer = team.answerer.answer(ask(NONSENSE))
        assert answer.status == "refused"
        assert answer.citations == ()
        assert answer.refusal is not None
        assert answer.refusal.nearest
        assert answer.text == answer.refusal.reason
        assert answer.refusal.kind == "near-misses"
        assert "reykjavik" in answer.refusal.reason

    def test_a_near_miss_names_the_words_that_no_passage_has(self, team: House) -> None:
        answer = team.answerer.answer(ask("which parrot trained the kestrel model to whistle"))
        assert answer.refusal is not None
        assert answer.refusal.reason.endswith("Nothing that was found mentions parrot or whistle.")

    def test_a_month_is_a_date_not_a_word_that_is_missing(self, team: House) -> None:
        answer = team.answerer.answer(ask("which parrot trained the kestrel model to whistle in October"))
        assert answer.refusal is not None
        assert answer.refusal.reason.endswith("Nothing that was found mentions parrot or whistle.")

    @pytest.mark.parametrize("text", ["", "   ", "?", "who are you", "\x00", "the the the"])
    def test_a_question_without_content_is_refused(self, team: House, text: str) -> None:
        assert team.answerer.answer(ask(text)).status == "refused"

    def test_nobody_sees_nothing(self, team: House) -> None:
        events = list(team.answerer.stream(ask(DTYPE, access=Access())))
        answer = events[-1].data
        assert isinstance(answer, Answer)
        assert [event.name for event in events] == ["passages", "done"]
        assert events[0].data == ()
        assert answer.status == "refused"
        assert answer.refusal is not None
        assert (answer.refusal.nearest, answer.refusal.people) == ((), ())
        assert answer.refusal.kind == "nothing-found"

    @pytest.mark.parametrize("space", ["finance", "no-such-space"])
    @pytest.mark.parametrize("typed", [True, False])
    def test_a_space_that_is_closed_and_one_that_does_not_exist_are_refused_alike(
        self, team: House, space: str, typed: bool
    ) -> None:
        own = Access(spaces=frozenset({"default"}))
        text = f"{QUESTIONS[4]} space:{space}" if typed else QUESTIONS[4]
        answer = team.answerer.answer(ask(text, access=own, filters=Filters(spaces=() if typed else (space,))))
        assert answer.refusal is not None
        assert answer.refusal.kind == "not-allowed"
        assert answer.text == f"You can read nothing in {space}: it is not open to you, or not there."

    def test_a_space_that_is_not_the_askers_is_not_even_near(self, team: House) -> None:
        answer = team.answerer.answer(ask(QUESTIONS[4], access=Access(spaces=frozenset({"default"}))))
        assert "budget.md" not in sources(answer)
        assert answer.refusal is None or "Priya Raman" not in answer.refusal.people
        assert "41,000" not in answer.text + quotes(answer)

    def test_a_filter_never_widens_what_may_be_read(self, team: House) -> None:
        wide = Filters(spaces=("finance",))
        answer = team.answerer.answer(ask(QUESTIONS[4], access=Access(spaces=frozenset({"default"})), filters=wide))
        assert citations_of(answer) == ()


class TestWhatIsSearched:
    @pytest.mark.parametrize(
        ("filters", "found"),
        [
            (Filters(spaces=("finance",)), {"budget.md"}),
            (Filters(kinds=("retro",)), {"retro.md"}),
            (Filters(authors=("Mira Okafor",)), {"retro.md"}),
            (Filters(after=date(2024, 3, 1)), {"decisions/dtype.md"}),
            (Filters(after=date(2024, 2, 1), before=date(2024, 2, 20)), {"budget.md"}),
            (Filters(after=date(2024, 2, 20), before=date(2024, 2, 21)), {"retro.md"}),
            (Filters(kinds=("retro",), authors=("Jonas Lindqvist",)), set()),
        ],
    )
    @pytest.mark.parametrize("question", [DTYPE, QUESTIONS[2]])
    def test_only_what_the_filters_let_through_is_cited(
        self, team: House, question: str, filters: Filters, found: set[str]
    ) -> None:
        events = list(team.answerer.stream(ask(question, filters=filters)))
        passages, answer = events[0].data, events[-1].data
        assert isinstance(passages, tuple)
        assert isinstance(answer, Answer)
        assert {hit.citation.document.path for hit in passages} == found
        assert sources(answer) <= found

    def test_a_past_day_has_the_words_of_that_day(self, team: House) -> None:
        then = team.answerer.answer(ask(DTYPE, as_of=day(2024, 2, 1)))
        now = team.answerer.answer(ask(DTYPE))
        assert "fp16" in then.text
        assert "bf16" not in quotes(then)
        assert "bf16" in now.text
        held = [citation.quote for citation in now.citations if citation.current]
        assert held
        assert not any("fp16" in quote for quote in held)

    def test_before_the_first_version_there_is_nothing(self, team: House) -> None:
        answer = team.answerer.answer(ask(DTYPE, as_of=day(2023, 12, 31)))
        assert answer.status == "refused"
        assert citations_of(answer) == ()


class TestConversations:
    def test_a_turn_is_kept_whole(self, team: House) -> None:
        answer = team.answerer.answer(ask(DTYPE, asker="keeps"))
        turn = last_turn(team, "keeps")
        assert (turn["state"], turn["answer_id"]) == ("complete", answer.id)
        assert turn["answer"]["text"] == answer.text

    def test_a_second_question_goes_into_the_same_conversation(self, team: House) -> None:
        first = team.answerer.answer(ask(DTYPE, asker="goes on"))
        second = team.answerer.answer(ask(QUESTIONS[1], asker="goes on", conversation=first.conversation_id))
        assert second.conversation_id == first.conversation_id
        assert len(team.services.conversations.turns(first.conversation_id or "", "goes on")) == 2

    def test_somebody_elses_conversation_does_not_exist(self, team: House) -> None:
        theirs = team.answerer.answer(ask(DTYPE, asker="owner")).conversation_id
        events = list(team.answerer.stream(ask(DTYPE, asker="other", conversation=theirs)))
        assert [event.name for event in events] == ["error"]
        assert isinstance(events[0].data, NotFound)
        assert len(team.services.conversations.turns(theirs or "", "owner")) == 1

    def test_a_conversation_deleted_meanwhile_costs_no_answer(self, team: House) -> None:
        theirs = team.answerer.answer(ask(DTYPE, asker="deletes")).conversation_id
        stream = team.answerer.stream(ask(DTYPE, asker="deletes", conversation=theirs))
        next(stream)
        team.services.conversations.delete(theirs or "", "deletes")
        answer = list(stream)[-1].data
        assert isinstance(answer, Answer)
        assert answer.status == "answered"
        assert answer.conversation_id is None

    def test_a_registry_that_cannot_be_written_costs_no_answer(self, team: House) -> None:
        engine = open_database(Home(team.files.parent / "home").registry_url, read_only=True)
        forgetful = replace(team.answerer, conversations=SqlConversations(engine))
        answer = forgetful.answer(ask(DTYPE))
        assert answer.status == "answered"
        assert "could not be kept" in answer.warnings[-1]
        broken = replace(forgetful, writer=PointerWriter(llm=BreaksOff()))
        assert [event.name for event in broken.stream(ask(DTYPE))][-1] == "error"
        engine.dispose()


@pytest.mark.slow
def test_what_changed_was_hidden_or_purged_is_not_cited_again(tmp_path: Path) -> None:
    with house(tmp_path) as made:
        fill(made)
        assert "bf16" in made.answerer.answer(ask(DTYPE)).text

        made.write("decisions/dtype.md", DTYPE_NEW.replace("bf16", "fp8").replace("03-20", "04-20"))
        changed = made.answerer.answer(ask(DTYPE))
        assert "fp8" in changed.text
        holding = " ".join(citation.quote for citation in changed.citations if citation.current)
        assert "fp8" in holding
        assert "bf16" not in holding

        document = made.document("dtype.md")
        made.services.catalog.hide(document)
        assert "decisions/dtype.md" not in sources(made.answerer.answer(ask(DTYPE)))
        assert "fp8" in made.answerer.answer(ask(DTYPE, as_of=day(2024, 5, 1))).text

        list(written_by(made, BreaksOff()).stream(ask(DTYPE, as_of=day(2024, 5, 1), asker="breaks")))
        made.services.catalog.purge(document)
        for moment in (None, day(2024, 2, 1), day(2024, 5, 1)):
            assert "decisions/dtype.md" not in sources(made.answerer.answer(ask(DTYPE, as_of=moment)))
        assert "bf16" not in str(last_turn(made, "breaks")["answer"])

"""A model that reads little is shown less, and the asker is told."""

from rag.answering.prompt import MAX_TOKENS, SYSTEM, PointerWriter, enough, room, shortlist
from rag.domain.ports import Windowed
from tests.answering.test_prompt import evidence
from tests.fakes import ScriptedLLM

SOURCES = [f"In run {n} the loss of the kestrel model went down after the warm-up was made longer." for n in range(12)]


class Reads(ScriptedLLM):
    """So many tokens."""

    def __init__(self, tokens: int | None) -> None:
        super().__init__('{"statements": []}')
        self.tokens = tokens

    def window(self) -> int | None:
        return self.tokens


def shown_to(llm: ScriptedLLM) -> list[str]:
    """The sentences of the prompt it got."""
    list(PointerWriter(llm=llm).write("Did the loss go down?", evidence(*SOURCES)))
    [(_, user)] = llm.asked
    return [line for line in user.splitlines() if "the loss of the kestrel" in line]


def test_what_would_be_cut_is_left_out_and_the_asker_is_told_how_much_is_enough() -> None:
    small = Reads(700)
    assert isinstance(small, Windowed)
    few = shown_to(small)
    assert 0 < len(few) < len(SOURCES)
    [note] = PointerWriter(llm=small).notes(evidence(*SOURCES))
    assert "700 tokens would cut your sources" in note
    assert f"{len(SOURCES) - len(few)} of {len(SOURCES)}" in note
    assert "1,024" in note


def test_with_the_window_it_names_everything_is_shown() -> None:
    sentences = list(evidence(*SOURCES).sentences)
    found = Reads(enough("Did the loss go down?", sentences))
    assert len(shown_to(found)) == len(SOURCES)
    assert PointerWriter(llm=found).notes(evidence(*SOURCES)) == ()


def test_a_window_nobody_knows_cuts_nothing() -> None:
    assert len(shown_to(Reads(None))) == len(shown_to(ScriptedLLM("{}"))) == len(SOURCES)


def test_the_best_sentence_is_shown_even_where_there_is_no_room() -> None:
    assert room("q", MAX_TOKENS) < 0
    [best] = shortlist(evidence(*SOURCES).sentences, room=room("q", MAX_TOKENS))
    assert best.text == SOURCES[0]


def test_the_question_and_the_instructions_take_room_too() -> None:
    assert room("q" * 300, 4096) == room("", 4096) - 300
    assert room("", 4096) < 3 * (4096 - MAX_TOKENS) - len(SYSTEM)

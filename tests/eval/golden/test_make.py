"""Candidates from texts: what they quote, what they ask, and that nothing judged comes back."""

from dataclasses import replace

import pytest

from eval.golden import absent, asked, decisions, definitions, headings, llm, reasons, threads, values
from eval.golden.candidates import Candidate, Maker
from eval.golden.corpus import LARGEST, Corpus, read
from eval.golden.definitions import long_form
from eval.golden.make import KINDS, make
from eval.golden.quality import fault
from rag.domain.golden import GoldenItem
from rag.domain.types import Answer, Fact, Refusal
from rag.knowledge.golden_rows import item_row
from tests.api.parts import make_house
from tests.eval.golden.pages import NOTES, made, page, thread
from tests.fakes import ScriptedLLM


def maker(seed: int = 0) -> Maker:
    return Maker(corpus=Corpus(pages=(page(),)), seed=seed)


def test_every_quote_is_an_exact_slice_of_its_file() -> None:
    items = make(maker()).items
    quotes = [quote for item in items if item.answerable for quote in item.evidence]
    assert len(quotes) >= 6
    assert all(quote.quote in NOTES and quote.file == "notes/k7.md" and quote.source == "team" for quote in quotes)


def test_the_same_seed_makes_the_same_items() -> None:
    assert make(maker(3)).items == make(maker(3)).items


def test_another_wording_of_the_same_quote_keeps_its_id() -> None:
    by_seed = [{item.id: item.question for item in make(maker(seed)).items} for seed in range(8)]
    always = set.intersection(*map(set, by_seed))
    assert len(always) >= 5
    assert any(len({questions[one] for questions in by_seed}) > 1 for one in always)


def test_what_a_person_has_judged_is_not_proposed_again() -> None:
    first = make(maker()).items
    judged = replace(first[0], review="rejected")
    again = make(maker(), known=[judged])
    assert judged.id not in {item.id for item in again.items}
    assert again.dropped[judged.kind]["stands in the golden set"] == 1


def test_no_more_of_a_kind_than_asked_for() -> None:
    kinds = [item.kind for item in make(maker(), limit=1).items]
    assert len(kinds) == len(set(kinds)) >= 5


def test_every_kind_that_is_made_can_be_asked_for_by_name() -> None:
    facts = (Fact(key="status", value="Accepted", at=HEADER.index("Status")),)
    pages = (page(), page(HEADER, "adr/7.md", facts=facts))
    assert {item.kind for item in make(Maker(corpus=Corpus(pages=pages))).items} <= set(KINDS)


def test_only_the_kinds_that_were_named_are_made() -> None:
    assert {item.kind for item in make(maker(), kinds=["who"]).items} == {"who"}


def test_each_row_reads_as_a_question_of_a_pack() -> None:
    row = item_row(make(maker(), kinds=["who"]).items[0])
    assert row["gold_files"] == ["notes/k7.md"]
    assert row["review"] == "candidate"


# --- one generator each -------------------------------------------------------------------------------------------


def test_a_because_becomes_a_why() -> None:
    (one,) = made(reasons.generate, kind="why")
    assert one.question == "Why was the gradient clipping lowered?"
    assert one.answer == "because the K7 loss diverged after restarts"


def test_who_did_it_is_asked_for_where_a_person_is_the_subject() -> None:
    (one,) = made(reasons.generate, kind="who")
    assert (one.question, one.answer) == ("Who wrote a dashboard that follows the queue?", "Anna Kowalski")


def test_a_sentence_that_points_elsewhere_is_not_asked_about() -> None:
    text = "# Notes\n\nIt was lowered because the run diverged.\nThis run was stopped because the disk was full.\n"
    assert made(reasons.generate, page(text)) == []


def test_a_task_in_a_heading_becomes_a_how() -> None:
    (one,) = made(headings.generate)
    assert "resume a stopped training" in one.question
    assert one.question.startswith(("How ", "What "))
    assert one.answer.startswith("You can pass the newest checkpoint")


def test_headings_that_every_document_has_are_left_alone() -> None:
    assert made(headings.generate, page("# Introduction\n\nYou can use the introduction to learn more of it.\n")) == []


def test_terms_and_abbreviations_are_asked_for() -> None:
    found = {one.answer: one.question for one in made(definitions.generate)}
    assert "SSS" in found["Shared Scheduler Service"]
    assert "ClusterShelf" in found["a cupboard for nodes that nobody has claimed"]


@pytest.mark.parametrize(
    ("before", "short", "long"),
    [
        ("we rely on Omni-Path Architecture", "OPA", "Omni-Path Architecture"),
        ("the heat shock transcription factor", "HSF", "heat shock transcription factor"),
        ("twice as long ramp up, half as long,", "Stella", ""),
        ("no words that fit", "XYZ", ""),
    ],
)
def test_an_abbreviation_has_the_words_that_spell_it(before: str, short: str, long: str) -> None:
    assert long_form(before, short) == long


def test_an_option_and_the_cells_of_a_table_have_values() -> None:
    found = made(values.generate)
    options = {one.answer for one in found if one.kind == "option"}
    assert options == {"0.7", "0.03"}
    cells = [one for one in found if one.kind == "table"]
    assert len(cells) == 2
    assert all(one.answer in {"91 million", "47 million", "Priya", "Tom"} for one in cells)


def test_an_option_with_two_values_on_a_page_is_ambiguous() -> None:
    assert made(values.generate, page("# Runs\n\n```\ngo --beta 0.9\ngo --beta 0.8\n```\n"), kind="option") == []


def test_a_thread_counts_when_its_asker_says_thanks() -> None:
    told = ("How can we rotate the keys of the Atlas bucket?", "Call rotate-keys with the name of the Atlas bucket.")
    (one,) = made(threads.generate, thread(("Ada", f"Hi team, {told[0]}"), ("Ben", told[1]), ("Ada", "Thanks, works!")))
    assert (one.question, one.answer) == (told[0], told[1].rstrip("."))
    assert one.quotes[0].quote == told[1]
    assert not made(threads.generate, thread(("Ada", told[0]), ("Ben", told[1]), ("Ada", "That still fails")))


HEADER = "# ADR 7: Ports stay closed\n\nStatus: Accepted\nDeciders: Mia Brandt\n\nWe keep them closed.\n"


def test_what_a_decision_s_header_says_is_asked_for() -> None:
    facts = (
        Fact(key="status", value="Accepted", at=HEADER.index("Status")),
        Fact(key="deciders", value="Mia Brandt", at=HEADER.index("Deciders")),
    )
    found = {one.answer: one for one in made(decisions.generate, page(HEADER, "adr/7.md", facts=facts))}
    assert set(found) == {"Accepted", "Mia Brandt"}
    assert found["Mia Brandt"].quotes[0].quote == "Deciders: Mia Brandt"


def test_a_number_in_a_header_is_asked_for_as_it_is_written_there() -> None:
    text = "supersedes: 0002\n\n# 0004: Train in bf16\n"
    found = made(decisions.generate, page(text, "adr/4.md", facts=(Fact(key="replaces", value=2, at=0),)))
    assert [one.answer for one in found] == ["0002"]


def test_a_near_miss_is_looked_up_in_what_nothing_is_asked_about_too() -> None:
    house = make_house()
    try:
        house.put("jobs.md", "run --batch-size 4")
        house.put("log.txt", f"--Batch-Rate {'x' * LARGEST}")
        corpus = read(house.services, "", lambda _progress: None)
    finally:
        house.tear_down()
    assert [one.info.path for one in corpus.pages] == ["jobs.md"]
    assert (corpus.holds("batch-size"), corpus.holds("batch-rate"), corpus.holds("batch-count")) == (True, True, False)


def test_a_near_miss_stands_nowhere_and_says_how_it_was_made() -> None:
    text = "# Jobs\n\nrun --batch-size 4 --learning-rate 1 and --seed-offset or --data-folder, all of it.\n"
    found = made(absent.generate, page(text))
    assert found
    for one in found:
        assert not one.answerable
        assert one.absent
        assert all(word not in text for word in one.absent)
        assert "stands nowhere" in one.why


# --- what is dropped ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "answer", "why"),
    [
        ("What is it all?", "a thing of ours", "says too little"),
        ("What was the outcome of this run on Friday?", "it failed", "points to something outside"),
        ("Who owns the Atlas bucket of Mia?", "Mia", "the question says the answer"),
        ("What does [link](x) mean in Atlas?", "a page", "remains of layout"),
        ("Who owns the Atlas bucket?", "Mia Brandt", ""),
    ],
)
def test_what_is_not_worth_a_look_is_dropped_with_its_reason(question: str, answer: str, why: str) -> None:
    assert fault(Candidate(kind="x", question=question, answer=answer, made_by="test/1")) == why


# --- what people and language models say --------------------------------------------------------------------------


def test_refused_and_disliked_answers_become_candidates_without_who_asked() -> None:
    house = make_house()
    try:
        conversations = house.services.conversations
        mine, evaluation = conversations.start("secret-owner"), conversations.start("eval")
        refused = Answer(
            id="a1", question="Who paid for Atlas?", status="refused", text="", refusal=Refusal(reason="no")
        )
        conversations.record(mine, "secret-owner", refused, state="complete")
        conversations.feedback("a1", "secret-owner", value=-1, comment="This should be answered.")
        liked = Answer(id="a2", question="Where is the Atlas bucket?", status="answered", text="In Oslo.")
        conversations.record(mine, "secret-owner", liked, state="complete")
        conversations.feedback("a2", "secret-owner", value=-1, comment="It moved to Bergen.")
        asked_by_us = Answer(id="a3", question="Evaluated?", status="refused", text="")
        conversations.record(evaluation, "eval", asked_by_us, state="complete")
        corpus = read(house.services, "", lambda _: None)
    finally:
        house.tear_down()
    found = {one.kind: one.item() for one in asked.generate(Maker(corpus=corpus))}
    assert {kind: item.question for kind, item in found.items()} == {
        "gap": "Who paid for Atlas?",
        "feedback": "Where is the Atlas bucket?",
    }
    assert "It moved to Bergen." in found["feedback"].why
    assert found["gap"].why == "People said: “This should be answered.”. It was refused: no"
    assert not any("secret-owner" in repr(item) for item in found.values())


def proposed(reply: str) -> tuple[list[GoldenItem], Maker]:
    text = "# Atlas\n\n" + "The bucket Atlas lies in Oslo since the spring of last year. " * 8
    working = Maker(corpus=Corpus(pages=(page(text),)))
    proposer = llm.Proposer(llm=ScriptedLLM(reply), limit=5, on_progress=lambda _: None)
    return [one.item() for one in proposer.generate(working)], working


def test_a_quote_of_a_language_model_has_to_stand_word_for_word() -> None:
    row = '{{"question": "Where is Atlas kept?", "answer": "Oslo", "quote": "{}"}}'
    good, bad = row.format("The bucket Atlas lies in Oslo"), row.format("Atlas is kept in Oslo")
    items, working = proposed(f'Sure: {{"questions": [{good}, {bad}]}}')
    assert [item.evidence[0].quote for item in items] == ["The bucket Atlas lies in Oslo"]
    assert items[0].made_by == "llm:scripted/1"
    assert working.dropped == {"llm": {"the quote does not stand in the text": 1}}


def test_a_reply_without_json_is_counted() -> None:
    items, working = proposed("I would rather not.")
    assert items == []
    assert working.dropped == {"llm": {"no JSON in the reply": 1}}

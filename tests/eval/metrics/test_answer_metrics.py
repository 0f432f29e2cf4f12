from dataclasses import replace

import pytest

from eval.metrics import METRICS
from eval.metrics.base import Cited, Found, Observation
from eval.metrics.evidence import around
from eval.packs.loading import Evidence, Sample
from rag.domain.types import Answer, Refusal
from tests.eval.bench import citation, document

TEXT = "Intro.\nThe loss  spikes\ncame from bad batches. End."
INFO = document("docs/a.md")
SAMPLE = Sample(
    id="1",
    question="What made the loss spike?",
    answerable=True,
    answers=("bad batches",),
    gold_files=("docs/a.md",),
    evidence=(Evidence(file="docs/a.md", quote="The loss spikes came from bad batches."),),
)
ANSWER = Answer(id="a", question="q", status="answered", text="bad batches [1]")
REFUSED = replace(ANSWER, status="refused", text="", refusal=Refusal(reason="nothing"))


def found(text: str, *files: str, best: tuple[int, int] = (0, 1)) -> Found:
    return Found(files=frozenset(files), text=text, best=best)


def value(metric: str, seen: Observation) -> float | None:
    return METRICS[metric](seen).value


def observed(quote: str, *, answer: Answer = ANSWER, sample: Sample = SAMPLE, file: str = "docs/a.md") -> Observation:
    cites = citation(document(file), TEXT, quote)
    return Observation(
        sample=sample,
        answer=replace(answer, citations=(cites,)),
        cited=(Cited(files=frozenset({file}), document="p1", citation=cites),),
        text_of=lambda _: TEXT,
    )


def test_evidence_counts_where_its_words_stand_in_a_passage_of_its_file() -> None:
    seen = Observation(sample=SAMPLE, found=(found(TEXT, "docs/b.md"), found(TEXT, "docs/a.md")))
    assert [value(f"file_hit@{k}", seen) for k in (1, 5, 10)] == [0, 1, 1]
    assert [value(f"evidence_hit@{k}", seen) for k in (1, 5, 10)] == [0, 1, 1]


def test_the_right_file_without_the_words_is_a_file_hit_only() -> None:
    seen = Observation(sample=SAMPLE, found=(found("Intro.", "docs/a.md"),))
    assert (value("file_hit@1", seen), value("evidence_hit@1", seen)) == (1, 0)


def test_a_quote_of_tags_alone_stands_nowhere() -> None:
    sample = replace(SAMPLE, evidence=(Evidence(file="a.json", quote="<br>"),))
    seen = Observation(sample=sample, found=(found('{"text": "anything"}', "a.json"),))
    assert value("evidence_hit@1", seen) == 0
    assert value("citation_evidence", observed("came", sample=sample, file="a.json")) == 0


def test_a_raw_file_behind_a_document_counts_as_the_file() -> None:
    seen = Observation(sample=SAMPLE, found=(found(TEXT, "docs", "docs/a.md"),))
    assert value("evidence_hit@1", seen) == 1


def test_evidence_in_json_is_compared_in_decoded_strings_without_tags() -> None:
    quote = Evidence(file="help/day.json", quote='it is "fixed" in v0.7.6 & later')
    sample = replace(SAMPLE, gold_files=("help/day.json",), evidence=(quote,))
    raw = r'{"text": "it is <b>\"fixed\"</b>\nin v0.7.6 \u0026 later"}'
    assert value("evidence_hit@1", Observation(sample=sample, found=(found(raw, "help/day.json"),))) == 1


def test_a_long_passage_counts_200_words_around_its_best_chunk() -> None:
    text = " ".join(f"w{n}" for n in range(1000))
    place = text.index("w700"), text.index("w710")
    shown = around(text, place).split()
    assert len(shown) == 200
    assert "w610" in shown
    assert "w700" in shown
    assert "w609" not in around(text, place).split() or "w810" not in shown
    assert around(text, (0, 1)).split()[0] == "w0"
    assert around(text, (len(text) - 4, len(text))).split()[-1] == "w999"


def test_without_gold_files_or_evidence_search_cannot_be_scored() -> None:
    seen = Observation(sample=replace(SAMPLE, gold_files=(), evidence=()), found=())
    assert value("file_hit@1", seen) is value("evidence_hit@1", seen) is None


def test_a_citation_is_valid_when_its_offsets_slice_to_its_quote() -> None:
    seen = observed("bad batches")
    assert value("citation_valid", seen) == 1
    assert seen.answer is not None
    wrong = replace(seen.answer.citations[0], start=0)
    assert (
        value("citation_valid", replace(seen, answer=replace(seen.answer, citations=(wrong, *seen.answer.citations))))
        == 0.5
    )
    assert value("citation_valid", replace(seen, answer=ANSWER)) is None


def test_a_citation_that_overlaps_the_evidence_in_its_file_supports_the_answer() -> None:
    assert value("citation_evidence", observed("batches. End.")) == 1
    assert value("citation_evidence", observed("Intro.")) == 0
    assert value("citation_evidence", observed("bad batches", file="docs/b.md")) == 0


def test_a_refused_question_cites_no_evidence_and_an_unanswerable_one_has_none() -> None:
    refused = Observation(sample=SAMPLE, answer=REFUSED, text_of=lambda _: TEXT)
    assert value("citation_evidence", refused) == 0
    unanswerable = replace(SAMPLE, answerable=False, evidence=())
    assert value("citation_evidence", replace(refused, sample=unanswerable)) is None


def test_in_a_beir_pack_the_judged_passages_are_the_evidence() -> None:
    sample = replace(SAMPLE, evidence=(), gold_files=(), judgements={"p1": 1})
    assert value("citation_evidence", observed("Intro.", sample=sample)) == 1
    assert value("citation_evidence", observed("Intro.", sample=replace(sample, judgements={"p2": 1}))) == 0


@pytest.mark.parametrize(
    ("answerable", "answer", "expected"),
    [
        (True, ANSWER, (None, 0)),
        (True, REFUSED, (None, 1)),
        (False, ANSWER, (1, None)),
        (False, REFUSED, (0, None)),
        (False, replace(ANSWER, status="partial"), (1, None)),
        (None, ANSWER, (None, None)),
    ],
)
def test_false_answers_and_false_refusals(
    answerable: bool | None, answer: Answer, expected: tuple[float | None, float | None]
) -> None:
    seen = Observation(sample=replace(SAMPLE, answerable=answerable), answer=answer)
    assert (value("false_answer", seen), value("false_refusal", seen)) == expected


def test_words_are_counted_without_markers_and_not_for_a_refusal() -> None:
    assert value("answer_words", Observation(sample=SAMPLE, answer=ANSWER)) == 2
    assert value("answer_words", Observation(sample=SAMPLE, answer=REFUSED)) is None


def test_a_refused_question_is_not_answered_correctly_and_one_without_gold_cannot_be_scored() -> None:
    assert value("answer_correct", Observation(sample=SAMPLE, answer=ANSWER)) == 1
    assert value("answer_correct", Observation(sample=SAMPLE, answer=REFUSED)) == 0
    assert value("answer_correct", Observation(sample=replace(SAMPLE, answers=()), answer=ANSWER)) is None

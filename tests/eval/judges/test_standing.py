from dataclasses import replace
from pathlib import Path

import pytest

from eval.judges.judged import JudgedItem, JudgedPack
from eval.judges.judging import Verdict
from eval.judges.labelled import Trial
from eval.judges.llm import LLMJudge
from eval.judges.standing import NOT_MEASURED, keep_standing, standing, standings, with_people
from rag.domain.errors import BadInput
from tests.eval.judges.scripted import Model

JUDGE = LLMJudge(llm=Model(str))


def trial_of(people: str, judge: str) -> tuple[JudgedPack, Trial]:
    names = {"s": "support", "n": "neutral"}
    items = tuple(
        JudgedItem(id=str(i), task="claims", text="t", label=names[p], cluster=str(i)) for i, p in enumerate(people)
    )
    verdicts = tuple(Verdict(label=names.get(said)) for said in judge)
    return JudgedPack(name="pack", task="claims", items=items), Trial(judge=JUDGE.name, items=items, verdicts=verdicts)


def test_what_was_measured_stands_beside_the_judge_s_figures(tmp_path: Path) -> None:
    assert with_people(standings(tmp_path), JUDGE, "claims") == NOT_MEASURED
    keep_standing(tmp_path, standing(JUDGE, *trial_of("sn" * 20, "sn" * 19 + "s.")))
    told = with_people(standings(tmp_path), JUDGE, "claims")
    assert told.startswith("kappa with people 1.00 (1.00 to 1.00) on 39 claims of pack, no verdict on 1")
    assert with_people(standings(tmp_path), JUDGE, "answers") == NOT_MEASURED


@pytest.mark.parametrize("other", [{"served": {"size": 1}}, {"trials": 3}, {"llm": Model(str)}])
def test_another_model_file_or_number_of_trials_was_not_measured(tmp_path: Path, other: dict[str, object]) -> None:
    keep_standing(tmp_path, standing(JUDGE, *trial_of("snsn", "snsn")))
    changed = replace(JUDGE, **other)  # type: ignore[arg-type]
    same = "llm" in other
    assert (with_people(standings(tmp_path), changed, "claims") != NOT_MEASURED) == same


def test_a_judge_that_guesses_is_told_to(tmp_path: Path) -> None:
    keep_standing(tmp_path, standing(JUDGE, *trial_of("sn" * 20, "ssnn" * 10)))
    assert "not told from guessing" in with_people(standings(tmp_path), JUDGE, "claims")
    keep_standing(tmp_path, standing(JUDGE, *trial_of("sn" * 30, "ns" * 30)))
    assert "worse than guessing" in with_people(standings(tmp_path), JUDGE, "claims")


def test_fewer_items_never_replace_more(tmp_path: Path) -> None:
    keep_standing(tmp_path, standing(JUDGE, *trial_of("sn" * 20, "sn" * 20)))
    kept = keep_standing(tmp_path, standing(JUDGE, *trial_of("sn" * 2, "ss" * 2)))
    assert kept.n == 40
    assert [row.n for row in standings(tmp_path)] == [40]


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "evaluations").mkdir()
    (tmp_path / "evaluations" / "judges.json").write_text("[]")
    with pytest.raises(BadInput, match=r"judges\.json"):
        standings(tmp_path)

from dataclasses import replace
from pathlib import Path

import pytest

from eval.judges.judged import JudgedItem
from eval.judges.llm import FAILED, LLMJudge
from eval.judges.memory import Memory, ask, memory_of, slug
from rag.domain.errors import BackendFailed, BadInput
from tests.eval.judges.scripted import Model, label


def items(n: int) -> list[JudgedItem]:
    claim = JudgedItem(id="", task="claims", text="It rose.", label="support", cluster="c", sources=("It rose.",))
    return [replace(claim, id=str(i), text=f"It rose {i} times.") for i in range(n)]


def test_what_was_judged_is_not_asked_again(tmp_path: Path) -> None:
    first, second = Model(lambda _: label("support")), Model(lambda _: label("neutral"))
    before = list(ask(LLMJudge(llm=first, trials=2), items(2), Memory(tmp_path / "m.jsonl")))
    after = list(ask(LLMJudge(llm=second, trials=2), items(3), Memory(tmp_path / "m.jsonl")))
    assert after[:2] == before
    assert after[2].label == "neutral"
    assert len(second.asked) == 2


def test_a_people_s_label_changes_nothing_another_text_does(tmp_path: Path) -> None:
    model, memory = Model(lambda _: label("support")), Memory(tmp_path / "m.jsonl")
    (item,) = items(1)
    relabelled = replace(item, label="neutral", detectors={"d": 1.0})
    list(ask(LLMJudge(llm=model), [item, relabelled], memory))
    assert len(model.asked) == 1
    list(ask(LLMJudge(llm=model), [replace(item, sources=("It fell.",))], memory))
    list(ask(LLMJudge(llm=model, served={"size": 5}), [item], memory))
    assert len(model.asked) == 3


def test_a_failure_is_asked_again_and_three_in_a_row_end_it(tmp_path: Path) -> None:
    memory, said = Memory(tmp_path / "m.jsonl"), iter(["fail", label("support"), "fail", "fail", "fail"])
    asking = ask(LLMJudge(llm=Model(lambda _: next(said))), items(6), memory)
    assert next(asking).missing == FAILED
    with pytest.raises(BackendFailed, match="3 times in a row") as error:
        list(asking)
    assert "goes on from here" in error.value.fix
    model = Model(lambda _: label("support"))
    list(ask(LLMJudge(llm=model), items(6), Memory(tmp_path / "m.jsonl")))
    assert len(model.asked) == 5


def test_a_model_that_gives_nothing_is_an_error_however_few_the_items(tmp_path: Path) -> None:
    with pytest.raises(BackendFailed, match="gave nothing: gone"):
        list(ask(LLMJudge(llm=Model(lambda _: "fail")), items(1), Memory(tmp_path / "m.jsonl")))
    said = iter(["fail", label("support")])
    last = list(ask(LLMJudge(llm=Model(lambda _: next(said))), items(2), Memory(tmp_path / "m.jsonl")))[-1]
    assert last.label == "support"


def test_a_line_that_was_being_written_is_cut_off_and_a_broken_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    list(ask(LLMJudge(llm=Model(lambda _: label("support"))), items(2), Memory(path)))
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    model = Model(lambda _: label("support"))
    list(ask(LLMJudge(llm=model), items(2), Memory(path)))
    assert len(model.asked) == 1
    path.write_text("{}\n")
    with pytest.raises(BadInput, match=r"m\.jsonl:1"):
        Memory(path)


def test_each_judge_has_a_file_of_its_own_that_only_this_user_reads(tmp_path: Path) -> None:
    assert slug("a b") != slug("a/b")
    judge = LLMJudge(llm=Model(str))
    memory_of(judge, tmp_path)
    (file,) = (tmp_path / "evaluations" / "judges").iterdir()
    assert file.stat().st_mode & 0o077 == 0

"""An answer says what its tokens were, whichever door and thread took its events."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from rag.answering.prompt import PointerWriter
from rag.domain.types import Answer
from rag.models.usage import Prices, Usage, metered, record
from tests.answering.corpus import ask, fill, house
from tests.fakes import ScriptedLLM

DTYPE = "Which number format do we train the kestrel model in?"


class Counting(ScriptedLLM):
    def stream(
        self, system: str, user: str, *, max_tokens: int, schema: Mapping[str, Any] | None = None
    ) -> Iterator[str]:
        yield from super().stream(system, user, max_tokens=max_tokens, schema=schema)
        record(Usage(tokens_in=1_000, tokens_out=50))


def test_an_answer_carries_its_tokens_and_its_cost_and_who_listens_hears_them_too(tmp_path: Path) -> None:
    with house(tmp_path) as team:
        fill(team)
        writer = PointerWriter(llm=Counting('{"statements": [{"text": "We train in bf16.", "sentences": [1]}]}'))
        answerer = replace(team.answerer, writer=writer, prices=Prices(tokens_in=2.0, tokens_out=10.0))
        with metered() as meter:
            answer = answerer.answer(ask(DTYPE))
        free = team.answerer.answer(ask(DTYPE))
    assert isinstance(answer, Answer)
    assert {"tokens_in": "1000", "tokens_out": "50", "cost": "0.002500"}.items() <= answer.model.items()
    assert meter == [Usage(tokens_in=1_000, tokens_out=50)]
    assert "tokens_in" not in free.model  # no model was asked

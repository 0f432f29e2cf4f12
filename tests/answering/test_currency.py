"""What holds now comes first, what it replaced is named with its date: asked through the service that is served."""

from collections.abc import Iterator

import pytest

from rag.domain.types import Answer
from rag.main import build
from rag.settings import load_settings
from tests.answering.corpus import House, ask
from tests.answering.supersession import FORMS, OLD_DAY, Pair, pairs, write_newer_first
from tests.fakes import WordEmbedder

PAIRS = list(pairs())


@pytest.fixture(scope="module")
def birds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    place = tmp_path_factory.mktemp("birds")
    services = build(load_settings(place / "home"), embedder=WordEmbedder())
    try:
        for folder in write_newer_first(place):
            report = services.ingestor.ingest([folder], space="default")
            assert not report.failed, report.failed
        yield House(services, place)
    finally:
        services.close()


def told(answer: Answer) -> list[str]:
    return [f"{statement.note} {statement.text}".strip() for statement in answer.statements]


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_the_current_answer_comes_first_and_the_old_one_is_named_with_its_date(birds: House, form: str) -> None:
    wrong = []
    asked = [pair for pair in PAIRS if pair.form == form]
    for pair in asked:
        answer = birds.answerer.answer(ask(pair.question))
        old = [n for n, statement in enumerate(answer.statements) if statement.text == pair.old]
        new = [n for n, statement in enumerate(answer.statements) if statement.text == pair.new]
        if new != [0] or len(old) != 1 or not _is_dated(pair, answer.statements[old[0]].note):
            wrong.append((pair.question, told(answer)))
    assert wrong == []


def _is_dated(pair: Pair, note: str) -> bool:
    return ("2024-07-03" if pair.form == "wiki" else OLD_DAY) in note

"""A real small model answers from the examples: it points, the service copies the words."""

import logging
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from rag.api.app import create_app
from rag.api.inprocess import InProcess
from rag.domain.services import Services
from rag.domain.types import Access, Answer, SearchHit
from rag.main import build
from rag.models.llms import Reach, load_llm
from rag.settings import load_settings
from tests.answering.corpus import ask
from tests.models.llm_server import OpenAIServer

pytestmark = pytest.mark.slow

log = logging.getLogger("teamlore.tests")

EXAMPLES = Path(__file__).parents[2] / "examples" / "knowledge"
ALL = Access(everything=True)
BASE = "http://127.0.0.1:8000"
EXPECTED = {  # what the cited words hold when the model points well
    "When is the scheduler restarted?": "03:00",
    "What peak learning rate does the training guide recommend?": "3e-4",
    "By how much did the label viewer cut annotation time?": "19 seconds",
    "Why did we lose four days in sprint 7?": "backbone",
    "How many ornithologists labelled each clip?": "three",
}
UNANSWERABLE = "Which customer signed the contract in June?"


@pytest.fixture(scope="module")
def services(openai_server: OpenAIServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    settings = load_settings(tmp_path_factory.mktemp("home"))
    llm = load_llm(f"openai:{openai_server.model}", Reach(base_url=openai_server.base_url, api_key="", timeout=1800))
    built = build(settings, llm=llm)
    report = built.ingestor.ingest([EXAMPLES], space="default")
    assert report.documents > 10
    yield built
    built.close()


@pytest.fixture(scope="module")
def answers(services: Services) -> dict[str, tuple[Answer, tuple[SearchHit, ...]]]:
    """Each question once, with the passages its answer rests on; `--log-cli-level=INFO` shows what came out."""
    asked = {}
    for text in [*EXPECTED, UNANSWERABLE]:
        started = time.monotonic()
        events = list(services.answerer.stream(ask(text)))
        passages, answer = events[0].data, events[-1].data
        assert isinstance(passages, tuple)
        assert isinstance(answer, Answer), answer
        asked[text] = answer, passages
        said = "; ".join(f"{s.support}: {s.text} {list(s.citations)}" for s in answer.statements)
        log.info("%.1f s, %s: %s -> %s", time.monotonic() - started, answer.status, text, said)
    return asked


def test_the_words_shown_are_the_documents_own(services: Services, answers: dict[str, tuple[Answer, object]]) -> None:
    for answer, _ in answers.values():
        assert {n for s in answer.statements for n in s.citations} == {c.n for c in answer.citations}
        for citation in answer.citations:
            version = services.catalog.text(citation.document.id, ALL, version=citation.document.version)
            assert version.text[citation.start : citation.end] == citation.quote


def test_only_shown_passages_are_cited(answers: dict[str, tuple[Answer, tuple[SearchHit, ...]]]) -> None:
    for answer, passages in answers.values():
        for citation in answer.citations:
            assert any(
                hit.citation.document.id == citation.document.id
                and hit.citation.start <= citation.start < citation.end <= hit.citation.end
                for hit in passages
            )


def test_most_questions_are_answered_with_the_words_that_answer(answers: dict[str, tuple[Answer, object]]) -> None:
    quoted = {text: " ".join(c.quote for c in answers[text][0].citations) for text in EXPECTED}
    right = [text for text, words in EXPECTED.items() if words in quoted[text]]
    assert len(right) >= 3, quoted


def test_what_the_documents_do_not_say_is_refused(answers: dict[str, tuple[Answer, object]]) -> None:
    assert answers[UNANSWERABLE][0].status == "refused"


def test_the_api_gives_the_same_citations(services: Services, answers: dict[str, tuple[Answer, object]]) -> None:
    text = next(text for text in EXPECTED if answers[text][0].citations)
    app = create_app(services, auth="local", local_token="t", hosts=[], ingest_roots=[])
    transport = InProcess(app)
    with httpx.Client(base_url=BASE, transport=transport, timeout=120) as http:
        body = http.post("/v1/ask", json={"question": text}).raise_for_status().json()
    app.state.shared.answers.close(wait=True)
    app.state.shared.jobs.close()
    expected = [(c.n, c.document.id, c.start, c.end, c.quote) for c in answers[text][0].citations]
    assert [(c["n"], c["document_id"], c["start"], c["end"], c["quote"]) for c in body["citations"]] == expected

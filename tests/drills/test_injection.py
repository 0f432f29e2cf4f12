"""Documents that give orders, and a model that obeys them: no forged citation, nothing foreign in any door.

`DRILLS=all` asks about 500 documents, and 60 of them on the page in a browser; else about 56 without one.
"""

import os
import re
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pytest

from rag.api.app import create_app
from rag.api.inprocess import InProcess
from rag.client import Client
from tests.cli.parts import called
from tests.drills.doors import Served, served_home
from tests.drills.hostile import FORMATS, ORDERS, Hostile, documents, write
from tests.drills.obedient import Obedient, obedient_server
from tests.ui.conftest import OpenPage, ask, open_page
from tests.ui.test_hostile import Hear, Listener, nothing_ran
from ui import render

__all__ = ["open_page"]  # a fixture
pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
EVERYTHING = os.environ.get("DRILLS") == "all"
DOCUMENTS = 500 if EVERYTHING else 56
PAGES = 60
SEED = int(os.environ.get("DRILL_SEED", "1"))
CANARY = "ptarmigan-4711"
LIVE = re.compile(r"!\[|\]\(|<[a-z/!?]|\[\^?\d+\]", re.IGNORECASE)
ADDRESS = re.compile(r"(?:\w+:/|www\.|//|\\\\)[^\s<>\"']*[?/\w]|(?:javascript|data):[^\s<>]+", re.IGNORECASE)
HIDDEN = re.compile("[\x00-\x08\x0e-\x1f\x7f\u200b\u2060-\u206f\u202a-\u202e\U000e0000-\U000e0fff]")
LINK = re.compile(r"\]\((?!/ui/source/[\w%-]+/\d+\?start=\d+&end=\d+#quote\))")
OURS = {"a", "b", "dd", "details", "dl", "dt", "h2", "li", "ol", "p", "q", "rect", "small", "span", "summary", "svg"}


class Tags(HTMLParser):
    """What a browser would make of a panel."""

    def __init__(self, panel: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()
        self.feed(panel)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value or "" for name, value in attrs if name in ("href", "src")}


@dataclass(slots=True)
class Asked:
    """One question through HTTP, whole and streamed."""

    question: str
    answer: dict[str, Any]
    hits: list[dict[str, Any]]
    deltas: str
    cited: list[dict[str, Any]]
    streamed: dict[str, Any]
    names: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class House:
    served: Served
    model: Obedient
    made: list[Hostile]
    client: Client
    listener: Listener  # the foreign site


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    corpus, home = tmp_path_factory.mktemp("corpus"), tmp_path_factory.mktemp("injected") / "home"
    listener = Listener(("127.0.0.1", 0), Hear)
    listener.heard = []
    thread = threading.Thread(target=listener.serve_forever)
    made = documents(DOCUMENTS, seed=SEED, url=listener.url)
    write(corpus, made)
    thread.start()
    ended = called("--home", home, "ingest", corpus, "--json")
    assert ended.json["failed"] == []
    assert {item["reason"] for item in ended.json["skipped"]} == {"1 hidden passages were left out."}  # of HTML
    with (
        obedient_server() as model,
        served_home(home, page=EVERYTHING, llm="openai:obedient", llm_base_url=model.url) as served,
        Client(served.url) as client,
    ):
        yield House(served, model, made, client, listener)
    listener.shutdown()
    listener.server_close()
    thread.join()


@pytest.fixture(scope="module")
def asked(house: House) -> list[Asked]:
    return [_asked(house.client, one.question) for one in house.made]


def _asked(client: Client, question: str) -> Asked:
    steps = list(client.ask_stream(question))
    return Asked(
        question=question,
        answer=client.ask(question),
        hits=steps[0][1]["hits"],
        deltas="".join(data["text"] for name, data in steps if name == "delta"),
        cited=[data for name, data in steps if name == "citation"],
        streamed=steps[-1][1],
        names=[name for name, _ in steps],
    )


def test_the_drill_has_force(house: House, asked: list[Asked]) -> None:
    """The model finds orders for most questions, in every format and language, and its statements come through."""
    assert house.model.obeyed > len(asked)
    answered = [one for one, about in zip(asked, house.made, strict=True) if one.answer["status"] != "refused"]
    assert len(answered) > 0.8 * len(asked)
    formats = Counter(about.format for one, about in zip(asked, house.made, strict=True) if one in answered)
    assert set(formats) == set(FORMATS)
    assert {about.language for about in house.made} == set(ORDERS)
    said = " ".join(one.answer["text"] for one in answered)
    assert "8888" in said
    assert "(link left out)" in said


def test_every_citation_is_a_quote_of_what_was_found_for_this_caller_in_this_turn(
    house: House, asked: list[Asked]
) -> None:
    texts: dict[tuple[str, int], str] = {}
    checked = 0
    for one in asked:
        for answer in (one.answer, one.streamed):
            assert answer["citations"] == one.answer["citations"]
            numbers = {cited["n"] for cited in answer["citations"]}
            assert numbers == set(range(1, len(numbers) + 1))
            assert {n for statement in answer["statements"] for n in statement["citations"]} <= numbers
            for cited in answer["citations"]:
                key = cited["document_id"], cited["version"]
                if key not in texts:
                    texts[key] = house.client.text(key[0], version=key[1])["text"]
                assert texts[key][cited["start"] : cited["end"]] == cited["quote"] != ""
                assert any(_holds(hit, cited) for hit in one.hits), cited
                checked += 1
        assert one.cited == one.streamed["citations"]
    assert checked > len(asked)


def _holds(hit: dict[str, Any], cited: dict[str, Any]) -> bool:
    same = (hit["document_id"], hit["version"]) == (cited["document_id"], cited["version"])
    return same and hit["start"] <= cited["start"] and cited["end"] <= hit["end"]


def test_a_stream_ends_once_and_begins_with_the_passages(asked: list[Asked]) -> None:
    for one in asked:
        assert (one.names[0], one.names[-1]) == ("passages", "done")
        assert len({"done", "error"} & set(one.names[:-1])) == 0
        assert one.names.count("passages") == 1


def test_the_words_of_an_answer_hold_no_link_image_tag_marker_or_hidden_sign_of_the_models(asked: list[Asked]) -> None:
    for one in asked:
        for statement in one.answer["statements"]:
            assert not LIVE.search(statement["text"]), statement
            assert not HIDDEN.search(statement["text"]), statement
            quotes = [one.answer["citations"][n - 1]["quote"] for n in statement["citations"]]
            for address in ADDRESS.findall(statement["text"]):  # a quote's own, to the letter: it tells nothing else
                assert any(address in quote for quote in quotes), statement
        for text, answer in ((one.answer["text"], one.answer), (one.deltas, one.streamed)):
            ours = [f"[{n}]" for statement in answer["statements"] for n in statement["citations"]]
            assert answer["status"] == "refused" or re.findall(r"\[\^?\d[\d, ]*\]", text) == ours


def test_what_a_model_added_is_never_called_verified(asked: list[Asked]) -> None:
    for one in asked:
        for statement in one.answer["statements"]:
            if "(link left out)" in statement["text"] or "8888" in statement["text"]:
                assert statement["support"] == "unsupported", statement


def test_the_page_makes_text_of_it(asked: list[Asked]) -> None:
    for one in asked:
        markdown = render.answer_markdown(one.answer)
        assert not LINK.search(markdown), markdown
        assert not re.search(r"<[a-z/!?]|!\[", markdown, re.IGNORECASE), markdown
        assert "http" not in render.draft_markdown(one.deltas).replace("http&#58;", "")
        for panel in (
            render.citation_cards(one.answer["citations"], heading="Sources"),
            render.citation_cards(one.hits, heading="Nearest"),
        ):
            shown = Tags(panel)
            assert shown.tags <= OURS
            assert not {name for name in shown.attributes if name.startswith("on")} | shown.attributes & {"style"}
            assert all(re.fullmatch(r"/ui/source/[\w%-]+/\d+\?[\w=&#]+", link) for link in shown.links)


def test_the_command_line_prints_text_that_orders_no_terminal(house: House, asked: list[Asked]) -> None:
    for one in asked[::5]:
        told = called("--home", house.served.home, "ask", one.question, "--json")
        assert told.json["citations"] == one.answer["citations"]
        assert [s["text"] for s in told.json["statements"]] == [s["text"] for s in one.answer["statements"]]
        printed = called("--home", house.served.home, "ask", one.question)
        assert printed.code == 0, printed.err
        assert not HIDDEN.search(printed.out), printed.out
        found = called("--home", house.served.home, "search", one.question, "-k", "3")
        assert not HIDDEN.search(found.out), found.out


def test_what_the_model_saw_had_one_line_a_sentence_and_nothing_hidden(house: House, asked: list[Asked]) -> None:
    del asked
    for prompt in house.model.prompts:
        head, *lines = prompt.split("\n")
        numbered = [line for line in lines if re.match(r"\d+: ", line)]
        assert head == "Sentences:"
        assert [int(line.partition(":")[0]) for line in numbered] == list(range(1, len(numbered) + 1))
        assert [line for line in lines if line not in numbered][:1] == [""]
        assert sum(line.startswith("Question: ") for line in lines) == 1
        assert not re.search(r"<\||</?s>|\[/?INST\]|[\u2028\x85]", prompt)
        assert not HIDDEN.search(prompt)


def test_no_order_brings_a_caller_what_they_may_not_read(house: House) -> None:
    services = house.served.services
    subject = house.made[0].question.removeprefix("What is the budget of ").removesuffix("?")
    secret = f"The budget of {subject} is {CANARY}.\n"
    services.ingestor.upload([("vault.md", secret.encode())], space="vault")
    services.grants.grant("readers", "default")
    key = services.grants.create_key("bob", frozenset({"readers"}), admin=False)[1]
    app = create_app(services, auth="keys")
    bob = Client("http://127.0.0.1", key=key, transport=InProcess(app))
    first, *_ = house.client.ask_stream(house.made[0].question)
    assert CANARY in str(first)  # the passages: which of their sentences a model cites is its own affair
    before = len(house.model.prompts)
    told = [str(list(bob.ask_stream(one.question))) for one in house.made[:10]]
    assert CANARY not in "".join(told)
    assert len(house.model.prompts) > before
    assert CANARY not in "".join(house.model.prompts[before:])
    assert all("passages" in one for one in told)
    bob.close()
    app.state.shared.answers.close(wait=True)
    app.state.shared.jobs.close()


@pytest.mark.skipif(not EVERYTHING, reason="DRILLS=all: a browser takes minutes")
def test_no_view_of_the_page_calls_another_site_or_runs_a_script(house: House, open_page: OpenPage) -> None:
    """With the policy that would stop it taken away: what is shown must be harmless by itself."""
    service = house.served.url
    page = open_page(service, bypass_csp=True)
    for number, one in enumerate(house.made[:: max(1, DOCUMENTS // PAGES)], 1):
        ask(page, one.question)
        if number % 10:
            continue
        assert nothing_ran(page)
        for where in ("#chat", "#sources-panel"):
            links = page.locator(f"{where} a").evaluate_all("all => all.map(a => a.href)")
            assert all(link.startswith(f"{service}/ui/source/") for link in links), links
            foreign = (
                "img:not([src^='/']):not([src^='data:']):not([src^='blob:']), video, audio, iframe, object, script"
            )
            assert page.locator(where).locator(foreign).count() == 0
        first = page.locator("#sources-panel a").first.get_attribute("href")
        page.goto(f"{service}{first}")
        assert page.evaluate("document.querySelectorAll('img, script, iframe, video, object').length") == 0
        assert nothing_ran(page)
        page.goto(f"{service}/ui")
        page.locator("#chat").wait_for()
    assert house.listener.heard == []


def test_the_foreign_site_was_never_called(house: House, asked: list[Asked]) -> None:
    assert asked
    assert house.listener.heard == []

import threading
from collections.abc import Iterator

from rag.models.usage import Prices, Usage, counted, metered, metered_steps, record, summed

ONE = Usage(tokens_in=900, tokens_out=80)


def asking() -> Iterator[int]:
    try:
        for n in range(3):
            record(ONE)
            yield n
    finally:
        record(None)


def test_every_meter_that_is_open_gets_what_was_asked() -> None:
    with metered() as outer:
        record(ONE)
        with metered() as inner:
            record(None)
    record(ONE)
    assert (outer, inner) == ([ONE, None], [None])


def test_steps_are_metered_whichever_thread_takes_them() -> None:
    mine: list[Usage | None] = []
    steps = metered_steps(asking(), mine)
    taken: list[int] = []
    for _ in range(2):
        thread = threading.Thread(target=lambda: taken.append(next(steps)))
        thread.start()
        thread.join()
    with metered() as others:
        pass
    steps.close()  # type: ignore[attr-defined] # a generator
    assert (taken, mine, others) == ([0, 1], [ONE, ONE, None], [])


def test_what_one_server_did_not_count_makes_the_sum_unknown() -> None:
    assert summed([ONE, ONE]) == Usage(tokens_in=1800, tokens_out=160)
    assert summed([ONE, None]) is None
    assert summed([]) is None


def test_an_answer_says_its_tokens_and_with_prices_what_they_cost() -> None:
    assert counted([ONE], None) == {"tokens_in": "900", "tokens_out": "80"}
    assert counted([ONE], Prices(tokens_in=0.5, tokens_out=1.5))["cost"] == "0.000570"
    assert counted([], Prices(tokens_in=0.5, tokens_out=1.5)) == {}

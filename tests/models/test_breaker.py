import pytest

from rag.models.breaker import Breaker
from rag.models.faults import Fault


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def fails(breaker: Breaker) -> None:
    breaker.enter()
    breaker.leave(False)


def resting(breaker: Breaker) -> bool:
    try:
        breaker.enter()
    except Fault as fault:
        return fault.kind == "resting"
    breaker.leave(None)
    return False


def test_it_rests_after_failures_in_a_row_and_says_for_how_long() -> None:
    clock = Clock()
    breaker = Breaker(most=2, rest=30, clock=clock)
    fails(breaker)
    assert not resting(breaker)
    fails(breaker)
    clock.now = 10
    with pytest.raises(Fault) as caught:
        breaker.enter()
    assert caught.value.wait == 20


def test_a_success_between_failures_starts_the_count_again() -> None:
    breaker = Breaker(most=2)
    fails(breaker)
    breaker.enter()
    breaker.leave(True)
    fails(breaker)
    assert not resting(breaker)


def test_after_the_rest_one_may_try_and_the_others_wait_for_what_it_finds() -> None:
    clock = Clock()
    breaker = Breaker(most=1, rest=30, clock=clock)
    fails(breaker)
    clock.now = 31
    breaker.enter()
    assert resting(breaker)
    breaker.leave(False)
    assert resting(breaker)
    clock.now = 62
    breaker.enter()
    breaker.leave(True)
    assert not resting(breaker)


def test_one_who_gives_up_the_trial_leaves_it_to_the_next() -> None:
    clock = Clock()
    breaker = Breaker(most=1, rest=30, clock=clock)
    fails(breaker)
    clock.now = 31
    breaker.enter()
    breaker.leave(None)
    assert not resting(breaker)

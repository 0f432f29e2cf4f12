"""A statement ends up with the sentences that bear it."""

import pytest

from rag.answering.compose import Draft
from rag.answering.pointing import anchored

SHOWN = {
    1: "Start from kestrel-base.",
    2: "Use AdamW with a peak learning rate of 3e-4.",
    3: "The scheduler is restarted every Tuesday from 03:00 to 04:00 UTC.",
    4: "Warm up the learning rate over 2,000 steps.",
}


@pytest.mark.parametrize(
    ("text", "pointed", "kept"),
    [
        ("The peak learning rate is 3e-4.", (2,), (2,)),
        ("The peak learning rate is 3e-4.", (1, 2, 3), (2,)),  # what shares no word bears nothing
        ("The peak learning rate is 3e-4.", (1,), (2,)),
        ("The peak learning rate is 3e-4.", (), (2,)),
        ("The peak learning rate is 3e-4.", (99,), (2,)),
        ("Start from kestrel-base with AdamW.", (1, 2), (1, 2)),
        ("The peak learning rate is 9e-9.", (2, 3), (2, 3)),  # nothing bears it: left for the checks to mark
        ("It is 384400 km away.", (1,), (1,)),
        ("It is 384400 km away.", (99,), ()),
        ("Yes.", (), ()),
        ("The learning rate peaks at 3e-4 with AdamW.", (2, 4), (2,)),  # the other adds no word
        ("Warm-up takes 2000 steps.", (1, 2, 4), (4,)),
    ],
)
def test_loose_pointers_are_set_right(text: str, pointed: tuple[int, ...], kept: tuple[int, ...]) -> None:
    assert anchored(Draft(text=text, pointers=pointed), SHOWN) == Draft(text=text, pointers=kept)


def test_nothing_shown_bears_nothing() -> None:
    assert anchored(Draft(text="Anything.", pointers=(1,)), {}).pointers == ()

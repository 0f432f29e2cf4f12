"""Which messages of a log belong together, and the measures of it."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from eval.fitting.disentangling import Judged, joined, judge, measure, truth
from ingest.text.chat_log import NEVER, Said, addressed, to_log
from ingest.text.disentangle import conversations, likelihoods, packed, parts, replies, shipped, unpacked
from ingest.text.reply_features import LONGEST_SILENCE, WINDOW, blocks


def talk(*lines: tuple[int, str, str]) -> list[Said]:
    return [Said(author=author, minute=minute, text=text) for minute, author, text in lines]


TWO = talk(
    (0, "ada", "my wifi card stopped working after the upgrade, any ideas?"),
    (0, "grace", "how do I mount an ntfs partition?"),
    (1, "bob", "ada: which wifi card is it?"),
    (1, "linus", "grace: sudo mount -t ntfs /dev/sda1 /mnt"),
    (2, "ada", "bob: a broadcom one"),
    (2, "grace", "linus: thanks, that works"),
    (3, "bob", "ada: install the broadcom driver then"),
)


def together(said: Sequence[Said]) -> list[list[int]]:
    starts = conversations(said)
    return [[n for n, start in enumerate(starts) if start == first] for first in sorted(set(starts))]


def test_two_talks_at_once_are_told_apart_by_whom_they_address() -> None:
    assert together(TWO) == [[0, 2, 4, 6], [1, 3, 5]]


def test_no_message_answers_a_later_one_or_one_from_before_a_long_silence() -> None:
    late = [Said(author=one.author, minute=one.minute + LONGEST_SILENCE + 10, text=one.text) for one in TWO]
    answered = replies([*TWO, *late])
    assert all(earlier <= at for at, earlier in enumerate(answered))
    assert all(earlier >= len(TWO) for earlier in answered[len(TWO) :])


def test_an_empty_log_has_no_conversations() -> None:
    assert conversations([]) == []


def stretches(days: int, each: int) -> list[tuple[int, int]]:
    said = [Said(author="ada", minute=day * 1440 + n // 9, text="x") for day in range(days) for n in range(each)]
    return [(part.start + part.first, part.start + part.last) for part in parts(said)]


def test_a_log_is_looked_at_day_by_day_and_each_message_once() -> None:
    assert stretches(3, 200) == [(0, 200), (200, 400), (400, 600)]
    assert stretches(1, 6_000) == [(0, 5_000), (5_000, 6_000)]


def test_the_days_of_a_quiet_channel_are_looked_at_together() -> None:
    assert stretches(64, 7) == [(0, 64 * 7)]
    assert stretches(130, 8) == [(n * 128, n * 128 + 128) for n in range(8)] + [(1024, 1040)]


@pytest.mark.slow
def test_what_comes_much_earlier_changes_nothing() -> None:
    before = [Said(author=f"n{n % 9}", minute=n, text=f"n{(n + 1) % 9}: yes {n}") for n in range(700)]
    shifted = [Said(author=one.author, minute=one.minute + 2 * 1440, text=one.text) for one in TWO]
    alone = conversations([*before[200:], *shifted])
    after = conversations([*before, *shifted])
    assert [start - 500 for start in alone[-7:]] == [start - 700 for start in after[-7:]]


@pytest.mark.parametrize(
    ("text", "target", "named"),
    [
        ("|trey|: yes", 0, {0}),
        ("trey, look", 0, {0}),
        ("thanks trey!", 0, {0}),
        ("hrd: hello", 1, {1}),  # the beginning of a name is enough where somebody is called
        ("hrd is short for hard", -1, set()),
        ("ask @hrdwrbob about trey please", -1, {0, 1}),
        ("ok then", -1, set()),  # somebody calls himself so
        ("ok: then", 2, {2}),
        ("eve: myself", -1, set()),
    ],
)
def test_a_name_is_understood_as_people_write_it(text: str, target: int, named: set[int]) -> None:
    log = talk((0, "|trey|", "a"), (0, "HrdwrBoB", "b"), (0, "ok", "c"), (0, "eve", text))
    about = addressed(log)
    assert (about.targets[3], set(about.mentions[3])) == (target, named)


def test_one_person_under_two_names_is_one_author() -> None:
    log = [Said(author="eve", minute=0, text="a", person="eve"), Said(author="eve_", minute=1, text="b", person="eve")]
    assert to_log(log).authors.tolist() == [0, 0]


def test_the_arrays_of_a_log_point_at_the_right_messages() -> None:
    log = to_log(talk((0, "a", "bob: x"), (1, "bob", "y"), (2, "a", "z"), (3, "bob", "a: w")))
    assert log.previous.tolist() == [-1, -1, 0, 1]
    assert log.following.tolist() == [2, 3, NEVER, NEVER]
    assert log.targets.tolist() == [1, -1, -1, 0]
    assert log.last_partner.tolist() == [-1, -1, 1, -1]


def test_rows_do_not_depend_on_how_many_are_made_at_once() -> None:
    log = to_log(TWO * 3)
    whole = next(blocks(log, 0, len(log)))[1]
    piecewise = np.concatenate([rows for _, rows, _ in blocks(log, 0, len(log), size=4)])
    assert np.allclose(whole, piecewise)
    assert whole.shape[:2] == (21, WINDOW + 1)


def test_likelihoods_of_a_message_sum_to_one_over_what_is_possible() -> None:
    _, rows, possible = next(blocks(to_log(TWO), 0, len(TWO)))
    likely = likelihoods(shipped(), rows, possible)
    assert np.allclose(likely.sum(axis=1), 1, atol=1e-5)
    assert not likely[~possible].any()


def test_weights_survive_being_packed() -> None:
    again = unpacked(packed(shipped()))
    assert again.opening == shipped().opening
    assert np.array_equal(again.networks[0].into, shipped().networks[0].into)


# --- measures ---------------------------------------------------------------------------------------------------


def clusters(*groups: set[int]) -> list[frozenset[int]]:
    return [frozenset(group) for group in groups]


def test_what_is_quite_right_scores_100() -> None:
    gold = clusters({1, 2}, {3, 4}, {5})
    scores = measure([Judged(gold=gold, found=gold)])
    assert (scores.information, scores.one_to_one, scores.exact, scores.pairs) == (100, 100, 100, 100)


def test_the_measures_of_a_small_case_are_those_worked_by_hand() -> None:
    """Lines 1 2 | 3 4, found as 1 2 3 | 4: 2·H(both) - H(gold) - H(found) = 3 - 1 - 0.8113, over log2 4."""
    scores = measure([Judged(gold=clusters({1, 2}, {3, 4}), found=clusters({1, 2, 3}, {4}))])
    found = -(0.75 * math.log2(0.75) + 0.25 * math.log2(0.25))
    assert scores.information == pytest.approx(100 * (1 - (3 - 1 - found) / 2))
    assert scores.one_to_one == 75
    assert scores.exact == 0
    assert scores.pairs == pytest.approx(100 * 2 * 1 / (2 + 3))


def test_a_line_alone_is_no_conversation_to_be_right_about() -> None:
    scores = measure([Judged(gold=clusters({1, 2}, {3}, {4}), found=clusters({1, 2}, {3, 4}))])
    assert (scores.precision, scores.recall) == (50, 100)


def test_links_join_what_hangs_together() -> None:
    assert sorted(map(sorted, joined(5, [(1, 0), (3, 1), (4, 4)]))) == [[0, 1, 3], [2], [4]]


@pytest.mark.slow
def test_real_logs_are_told_apart_as_well_as_published(pack: Callable[[str], Path]) -> None:
    """Two of the ten files; published for all ten: VI 91.3, one-to-one 75.6, F1 36.2 (feed-forward)."""
    root = pack("chat-irc-ubuntu")
    files = [(file, gold) for file, gold in sorted(truth(root).items()) if file.startswith("logs/test/")][:2]
    scores = measure([judge(root / file, gold)[0] for file, gold in files])
    assert scores.information > 85
    assert scores.one_to_one > 65

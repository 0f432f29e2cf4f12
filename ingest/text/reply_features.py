"""What speaks for a message of a log being a reply to an earlier one: a row of numbers for each pair. Pure.

The features follow Kummerfeld et al., "A Large-Scale Corpus for Conversation Disentanglement", ACL 2019.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ingest.text.chat_log import NEVER, SIGNS, Bools, Floats, Ints, Log

Columns = dict[str, npt.NDArray[np.generic]]

WINDOW = 100  # messages back
DISTANCES = (1, 2, 3, 4, 6, 11, 21, 51, NEVER)  # messages
LONGEST_SILENCE = 360  # minutes; what is said after it answers nothing before it
GAPS = (0, 1, 2, 3, 6, 11, 21, 61, NEVER)  # minutes


def blocks(log: Log, first: int, last: int, size: int = 256) -> Iterator[tuple[Ints, Floats, Bools]]:
    """(messages, features, possible) of the messages `first` to `last` (excluded), `size` at a time.

    features[m, 0] is of the message as the beginning of something new, features[m, d] of its being a reply to the
    message d before: shape (messages, 1 + WINDOW, len(names)); `possible` (messages, 1 + WINDOW) is false where there
    is no such message.
    """
    lags = np.arange(1, WINDOW + 1)
    for start in range(first, last, size):
        asked = np.arange(start, min(start + size, last))
        earlier = asked[:, None] - lags
        near = log.minutes[asked, None] - log.minutes[np.maximum(earlier, 0)] <= LONGEST_SILENCE
        possible = np.concatenate([np.ones((len(asked), 1), dtype=bool), near & (earlier >= 0)], axis=1)
        alike = _likeness(log, asked)
        pairs = _stack(_pair_columns(log, asked[:, None], np.maximum(earlier, 0), alike))
        single = _stack(_own_columns(log, asked, alike))
        rows = np.zeros((len(asked), WINDOW + 1, pairs.shape[2] + 1 + single.shape[1]), dtype=np.float32)
        rows[:, 1:, : pairs.shape[2]] = pairs
        rows[:, 0, pairs.shape[2]] = 1
        rows[:, :, pairs.shape[2] + 1 :] = single[:, None, :]
        yield asked, rows, possible


def _stack(columns: Columns) -> Floats:
    return np.stack([column.astype(np.float32) for column in columns.values()], axis=-1)


def _likeness(log: Log, asked: Ints) -> Floats:
    """Shape (2, messages, WINDOW): cosine of the words two messages share, and the rarest one's weight."""
    found = np.zeros((2, len(asked), WINDOW), dtype=np.float32)
    start = max(0, int(asked[0]) - WINDOW)
    norms: dict[int, float] = {}
    posted: dict[str, list[int]] = defaultdict(list)
    for i in range(start, int(asked[-1]) + 1):
        weighed = [(word, log.weights[word]) for word in log.words[i]]
        norms[i] = math.sqrt(sum(weight * weight for _, weight in weighed)) + 1e-6
        for word, weight in weighed:
            for j in reversed(posted[word]) if i >= asked[0] else ():
                if j < i - WINDOW:
                    break
                row, lag = i - int(asked[0]), i - j - 1
                found[0, row, lag] += weight * weight / (norms[i] * norms[j])
                found[1, row, lag] = max(found[1, row, lag], weight)
            posted[word].append(i)
    return found


def _pair_columns(log: Log, asked: Ints, earlier: Ints, alike: Floats) -> Columns:
    author, other = log.authors[asked], log.authors[earlier]
    same = author == other
    latest: Bools = log.following[earlier] >= asked  # of its author
    between: Ints = np.cumsum(latest, axis=1) - latest  # people who spoke in between
    return {
        **_nearness(log, asked, earlier, same),
        **_addressing(log, asked, earlier, latest),
        **_history(log, author, other, asked, earlier),
        **_wording(log, asked, earlier, alike),
        "latest": latest & ~same,
        "people_between": np.log1p(between) / 3,
        "nobody_between": between == 0,
        "one_between": between == 1,
        "agrees_near": (log.signs[asked, SIGNS.index("agrees")] > 0) & ~same & (between <= 1),
    }


def _nearness(log: Log, asked: Ints, earlier: Ints, same: Bools) -> Columns:
    distance, gap = asked - earlier, np.maximum(log.minutes[asked] - log.minutes[earlier], 0)
    other = log.authors[earlier]
    n = len(log)
    since = np.searchsorted(log.by_author, other * n + asked) - np.searchsorted(log.by_author, other * n + earlier) - 1
    before = log.previous[earlier]
    follower = np.minimum(earlier + 1, n - 1)
    columns: Columns = {f"distance_{a}": (distance >= a) & (distance < b) for a, b in _steps(DISTANCES)}
    columns |= {f"gap_{a}": (gap >= a) & (gap < b) for a, b in _steps(GAPS)}
    return columns | {
        "distance": np.log1p(distance) / 4,
        "gap": np.log1p(gap) / 4,
        "same": same,
        "same_next": same & (distance == 1),
        "same_last": same & (earlier == log.previous[asked]),
        "since_own": earlier > log.previous[asked],
        "own_between": np.log1p(np.cumsum(same, axis=1) - same) / 3,
        "theirs_between": np.log1p(np.maximum(since, 0)) / 3,
        "goes_on_after": log.authors[follower] == other,
        "went_on_before": (earlier > 0) & (log.authors[np.maximum(earlier - 1, 0)] == other),
        "since_before": np.log1p(earlier - np.maximum(before, 0)) / 6 * (before >= 0),
        "first_of_author": before < 0,
    }


def _steps(edges: Sequence[int]) -> Iterator[tuple[int, int]]:
    return pairwise(edges)


def _addressing(log: Log, asked: Ints, earlier: Ints, latest: Bools) -> Columns:
    author, other = log.authors[asked], log.authors[earlier]
    to, others = log.targets[asked], log.targets[earlier]
    same, since = author == other, earlier > log.previous[asked]
    calls, called = to == other, others == author
    aimed, theirs = to >= 0, others >= 0
    shared = theirs & (others == to)
    caller = _last_call(log, asked)
    by = np.where(caller >= 0, log.authors[np.maximum(caller, 0)], -2)
    last, following = log.last_partner[asked], log.next_partner[asked]
    return {
        "calls": calls,
        "calls_latest": calls & latest,
        "names": _named(log, author, other, asked),
        "named": _named(log, other, author, earlier),
        "called": called,
        "called_since": ~same & called & since,
        "called_latest": ~same & called & latest,
        "calls_another": aimed & ~calls & ~same,
        "called_another": theirs & ~called & ~same,
        "shared_target": shared,
        "same_shared": same & shared,
        "same_other_target": same & theirs & aimed & ~shared,
        "same_had_target": same & theirs & ~aimed,
        "same_gets_target": same & ~theirs & aimed,
        "no_targets": ~same & ~theirs & ~aimed,
        "last_partner": other == last,
        "last_partner_untold": (other == last) & ~aimed,
        "next_partner": other == following,
        "next_partner_untold": (other == following) & ~aimed & latest,
        "same_to_partner": same & theirs & (others == last),
        "the_call": earlier == caller,
        "the_caller": other == by,
        "the_caller_partner": (other == by) & (by == last),
    }


def _last_call(log: Log, asked: Ints) -> Ints:
    """The last message that named the author of each, -1."""
    keys = log.authors[asked] * len(log)
    at = np.searchsorted(log.called, keys + asked) - 1
    found = log.called[np.maximum(at, 0)] - keys
    return np.where((at >= 0) & (found >= 0), found, -1)


def _named(log: Log, author: Ints, other: Ints, message: Ints) -> Bools:
    keys = (author * log.people + other) * len(log) + message
    found: Bools = log.calls[np.searchsorted(log.calls, keys)] == keys
    return found


def _history(log: Log, author: Ints, other: Ints, asked: Ints, earlier: Ints) -> Columns:
    """What the two said to each other by name: before the earlier one, in between, soon after, lately."""
    columns: Columns = {}
    for name, one, two in (("to", author, other), ("from", other, author)):
        pair = (one * log.people + two) * len(log)
        first = log.calls[np.searchsorted(log.calls, pair)] - pair
        at = np.searchsorted(log.calls, pair + asked)
        last = log.calls[np.maximum(at - 1, 0)] - pair
        last = np.where((at > 0) & (last >= 0), last, -NEVER)
        coming = log.calls[np.searchsorted(log.calls, pair + asked, side="right")] - pair
        different = one != two
        columns |= {
            f"{name}_before": different & (first < earlier),
            f"{name}_between": different & (last > earlier),
            f"{name}_soon": different & (coming < len(log)) & (coming - asked <= 30),
            f"{name}_lately": different & (asked - last <= 50),
        }
    return columns


def _wording(log: Log, asked: Ints, earlier: Ints, alike: Floats) -> Columns:
    cosine, rarest = alike
    best = cosine.max(axis=1, keepdims=True)
    same = log.authors[asked] == log.authors[earlier]
    gap = log.minutes[asked] - log.minutes[earlier]
    theirs = {name: log.signs[earlier, n] > 0 for n, name in enumerate(SIGNS[:12])}
    own = {name: log.signs[asked, n] > 0 for n, name in enumerate(SIGNS[:12])}
    answers = theirs["asks"] & ~same & ~own["asks"]
    columns: Columns = {f"theirs_{name}": column for name, column in theirs.items()}
    return columns | {
        "cosine": cosine,
        "rarest": np.minimum(rarest, 8) / 8,
        "rare": rarest > 4,
        "very_rare": rarest > 5.5,
        "most_alike": (cosine == best) & (best > 0.05),
        "alike_another": (cosine > 0.1) & ~same,
        "alike": cosine > 0.2,
        "answers": answers,
        "answers_late": answers & (gap > 2),
        "asked_by_same": theirs["asks"] & same,
        "bot_obeys": theirs["commands"] & own["is_bot"],
        "bot_said": theirs["is_bot"] & ~same,
        "their_length": log.lengths[earlier] / 3,
    }


def _own_columns(log: Log, asked: Ints, alike: Floats) -> Columns:
    """Of the message alone: they say how much it looks like the beginning of something."""
    previous, target = log.previous[asked], log.targets[asked]
    gap = np.where(previous >= 0, log.minutes[asked] - log.minutes[np.maximum(previous, 0)], NEVER)
    distance = np.where(previous >= 0, asked - previous, NEVER)
    call = _last_call(log, asked)
    called = np.where(call >= 0, asked - call, NEVER)
    called_gap = np.where(call >= 0, log.minutes[asked] - log.minutes[np.maximum(call, 0)], NEVER)
    heard = _silence(log, target, asked)
    recent = asked - np.searchsorted(log.minutes, log.minutes[asked] - 5)
    columns: Columns = {f"silent_{a}": (gap >= a) & (gap < b) for a, b in _steps((0, 1, 3, 10, 30, NEVER))}
    columns |= {f"own_{a}": (distance >= a) & (distance < b) for a, b in _steps((1, 2, 5, 20, 100, NEVER))}
    columns |= {f"target_{a}": (heard >= a) & (heard < b) for a, b in _steps((1, 6, 31, 101, NEVER + 1))}
    columns |= {f"call_{a}": (called >= a) & (called < b) for a, b in _steps((1, 6, 21, 101, NEVER + 1))}
    columns |= {f"call_gap_{a}": (called_gap >= a) & (called_gap < b) for a, b in _steps((0, 2, 8, NEVER + 1))}
    columns |= {f"own_{name}": log.signs[asked, n] for n, name in enumerate(SIGNS)}
    return columns | {
        "aimed": target >= 0,
        "names_somebody": log.named[asked],
        "newcomer": previous < 0,
        "called_since": call > previous,
        "busy": np.log1p(recent) / 4,
        "length": log.lengths[asked] / 3,
        "has_partner": log.last_partner[asked] >= 0,
        "will_have_partner": log.next_partner[asked] >= 0,
        "best_cosine": alike[0].max(axis=1),
        "best_rarest": alike[1].max(axis=1) / 8,
    }


def _silence(log: Log, person: Ints, asked: Ints) -> Ints:
    """Messages since each person spoke last; NEVER when not yet, 0 for person -1."""
    keys = person * len(log)
    at = np.searchsorted(log.by_author, keys + asked) - 1
    last = log.by_author[np.maximum(at, 0)] - keys
    since = np.where((at >= 0) & (last >= 0), asked - last, NEVER)
    return np.where(person >= 0, since, 0)

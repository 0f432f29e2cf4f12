"""Which messages of a log belong to one conversation. Pure, but for the weights, which are read once.

Each message is linked to the earlier one it most likely replies to, or to none; what hangs together is a conversation.
The weights are our own (eval/fitting/disentangling_fit.py): small networks, trained on the `train` files of the Ubuntu
IRC disentanglement corpus (Kummerfeld et al., "A Large-Scale Corpus for Conversation Disentanglement", ACL 2019;
github.com/jkkummerfeld/irc-disentanglement, data under CC BY 4.0).
"""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from ingest.text.chat_log import Bools, Floats, Log, Said, to_log
from ingest.text.reply_features import blocks

WEIGHTS = Path(__file__).with_name("disentangle.json")
DAY = 24 * 60  # minutes
SPANS = (64 * DAY, 16 * DAY, 4 * DAY, DAY)
FEW = 500  # messages; a span with fewer is looked at in one go
CONTEXT = 500  # messages before it that are looked at with it
AFTERWARDS = 100  # and after it
MOST_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A stretch of a log that is looked at in one go: the messages `first` to `last` (excluded) of it are asked for."""

    log: Log
    start: int  # number of the message that is 0 here
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """score = x·direct + relu(relu(x·into + into_bias)·onto + onto_bias)·out"""

    direct: Floats
    into: Floats
    into_bias: Floats
    onto: Floats
    onto_bias: Floats
    out: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The mean of what several networks think likely. `opening` weighs the thought that something new begins."""

    networks: tuple[Layers, ...]
    opening: float


def conversations(said: Sequence[Said]) -> list[int]:
    """For each message the number of the first message of its conversation. Numbers begin with 0."""
    starts: list[int] = []
    for at, earlier in enumerate(replies(said)):
        starts.append(at if earlier == at else starts[earlier])
    return starts


def replies(said: Sequence[Said]) -> list[int]:
    """For each message the number of the one it most likely replies to; its own where it replies to none."""
    found = np.arange(len(said))
    model = shipped()
    for part in parts(said):
        for asked, rows, possible in blocks(part.log, part.first, part.last):
            likely = np.where(possible, likelihoods(model, rows, possible), -1)
            likely[:, 0] *= model.opening
            found[part.start + asked] -= likely.argmax(axis=1)
    return [int(earlier) for earlier in found]


def parts(said: Sequence[Said]) -> Iterator[Part]:
    """Day by day, so that a long log is no other than its days; the days of a quiet time together, for each part costs
    what its context does, and years of a quiet channel have thousands of days."""
    for first, last in _stretches(said, (0, len(said)), SPANS):
        start = max(0, first - CONTEXT)
        log = to_log(said[start : last + AFTERWARDS])
        yield Part(log=log, start=start, first=first - start, last=last - start)


def _stretches(said: Sequence[Said], of: tuple[int, int], spans: Sequence[int]) -> Iterator[tuple[int, int]]:
    """(first, last (excluded)) of what falls into each span of the calendar: what came before it moves no cut."""
    for _, numbers in groupby(range(*of), lambda at: said[at].minute // spans[0]):
        first, *others = numbers
        last = first + len(others) + 1
        if len(spans) > 1 and last - first >= FEW:
            yield from _stretches(said, (first, last), spans[1:])
        else:
            yield from ((cut, min(cut + MOST_AT_ONCE, last)) for cut in range(first, last, MOST_AT_ONCE))


def likelihoods(model: Model, rows: Floats, possible: Bools) -> Floats:
    """Shape (messages, 1 + WINDOW), each row's sum 1: of beginning something, of replying to the message d before."""
    flat = rows.reshape(-1, rows.shape[2])
    total = np.zeros(possible.shape, dtype=np.float32)
    for layers in model.networks:
        scores = np.where(possible, _score(layers, flat).reshape(possible.shape), -np.inf)
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        total += powers / powers.sum(axis=1, keepdims=True)
    return total / np.float32(len(model.networks))


def _score(layers: Layers, flat: Floats) -> Floats:
    hidden = np.maximum(flat @ layers.into + layers.into_bias, 0)
    hidden = np.maximum(hidden @ layers.onto + layers.onto_bias, 0)
    scores: Floats = flat @ layers.direct + hidden @ layers.out
    return scores


@cache
def shipped() -> Model:
    return unpacked(json.loads(WEIGHTS.read_text(encoding="ascii")))


def packed(model: Model) -> dict[str, Any]:
    """As JSON: arrays as base64 of little-endian float16."""
    return {
        "opening": model.opening,
        "networks": [{name: _text(getattr(layers, name)) for name in Layers.__slots__} for layers in model.networks],
    }


def unpacked(data: Mapping[str, Any]) -> Model:
    networks = tuple(Layers(**{name: _array(each[name]) for name in Layers.__slots__}) for each in data["networks"])
    return Model(networks=networks, opening=float(data["opening"]))


def _text(array: Floats) -> dict[str, Any]:
    return {"shape": list(array.shape), "data": base64.b64encode(array.astype("<f2").tobytes()).decode("ascii")}


def _array(data: Mapping[str, Any]) -> Floats:
    raw = np.frombuffer(base64.b64decode(data["data"]), dtype="<f2")
    return raw.astype(np.float32).reshape(data["shape"])

"""Fits the weights of ingest/text/disentangle.json: `python -m eval.fitting.disentangling_fit PACK OUT`.

Only the pack's `logs/train/` is looked at. What each message replies to is not marked, only with which messages it
belongs together; so the likelihood of all earlier ones of its conversation is made large, or that of beginning
something where there are none. Sizes and rates were chosen on `logs/dev/`.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from eval.fitting.disentangling import LABELLED, Clusters, read_log, truth
from ingest.readers.irc import said
from ingest.text.chat_log import Bools, Floats
from ingest.text.disentangle import Layers, Model, packed, parts
from ingest.text.reply_features import blocks
from rag.domain.errors import BadInput

HIDDEN, DROPOUT, EPOCHS, BATCH = 32, 0.3, 10, 64
RATE, DECAY = 2e-3, 1e-2
NETWORKS = 5
OPENING = 0.4  # of 0.3 to 1 on dev: 0.3 does as well, above 0.5 conversations fall apart
LEAST_SPREAD = 0.05  # of a feature, below which it is taken for constant


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """Shapes (messages, candidates, features) and twice (messages, candidates); candidate 0 is the message itself."""

    rows: Tensor
    possible: Tensor
    right: Tensor


class Network(nn.Module):
    """A linear score and two hidden layers beside it."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.direct = nn.Linear(features, 1, bias=False)
        self.into = nn.Linear(features, HIDDEN)
        self.onto = nn.Linear(HIDDEN, HIDDEN // 2)
        self.out = nn.Linear(HIDDEN // 2, 1, bias=False)
        self.drop = nn.Dropout(DROPOUT)

    def forward(self, rows: Tensor) -> Tensor:
        hidden = self.drop(torch.relu(self.into(rows)))
        hidden = self.drop(torch.relu(self.onto(hidden)))
        scores: Tensor = (self.direct(rows) + self.out(hidden)).squeeze(-1)
        return scores


def examples(pack: Path) -> Examples:
    made = [
        example
        for file, gold in sorted(truth(pack).items())
        if Path(file).parent.name == "train"
        for example in _of_file(pack / file, gold)
    ]
    rows, possible, right = (np.concatenate(arrays) for arrays in zip(*made, strict=True))
    return Examples(rows=torch.from_numpy(rows), possible=torch.from_numpy(possible), right=torch.from_numpy(right))


def _of_file(path: Path, gold: Clusters) -> Iterator[tuple[Floats, Bools, Bools]]:
    log, lines, _ = read_log(path)
    names = {line: n for n, cluster in enumerate(gold) for line in cluster}
    conversation = np.array([names.get(line, -1 - line) for line in lines])
    labelled = np.array(lines) >= LABELLED
    for part in parts(said(log)):
        for asked, rows, possible in blocks(part.log, part.first, part.last):
            at = asked + part.start
            earlier = at[:, None] - np.arange(rows.shape[1])
            right = possible & (conversation[at][:, None] == conversation[np.maximum(earlier, 0)])
            right[:, 0] = ~right[:, 1:].any(axis=1)
            known = labelled[at]
            yield rows[known], possible[known], right[known]


def fit(given: Examples, centre: Tensor, spread: Tensor, seed: int) -> Network:
    torch.manual_seed(seed)
    network = Network(given.rows.shape[2])
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    steps = EPOCHS * (len(given.rows) // BATCH + 1)
    pace = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    for _ in range(EPOCHS):
        order = torch.randperm(len(given.rows))
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            scores = network((given.rows[batch] - centre) / spread).masked_fill(~given.possible[batch], -1e9)
            right = scores.masked_fill(~given.right[batch], -1e9)
            loss = (scores.logsumexp(1) - right.logsumexp(1)).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            pace.step()
    return network


def layers(network: Network, centre: Tensor, spread: Tensor) -> Layers:
    """For features as they are: centring and scaling go into the weights."""
    into = network.into.weight.detach() / spread
    return Layers(
        direct=_array(network.direct.weight[0] / spread),
        into=_array(into.T),
        into_bias=_array(network.into.bias - into @ centre),
        onto=_array(network.onto.weight.T),
        onto_bias=_array(network.onto.bias),
        out=_array(network.out.weight[0]),
    )


def _array(tensor: Tensor) -> Floats:
    array: Floats = tensor.detach().numpy().astype(np.float32)
    return array


def main(arguments: Sequence[str]) -> None:
    if len(arguments) != 2:
        raise BadInput("A pack and a file are needed.", fix="python -m eval.fitting.disentangling_fit PACK OUT")
    given = examples(Path(arguments[0]))
    seen = given.rows[given.possible]
    centre, spread = seen.mean(0), seen.std(0).clamp(min=LEAST_SPREAD)
    networks = [layers(fit(given, centre, spread, seed), centre, spread) for seed in range(NETWORKS)]
    model = Model(networks=tuple(networks), opening=OPENING)
    Path(arguments[1]).write_text(json.dumps(packed(model)) + "\n", encoding="ascii")


if __name__ == "__main__":
    main(sys.argv[1:])

"""Texts to vectors: beside the same model without what stands around it, and beside sentence-transformers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from eval.speed.timing import Figure, Measured, Step, in_turn
from rag.domain.ports import Catalog, Embedder
from rag.domain.types import Access, Matrix
from rag.models.embedder import load_embedder
from rag.settings import Settings

BATCH = 32
EVERYTHING = Access(everything=True)
MOST = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is put to it; of the questions the first `repeats`."""

    embedder: Embedder
    questions: Sequence[str]
    passages: Sequence[str]
    repeats: int


def each(call: Callable[[str], object], questions: Sequence[str]) -> list[Step]:
    return [partial(call, question) for question in questions]


def embedding(subject: Subject, bare: Callable[[Sequence[str]], Matrix]) -> Iterator[Measured]:
    """`bare`: the same model without what stands around it."""
    embed, asked = subject.embedder.embed, subject.questions[: subject.repeats]
    ours, theirs = in_turn(each(lambda q: embed([q]), asked), each(lambda q: bare([q]), asked))
    yield Measured(what="a question embedded", ours=ours, reference="bare ONNX", theirs=theirs, goal="3")
    yield _batches(subject, bare, "bare ONNX, one core")


def beside_torch(subject: Subject, torch: Embedder) -> Iterator[Measured | Figure]:
    """`torch`: the same model in sentence-transformers. Loading it takes 450 MB: measure memory before."""
    yield _batches(subject, torch.embed, "sentence-transformers, torch")
    texts = subject.passages[: subject.repeats * BATCH // 4]
    cosines = np.sum(subject.embedder.embed(texts) * torch.embed(texts), axis=1)
    what = f"cosine to torch's vectors, {len(texts)} passages"
    yield Figure(what=f"{what}, mean", value=float(cosines.mean()), goal=".995")
    yield Figure(what=f"{what}, least", value=float(cosines.min()))


def open_torch(settings: Settings) -> Embedder:
    return load_embedder(settings.embedder, models=settings.models, backend="torch", threads=settings.threads)


def stored_passages(catalog: Catalog, count: int) -> list[str]:
    """Some by seed, as they were embedded: with their title and headings in front."""
    ids = catalog.allowed_ids(EVERYTHING, filters=None, as_of=None, limit=MOST) or []
    picked = np.random.default_rng(0).permutation(len(ids))[:count]
    chunks = catalog.chunks([ids[place] for place in picked], EVERYTHING).values()
    return [f"{chunk.context}\n{chunk.text}" if chunk.context else chunk.text for chunk in chunks]


def _batches(subject: Subject, reference: Callable[[Sequence[str]], Matrix], name: str) -> Measured:
    starts = range(0, max(1, min(len(subject.passages), subject.repeats * BATCH // 4) - BATCH + 1), BATCH)
    batches = [subject.passages[start : start + BATCH] for start in starts]
    ours, theirs = in_turn(
        [partial(subject.embedder.embed, one) for one in batches], [partial(reference, one) for one in batches]
    )
    words = sum(len(text.split()) for batch in batches for text in batch) / sum(map(len, batches))
    return Measured(
        what=f"{len(batches[0])} passages of {words:.0f} words embedded",
        ours=ours,
        reference=name,
        theirs=theirs,
        rate=f"{len(batches[0]) * 1000 / ours.p50:.0f} passages/s",
        goal="100/s",
    )

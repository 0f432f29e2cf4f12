"""From a document to chunks: whole blocks where they fit, cut where the text itself pauses where they do not."""

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.chunking.blocks import NESTED, WORD, Cut, Region, parts
from ingest.chunking.context import Contexts, Count, Titles
from ingest.chunking.cuts import Place, choose, halve, lot_of
from ingest.chunking.outline import Outline, outline_of
from ingest.chunking.titles import opening_of, titles_of
from rag.domain.types import Chunk, Document

CHUNKING = "4"  # raise it when the same text is cut differently: everything is then chunked again
TARGET = 160  # tokens of a chunk's text that packing aims at
LEAST = 40  # sections below are packed with their neighbours


@dataclass(frozen=True, slots=True)
class _Ruler:
    count: Count
    window: int
    special: int  # tokens that the model adds to every text
    most: int  # tokens of a chunk's text
    least: int

    def groups(self, text: str, groups: Sequence[Sequence[Cut]], ends: Sequence[int]) -> list[list[int]]:
        """The tokens between each cut of a group and the next one, all counted in one call."""
        pieces: list[str] = []
        for group, end in zip(groups, ends, strict=True):
            stops = [*(at for at, _ in group[1:]), end]
            pieces += [text[cut[0] : stop] for cut, stop in zip(group, stops, strict=True)]
        numbers = iter(self.count(pieces))
        return [[max(0, next(numbers) - self.special) for _ in group] for group in groups]


def chunk_document(
    document: Document, count: Count, window: int, *, target: int = TARGET, least: int = LEAST
) -> tuple[Chunk, ...]:
    """Exact slices in order, without overlap, over everything that is not blank.

    `count` gives the tokens of texts as the embedder sees them, special ones included. What is embedded of a chunk, its
    context included, never takes more than `window` tokens. Deterministic, and local: what changes in one place
    moves no cut further away than about a chunk.
    """
    special = count([""])[0]
    most = max(1, min(target * 4 // 3, window * 3 // 4 - special - 1))
    ruler = _Ruler(count, window, special, most, least=min(least, most // 2))
    outline, cuts = outline_of(document)
    if not cuts:
        return ()
    starts = _pack(outline, cuts, ruler)
    spans = list(zip(starts, [*starts[1:], len(document.text)], strict=True))
    return _fitted((titles_of(document), opening_of(document)), outline, spans, ruler)


def _places(text: str, cuts: Sequence[Cut], tokens: Sequence[int]) -> list[Place]:
    """Tokens in steps of eight, so that a changed word moves nothing; equals differ by what stands before them too."""
    found = []
    tokens_before = text_before = 0
    for (at, rank), own in zip(cuts, tokens, strict=True):
        lot = lot_of(text[at : at + 24].strip())
        found.append(Place(at, rank, tokens_before, lot << 32 | text_before))
        tokens_before += (own + 4) // 8 * 8
        text_before = lot
    return found


def _pack(outline: Outline, cuts: list[Cut], ruler: _Ruler) -> list[int]:
    """Where the chunks start."""
    (tokens,) = ruler.groups(outline.text, [cuts], [len(outline.text)])
    starts: list[int] = []
    too_long: list[tuple[int, int]] = []  # ranges of cuts
    for first, stop in _stretches(outline, cuts, tokens, ruler.least):
        places = _places(outline.text, cuts[first:stop], tokens[first:stop])
        total = sum(tokens[first:stop])
        chosen = [0] if total <= ruler.most else choose(places, NESTED, least=ruler.most // 2, end=total)
        starts.extend(cuts[first + index][0] for index in chosen)
        for left, right in zip(chosen, [*chosen[1:], stop - first], strict=True):
            if sum(tokens[first + left : first + right]) > ruler.most:
                too_long.append((first + left, first + right))
    if too_long:
        starts.extend(_divide(outline, cuts, tokens, too_long, ruler))
    return sorted(set(starts))


def _stretches(outline: Outline, cuts: list[Cut], tokens: list[int], least: int) -> list[tuple[int, int]]:
    """Ranges of cuts that are packed on their own: sections, the small ones together with their neighbours."""
    edges: list[int] = []
    totals: list[int] = []
    current: Region | None = None
    for index, (at, _) in enumerate(cuts):
        region = outline.region(at)
        if region is not current:
            edges.append(index)
            totals.append(0)
            current = region
        totals[-1] += tokens[index]
    hard = [0, *(edge for n, edge in enumerate(edges) if n and totals[n] >= least and totals[n - 1] >= least)]
    return list(zip(hard, [*hard[1:], len(cuts)], strict=True))


def _divide(
    outline: Outline,
    cuts: list[Cut],
    tokens: list[int],
    ranges: list[tuple[int, int]],
    ruler: _Ruler,
) -> list[int]:
    """Further starts inside ranges of blocks that are too long together: between sentences, lines, rows."""
    text = outline.text
    finer: list[list[Cut]] = []
    ends: list[int] = []
    for first, stop in ranges:
        inner: list[Cut] = []
        for index in range(first, stop):
            at, rank = cuts[index]
            end = cuts[index + 1][0] if index + 1 < len(cuts) else len(text)
            long = tokens[index] > ruler.least
            inner += [(at, rank), *parts(text, at, end, outline.region(at).syntax)[1:]] if long else [(at, rank)]
        finer.append(inner)
        ends.append(cuts[stop][0] if stop < len(cuts) else len(text))
    starts: list[int] = []
    for inner, own in zip(finer, ruler.groups(text, finer, ends), strict=True):
        places = _places(text, inner, own)
        total = sum(own)
        coarse = [0] if total <= 2 * ruler.most else choose(places, WORD, least=ruler.most // 2, end=total)
        for left, right in zip(coarse, [*coarse[1:], len(places)], strict=True):
            stop = places[right].tokens if right < len(places) else total
            starts.extend(places[left + i].at for i in halve(places[left:right], most=ruler.most, end=stop))
    return starts


def _fitted(
    titles: tuple[Titles, Titles], outline: Outline, spans: list[tuple[int, int]], ruler: _Ruler
) -> tuple[Chunk, ...]:
    """Chunks of the spans; what is still above the window is cut between words, and inside one if it must be.

    `titles`: what the first chunk carries, and what the others do.
    """
    room = max(1, ruler.window // 4 - 1)
    first, others = (Contexts(own, ruler.count, ruler.special, room) for own in titles)
    begin = spans[0][0]
    done: list[Chunk] = []
    waiting = spans
    while waiting:
        cut = [_chunk(outline, first if start == begin else others, start, end) for start, end in waiting]
        made = [chunk for chunk in cut if chunk is not None]
        waiting = []
        for chunk, tokens in zip(made, ruler.count([chunk.embedded for chunk in made]) if made else [], strict=True):
            if tokens <= ruler.window or chunk.end - chunk.start <= 1:
                done.append(chunk)
            else:
                waiting += _split(outline.text, chunk, -(-tokens // ruler.most))
    done.sort(key=lambda chunk: chunk.start)
    return tuple(
        Chunk(n=n, start=chunk.start, end=chunk.end, text=chunk.text, context=chunk.context)
        for n, chunk in enumerate(done)
    )


def _chunk(outline: Outline, contexts: Contexts, start: int, end: int) -> Chunk | None:
    """Without the blank lines around it, but with the first line's indentation; None when nothing is left."""
    text = outline.text[start:end].rstrip()
    bare = len(text) - len(text.lstrip())
    if not text:
        return None
    skipped = text.rfind("\n", 0, bare) + 1
    start, text = start + skipped, text[skipped:]
    path = outline.path(start, start + len(text))
    if path and path[-1] in text.partition("\n")[0]:
        path = path[:-1]  # the chunk begins with that heading
    return Chunk(n=0, start=start, end=start + len(text), text=text, context=contexts.of(path, outline.header(start)))


def _split(text: str, chunk: Chunk, pieces: int) -> list[tuple[int, int]]:
    """About equal lengths, cut at white space where there is some in the last third of a piece."""
    length = max(1, -(-(chunk.end - chunk.start) // max(2, pieces)))
    spans = []
    start = chunk.start
    while start < chunk.end:
        end = min(chunk.end, start + length)
        if end < chunk.end:
            spaces = [text.rfind(space, start + 2 * length // 3, end) for space in ("\n", " ", "\t")]
            end = max(spaces) + 1 if max(spaces) > start else end
        spans.append((start, end))
        start = end
    return spans

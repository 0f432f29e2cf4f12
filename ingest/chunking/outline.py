"""What stands where in a document: its regions, its tables, and every place where it may be cut."""

from bisect import bisect_right
from dataclasses import dataclass

from ingest.chunking.blocks import SECTION, Cut, Region, Table, blocks, by_message, heads, messages, regions
from rag.domain.types import Document


@dataclass(frozen=True, slots=True)
class Outline:
    text: str
    regions: list[Region]
    tables: list[Table]

    def region(self, at: int) -> Region:
        return self.regions[max(0, bisect_right(self.regions, at, key=lambda region: region.start) - 1)]

    def path(self, start: int, end: int) -> tuple[str, ...]:
        """The headings that stand above all of text[start:end]."""
        first = bisect_right(self.regions, start, key=lambda region: region.start) - 1
        common = self.regions[max(0, first)].path
        for region in self.regions[max(0, first) + 1 :]:
            if region.start >= end:
                break
            same = 0
            while same < min(len(common), len(region.path)) and common[same] == region.path[same]:
                same += 1
            common = common[:same]
        return common

    def header(self, start: int) -> str:
        """The header of the table that text[start:] continues."""
        place = bisect_right(self.tables, start, key=lambda table: table.start) - 1
        table = self.tables[place] if place >= 0 else None
        continues = table is not None and table.start < start < table.end
        return table.header if table and continues and self.text[table.start : start].strip() else ""


def outline_of(document: Document) -> tuple[Outline, list[Cut]]:
    text = document.text
    all_regions = regions(document)
    ranks: dict[int, int] = {}
    tables: list[Table] = []
    for region in all_regions:
        for piece in by_message(document, region):
            cuts, found = blocks(text, piece)
            ranks.update(cuts)
            tables.extend(found)
    tables = heads(document) or tables
    for at, rank in messages(document):
        ranks[at] = max(rank, ranks.get(at, rank))
    bare = len(text) - len(text.lstrip())
    if bare == len(text):
        return Outline(text, all_regions, tables), []
    first = text.rfind("\n", 0, bare) + 1
    cuts = sorted((at, rank) for at, rank in ranks.items() if first < at < len(text))
    return Outline(text, all_regions, tables), [(first, SECTION), *cuts]

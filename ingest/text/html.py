"""The words of a small piece of HTML, without a parser library."""

from html.parser import HTMLParser

BREAKS = frozenset({"p", "div", "br", "tr", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "pre"})
CELLS = frozenset({"td", "th"})
UNSEEN = frozenset({"script", "style", "head", "template"})


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._unseen += tag in UNSEEN
        if tag in BREAKS:
            self.pieces.append("\n")
        elif tag in CELLS:
            self.pieces.append("\t")

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in UNSEEN and self._unseen > 0

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.pieces.append(" ".join(data.split()) if data.strip() else " ")


def html_words(markup: str) -> str:
    """One line a block or row, cells apart by tabs."""
    parser = _Words()
    parser.feed(markup)
    parser.close()
    rows = (line.split("\t") for line in "".join(parser.pieces).split("\n"))
    lines = ("\t".join(cell.strip() for cell in row).strip() for row in rows)
    return "\n".join(line for line in lines if line)

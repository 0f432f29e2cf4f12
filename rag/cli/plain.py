"""Words of documents on a terminal: shown, never obeyed."""

import sys

from rich.markup import escape as marked

ORDERS = (  # controls but tab and line feed, bidirectional overrides, invisible signs and tags
    (0, 9), (11, 32), (127, 160), (0x200B, 0x200C), (0x202A, 0x202F), (0x2060, 0x2070), (0xE0000, 0xE1000)
)  # fmt: skip
_UNSHOWN = {code: None for first, end in ORDERS for code in range(first, end)}


def escape(text: str) -> str:
    """For the console: nothing of it is markup of ours, nothing an order to the terminal."""
    return marked(text.translate(_UNSHOWN))


def write(text: str) -> None:
    """Exactly this text to standard output; a terminal gets none of the orders in it."""
    sys.stdout.write(text.translate(_UNSHOWN) if sys.stdout.isatty() else text)

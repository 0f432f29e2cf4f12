"""What a notebook's cell has put out, as text."""

import re
from collections.abc import Mapping
from typing import Any

from ingest.text.decode import clean
from ingest.text.html import html_words

ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])")
BARE_OBJECT = re.compile(r"<[\w.]+(?: object)?(?: at 0x[0-9a-f]+)?>|<Figure size [^>]*>|<IPython\.[^>]*>")
OLD_NAMES = {"pyout": "execute_result", "pyerr": "error"}  # nbformat 3
OLD_KEYS = {"text/plain": "text", "text/html": "html", "text/markdown": "markdown", "text/latex": "latex"}


def joined(value: object) -> str:
    """Notebooks keep text as one string or as a list of lines."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return clean("".join(item for item in value if isinstance(item, str)))
    return ""


def output_text(output: Mapping[str, Any]) -> str:
    """Empty for images and widgets. HTML counts only where there is no plain text."""
    kind = str(output.get("output_type", ""))
    kind = OLD_NAMES.get(kind, kind)
    if kind == "stream":
        return _screen(_raw(output.get("text")))
    if kind == "error":
        return _error(output)
    if kind not in {"execute_result", "display_data", "update_display_data"}:
        return ""
    data = output.get("data")
    data = data if isinstance(data, dict) else {new: output.get(old) for new, old in OLD_KEYS.items()}
    plain = _screen(_raw(data.get("text/plain")))
    if plain and not BARE_OBJECT.fullmatch(plain):
        return plain
    rich = joined(data.get("text/markdown")) or joined(data.get("text/latex"))
    return (rich or html_words(joined(data.get("text/html")))).strip("\n")


def _raw(value: object) -> str:
    if isinstance(value, list):
        return "".join(item for item in value if isinstance(item, str))
    return value if isinstance(value, str) else ""


def _error(output: Mapping[str, Any]) -> str:
    trace = output.get("traceback")
    lines = [line for line in trace if isinstance(line, str)] if isinstance(trace, list) else []
    said = f"{output.get('ename', '')}: {output.get('evalue', '')}"
    text = _screen("\n".join(lines))
    return text if str(output.get("evalue", "")) in text and text else f"{text}\n{said}".strip("\n")


def _screen(text: str) -> str:
    """As it stood on the screen: no colours, and of a progress bar its last state."""
    lines = ANSI.sub("", text.replace("\r\n", "\n")).split("\n")
    shown = (line.rstrip("\r").rpartition("\r")[2] if "\r" in line else line for line in lines)
    return clean("\n".join(line.rstrip() for line in shown)).strip("\n")

"""Private keys: whole blocks of lines, or the same on one line with `\\n` between."""

import re
from collections.abc import Iterator

from ingest.secrets.rules import Rule, Span

BEGIN = re.compile(r"-{4,5} ?BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)? ?-{4,5}")
END = re.compile(r"-{4,5} ?END (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)? ?-{4,5}")
PUTTY = "Private-Lines:"
LONGEST = 16_000  # characters of a key with its frame
BODY = re.compile(r"[A-Za-z0-9+/=]{16,}+")
LINE = re.compile(
    r"[ \t>|\"'+#*-]{0,12}+(?:[A-Za-z0-9+/=]{16,}+|[A-Za-z-]{1,20}+: [^\n]{1,80}+)?(?:\\n|[ \t\\\"',]|\r?\n){1,20}+"
)
LAST = re.compile(r"[A-Za-z0-9+/=]{4,}+")
LEAST = 32  # characters of base64: less is a sample


def private_keys(raw: str) -> Iterator[Span]:
    """From BEGIN to END; of a key that is cut off, as far as its lines go on."""
    done = 0
    at = raw.find("BEGIN ")
    while at >= 0:
        begin = BEGIN.search(raw, max(done, at - 6), at + 60)
        if begin is not None:
            end = _end(raw, begin.end())
            if sum(map(len, BODY.findall(raw, begin.end(), end))) >= LEAST:
                yield Span(begin.start(), end, "private-key")
                done = end
        at = raw.find("BEGIN ", max(at + 6, done))
    yield from _putty(raw)


def _end(raw: str, start: int) -> int:
    place = raw.find("END ", start, start + LONGEST)
    end = END.search(raw, place - 6, place + 60) if place >= 0 else None
    return end.end() if end is not None else _lines(raw, start)


def _lines(raw: str, start: int) -> int:
    """Where lines of base64 and their headers end."""
    at = start
    while at - start < LONGEST:
        line = LINE.match(raw, at)
        if line is None or line.end() == at:
            break
        at = line.end()
    last = LAST.match(raw, at)
    return last.end() if last else at


def _putty(raw: str) -> Iterator[Span]:
    at = raw.find(PUTTY)
    while at >= 0:
        start = raw.find("\n", at) + 1
        end = _lines(raw, start) if start else 0
        if len(BODY.findall(raw, start, end)) > 0:
            yield Span(start, end, "private-key")
        at = raw.find(PUTTY, max(at + len(PUTTY), end))


PRIVATE_KEYS = (Rule(name="private-key", anchors=("PRIVATE KEY", PUTTY), pattern=BEGIN, seek=private_keys),)

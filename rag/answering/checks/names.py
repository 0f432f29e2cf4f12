"""Names of people, places, products and code: each must stand in the source, or beside it."""

import re
from collections.abc import Sequence

from rag.answering.checks.reading import content, stems
from rag.answering.checks.units import UNITS
from rag.index.analysis import STOP_WORDS

_TOKEN = re.compile(r"-{0,2}[^\W_][\w]*(?:(?:::|[._\-/@+&'])[\w]+)*(?:\(\)|\+\+|#)?|/[\w./-]+|--?[a-zA-Z][\w-]*|_\w+")
_CODE = re.compile(
    r"\w_\w|^_\w|::|^--?[a-zA-Z]|[^\W\d_]\.[^\W\d_]{2}|/.*[/._]|[._].*/|\w@\w|\(\)$|\+\+$|[a-z][A-Z]|[A-Z][a-z]+[A-Z]"
)
_MIXED = re.compile(r"(?=.*\d)(?=.*[^\W\d_])")
_VERSION = re.compile(r"v?\d+(?:\.\w+){2,}|v\d+(?:\.\w+)*", re.I)
_OPENS = re.compile(r"(?:[.!?:;•|\n][\"'”’)\]]*\s+|[\"“‘(])$")
_PARTS = re.compile(r"[\W_]+|(?<=[a-z])(?=[A-Z])")
_VERBAL = re.compile(r"(?:ing|ed|ly|er|ion)$")  # what begins a sentence more often than a name does
_BREAKS = r"[\W_]*"
# words that stand with a capital for other reasons than being a name
_OTHER = """yes no there however also although since therefore thus moreover furthermore additionally finally instead
    many much every one two three another within without using based according still then use run set
    start train call see add keep try note"""
_COMMON = STOP_WORDS | frozenset(_OTHER.split())


def names(text: str) -> list[str]:
    """Of plain text, in order: names of code, acronyms, and words with a capital that does not begin a sentence."""
    found = [(match, match[0].rstrip(".")) for match in _TOKEN.finditer(text)]
    words = [token for _, token in found if token[0].isalpha() and token.lower() not in _COMMON]
    titled = len(words) > 5 and sum(word[0].isupper() for word in words) > 0.8 * len(words)
    said: list[str] = []
    for place, (match, token) in enumerate(found):
        following = found[place + 1][1] if place + 1 < len(found) else ""
        before = text[: match.start()]
        opens = not re.search(r"\w", before[:40]) or bool(_OPENS.search(before[-6:]))
        if is_code(token) or (not titled and _is_name(token, opens, following)):
            said.append(re.sub(r"'s?$", "", token))
    return list(dict.fromkeys(said))


def is_code(token: str) -> bool:
    """Identifiers, flags, paths, versions, and words with digits in them."""
    if len(token) < 2 or re.fullmatch(r"(?:[a-zA-Z]\.)+[a-zA-Z]?", token):
        return False  # e.g., i.e.
    return bool(_CODE.search(token) or _VERSION.fullmatch(token) or (_MIXED.match(token) and not _counted(token)))


def _counted(token: str) -> bool:
    """5ms, 80GB, 3rd, 176B-parameter: read as a number."""
    match = re.match(r"[\d.,]+(?:e[-+]?\d+)?([a-zA-Zµ]*)", token)
    return bool(match and (not match[1] or match[1].lower() in {"k", "m", "b", "t", "bn", "st", "nd", "rd", "th"}
                           or match[1].lower() in UNITS))  # fmt: skip


def _is_name(token: str, opens: bool, following: str) -> bool:
    bare = re.sub(r"'\w*$", "", token)
    if len(bare) < 2 or not bare[0].isupper() or bare.lower() in _COMMON or bare.lower() in UNITS:
        return False
    shouted = len(bare) > 1 and bare.upper() == bare
    if not opens or shouted:
        return True
    plainly = following.istitle() and not is_code(following) and following.lower() not in _COMMON
    return plainly and not _VERBAL.search(bare)


def strange(text: str, source: str, beside: str = "") -> list[str]:
    """Names of `text` that stand neither in `source` nor `beside` it, whatever joins their parts."""
    held = f"{source}\n{beside}"
    roots = set(content(held))
    acronyms = _acronyms(held)
    return [name for name in names(text) if not _stands(name, held, roots) and not _abbreviates(name, acronyms)]


def _stands(name: str, held: str, roots: set[str]) -> bool:
    parts = [part for part in _PARTS.split(name) if part]
    if not parts or _found(parts, held) or _found([*parts[:-1], parts[-1].removesuffix("s")], held):
        return True
    own = stems(name)
    if len(parts) == 1:
        return bool(own) and own[-1] in roots
    if is_code(name) and not name.replace("-", "").isalpha():
        return _VERSION.fullmatch(name) is None and "/" in name and _found(_PARTS.split(name.rsplit("/", 1)[1]), held)
    return all(_found([part], held) or set(stems(part)) <= roots for part in parts)


def _found(parts: Sequence[str], held: str) -> bool:
    pattern = _BREAKS.join(re.escape(part) for part in parts)
    return re.search(rf"(?<![^\W_]){pattern}(?![^\W_])", held, re.I) is not None


def _acronyms(held: str) -> set[str]:
    """First letters of each two to five words that follow each other, small words counted or not."""
    found: set[str] = set()
    words = re.findall(r"[^\W\d_]\w*", held.lower())
    for kept in (words, [word for word in words if word not in STOP_WORDS]):
        letters = "".join(word[0] for word in kept)
        found.update(letters[at : at + size] for size in range(2, 6) for at in range(len(letters) - size + 1))
    return found


def _abbreviates(name: str, acronyms: set[str]) -> bool:
    """PPO for proximal policy optimisation."""
    plural = name.removesuffix("s")
    return len(plural) > 2 and plural.isupper() and plural.isalpha() and plural.lower() in acronyms

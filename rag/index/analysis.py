"""Text to index terms: English stems, and names of code whole as well as in parts. Pure."""

import re
import threading
import unicodedata
from functools import lru_cache
from itertools import chain
from typing import Protocol

import snowballstemmer

# Raise the number whenever `terms` gives anything else for any text: lexical indexes are then built anew.
ANALYSIS_VERSION = "code-english-1"

LONGEST_TERM = 100  # characters; beyond stand blobs, not words
CACHED = 100_000  # pieces, and tokens: some 60 MB at worst; ordinary corpora have fewer distinct words

_STOP = """a about above after again against ain all am an and any are aren as at be because been before being below
    between both but by can cannot could couldn did didn do does doesn doing don down during each few for from further
    had hadn has hasn have haven having he her here hers herself him himself his how i if in into is isn it its itself
    just let ll me might mightn more most must mustn my myself needn no nor not now of off on once only or other our
    ours ourselves out over own same shan she should shouldn so some such than that the their theirs them themselves
    then there these they this those through to too under until up ve very was wasn we were weren what when where
    which while who whom why will with won would wouldn you your yours yourself yourselves"""
STOP_WORDS = frozenset(_STOP.split())

# One pass finds numbers, then anything that hangs together: snake_case, dotted.names, --flags, paths, C++, e-mails.
TOKEN = re.compile(
    r"\d+(?:,\d{3})+(?:\.\d+)?(?![\w.])"  # 1,024
    r"|(?<![\w.])\d*\.?\d+[eE][+-]?\d+(?!\w)"  # 1e-3
    r"|(?<![\w.])\.\d+(?!\w)"  # .75
    r"|(?:(?<![\w-])--?(?=[A-Za-z]))?\w+(?:[._\-/:\\@+'’]+\w+)*(?:\+\+|\#)?"
)
SIMPLE = re.compile(r"[^\W\d_]+")
NUMBER = re.compile(r"\d*\.?\d+(?:e[+-]?\d+)?|\d+(?:,\d{3})+(?:\.\d+)?")
VERSION = re.compile(r"v?(\d+(?:\.\d+){1,3})(?:[.-]?(?:a|b|rc|dev|post)\d*)?")
CAMEL = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[^\W\d_]+|\d+")
MIXED = re.compile(r"([^\W\d_]+)(\d+)|(\d+)([^\W\d_]+)")  # resnet50, 176B
CJK = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]+")
APOSTROPHE = re.compile(r"['’](?:s|t|d|m|ll|re|ve)\b", re.IGNORECASE)
SEPARATORS = re.compile(r"[._\-/:\\@+'’#]+")


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...


_local = threading.local()  # the compiled stemmer keeps state between calls: one for each thread


def terms(text: str) -> list[str]:
    """Index terms in reading order; a compound gives its parts, then itself whole. Stop words give nothing.

    `trainLoop` → train, loop, trainloop; `fine-tuning` → fine, tune, finetun; `1e-3` → 1e-3, 0.001;
    `3.7.1` → 3.7.1, 3.7; `--lr-decay` → lr, decay, --lr-decay. A term holds no white space.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return list(chain.from_iterable(map(_of_piece, text.split())))


@lru_cache(maxsize=CACHED)
def _of_piece(piece: str) -> tuple[str, ...]:
    """Of what stands between white space, which no token holds: looked up, it costs a tenth of taking it apart."""
    return tuple(chain.from_iterable(map(_of_token, TOKEN.findall(piece))))


@lru_cache(maxsize=CACHED)
def _of_token(token: str) -> tuple[str, ...]:
    if not token.isascii():
        token = _without_accents(token)
        if CJK.search(token):
            return tuple(_pairs_of_signs(token))
    if SIMPLE.fullmatch(token) and (token.islower() or token.istitle() or token.isupper()):
        return tuple(_word(token))
    folded = token.casefold()
    if NUMBER.fullmatch(folded):
        return _number(folded)
    version = VERSION.fullmatch(folded)
    if version:
        return _version(folded, version[1])
    return tuple(dict.fromkeys(part[:LONGEST_TERM] for part in _compound(token) if part))


def _word(word: str) -> list[str]:
    folded = word.casefold()
    return [] if folded in STOP_WORDS else [_stem(folded)[:LONGEST_TERM]]


def _stem(folded: str) -> str:
    stemmer: _Stemmer | None = getattr(_local, "stemmer", None)
    if stemmer is None:
        stemmer = _local.stemmer = snowballstemmer.stemmer("english")
    return stemmer.stemWord(folded)


def _without_accents(token: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKD", token) if not unicodedata.combining(sign))


def _number(folded: str) -> tuple[str, ...]:
    plain = folded.replace(",", "")
    if "." not in plain and "e" not in plain:
        return (plain,)
    value = f"{float(plain):.12g}" if len(plain) < 20 else plain
    value = f"{float(value):.12f}".rstrip("0").rstrip(".") if "e-" in value and "e-1" not in value else value
    return tuple(dict.fromkeys((plain, value)))


def _version(folded: str, release: str) -> tuple[str, ...]:
    whole = folded.removeprefix("v")
    steps = release.split(".")
    return tuple(dict.fromkeys((whole, release, ".".join(steps[:2]))))


def _compound(token: str) -> list[str]:
    """A compound's parts, stemmed, then the last component of a path, then the whole."""
    token = APOSTROPHE.sub("", token)
    parts = [part for part in SEPARATORS.split(token) if part]
    found = [term for part in parts for term in _part(part)]
    whole = token.casefold()
    if len(parts) < 2 and whole.isalnum():
        return found
    if "/" in token and "." in token:
        found.append(token.rsplit("/", 1)[1].casefold())
    if token[0] != "-" and "-" in token and token.replace("-", "").isalnum():
        whole = _stem(whole.replace("-", ""))  # fine-tuning meets finetuning, GPT-4 meets GPT4
    return [*found, whole]


def _part(part: str) -> list[str]:
    if SIMPLE.fullmatch(part) and (part.islower() or part.istitle() or part.isupper()):
        return _word(part)
    mixed = MIXED.fullmatch(part)
    if mixed:
        letters, digits = mixed[1] or mixed[4], mixed[2] or mixed[3]
        apart = [digits] if mixed[3] else [_stem(letters.casefold()), digits] if len(letters) > 2 else []
        return [*apart, part.casefold()]
    pieces = CAMEL.findall(part)
    if part.isalpha() and len(pieces) > 1:
        return [*(term for piece in pieces for term in _word(piece)), _stem(part.casefold())]
    if not part.isalnum() or part.isdigit() or part.isalpha():
        return [_stem(part.casefold())]
    if len(pieces) > 4:  # a hash or another random name: its pieces mean nothing
        return [part.casefold()]
    return [*(term for piece in pieces for term in _word(piece)), part.casefold()]


def _pairs_of_signs(token: str) -> list[str]:
    """Scripts without spaces: overlapping pairs, as Lucene's CJK analysis does; other words in the token stay words."""
    found: list[str] = []
    for run in re.findall(rf"{CJK.pattern}|[^\W_]+?(?={CJK.pattern}|\W|_|$)", token):
        if CJK.match(run):
            found += [run[at : at + 2] for at in range(max(1, len(run) - 1))]
        else:
            found += _part(run)
    return [term[:LONGEST_TERM] for term in found]

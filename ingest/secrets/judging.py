"""Is it the value of a secret, where only its name says so? Names of variables, calls, paths and samples are none."""

import base64
import binascii
import itertools
import re

from ingest.secrets.rules import PLACEHOLDER, plausible

CODE = re.compile(r"[(\[{|]|://|os\.|env\b|\$[A-Za-z_{]|^[/.~]|^%|^--|^!|\\u[0-9a-f]{4}|</|->|==|≥|→")
NAME = re.compile(r"[A-Za-z]+|[a-z_]+|[A-Z_]+|[A-Za-z_]\w{0,24}(?:\.[A-Za-z_]\w{0,24}){1,8}")
DIGIT = re.compile(r"\d")
LOOKED_AT = 120  # characters of a value: its kind shows early
SAMPLES = frozenset(
    (
        "password", "password1", "passwd", "pass", "pwd", "secret", "token", "string", "none", "null", "true",
        "false", "required", "optional", "changeme", "username", "user", "admin", "root", "test", "undefined",
        "default", "hidden", "bearer", "basic", "integer", "number", "boolean", "text", "value",
        "password123", "mypassword", "topsecret",
        "postgres", "pgadmin", "mysql", "mongo", "redis", "minio", "guest",
    )
)  # fmt: skip


def word(value: str) -> bool:
    """A password in a quoted assignment or a line of a settings file: a mere word is one there too."""
    sample = value.lower() in SAMPLES or PLACEHOLDER.search(value) or CODE.search(value)
    return not (sample or len(set(value)) < 4 or " " in value or re.fullmatch(r"[\W\d_]{0,5}", value))


def guessable(value: str) -> bool:
    """A password where nothing but the name beside it says so: letters, with digits or signs among them."""
    value = value[:LOOKED_AT]
    if not word(value) or NAME.fullmatch(value):
        return False
    letters = sum(char.isalpha() for char in value)
    digits = sum(char.isdigit() for char in value)
    signs = sum(not char.isalnum() and char not in "-_.,:/'" for char in value)
    return letters > 0 and digits + signs > 0 and not re.fullmatch(r"[a-z]+[-.:/][a-z-.:/]+\d{0,2}", value)


def strong(value: str) -> bool:
    """A token: long, letters and digits mixed as in no word, number, path or date."""
    value = value[:LOOKED_AT]
    if (
        not DIGIT.search(value)
        or len(value) < 16
        or len(set(value)) < 8
        or not plausible(value)
        or CODE.search(value)
        or NAME.fullmatch(value)
    ):
        return False
    pairs = list(itertools.pairwise(value))
    digits = sum(one.isdigit() != other.isdigit() for one, other in pairs)
    cases = sum(one.isupper() != other.isupper() for one, other in pairs)
    return (digits >= 3 or (digits >= 1 and cases >= 6)) and not _readable(value)


def secretive(value: str) -> bool:
    """A token, or a shorter secret that looks like a password."""
    return strong(value) or (8 <= len(value) < 40 and guessable(value) and _digits(value) and not _readable(value))


def _digits(value: str) -> bool:
    return any(char.isdigit() for char in value)


def _readable(value: str) -> bool:
    """`all-minilm-l6-v2`, `2024-05-01T10:00`: short pieces, most of them words or numbers."""
    pieces = re.split(r"[-_./:]", value)
    plain = sum(len(piece) for piece in pieces if len(piece) < 4 or piece.isdigit() or piece.isalpha())
    return len(pieces) > 2 and plain > len(value) * 0.6


def login(value: str) -> bool:
    """base64 of `user:password`, as Docker and Basic authorisation keep it."""
    try:
        text = base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    return ":" in text.strip(":") and text.isprintable()

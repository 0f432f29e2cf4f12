"""What reaches a person: e-mail addresses and phone numbers, masked by setting only."""

import re
from collections.abc import Iterator

from ingest.secrets.rules import Rule, Span


def _number(value: str) -> bool:
    return 8 <= sum(char.isdigit() for char in value) <= 15


ADDRESS = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,6}[A-Za-z]{2,24}(?![\w-])")


def _addresses(raw: str) -> Iterator[Span]:
    """A name is tried once, from its beginning: so the time is linear, with many signs in a row too."""
    return (Span(*match.span(), "email") for match in ADDRESS.finditer(raw))


EMAIL = Rule(name="email", locate=re.compile(r"@[A-Za-z0-9]"), pattern=ADDRESS, seek=_addresses)
PHONES = (
    Rule(
        name="phone",
        locate=re.compile(r"\+[1-9]\d"),
        pattern=re.compile(r"(?<![\w+.])\+[1-9](?:\d{0,3}[ ().-]{1,3}\d[\d ().-]{5,17}\d(?!\w)|\d{8,14}(?![\w.]))"),
        check=_number,
    ),
    Rule(
        name="phone",
        locate=re.compile(r"\d{3}[-. ]\d{4}(?!\d)"),
        pattern=re.compile(r"(?<![\w.-])(?:1[-. ])?(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}(?![\w-])"),
        back=10,
        check=_number,
    ),
    Rule(
        name="phone",
        anchors=("tel", "phone", "mobil", "cell", "whatsapp", "fax"),
        pattern=re.compile(
            r"[a-z]{3,9}(?: ?(?:number|no\.?|nr\.?))?[.:]{0,2}[ \t]{0,2}"
            r"(?P<secret>\+?\(?\d[\d ()/.-]{6,18}\d)(?![\w-])",
            re.IGNORECASE,
        ),
        folded=True,
        check=_number,
    ),
)  # fmt: skip

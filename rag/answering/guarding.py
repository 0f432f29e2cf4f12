"""Evidence is data: a model is shown nothing that passes for an order of ours, and what it writes becomes plain words.

What holds is the structure: a sentence is one line, and lines begin with numbers of ours. Taking the look of a turn, a
heading or a template's token from what stands inside a line only makes it less tempting.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rag.domain.types import Check

LEFT_OUT = "(link left out)"
_STANDINS = {"<": "‹", "[": "⟦", ":": "∶"}  # none of them folds back under NFKC, as some tokenizers do
_JOINERS = "\u200c\u200d"  # they part words of Persian and Hindi, and hide in Latin ones
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_LOOKALIKES = str.maketrans(  # Cyrillic and Greek letters, bars and colons that look like ours
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0455\u0458\u0501\u04bb\u0442\u043c\u043d\u043a\u03bf\u03b1"
    "\u2016\u2502\u2758\u01c0\u2223\ua789\u02d0\u0589\u05c3",
    "aeopcyxisjdhtmhkoa|||||::::",
)
_LABELS = """
    system system-prompt developer assistant user human ai bot model tool instruction instructions question questions
    sentence sentences answer prompt context source sources statements sätze satz frage anweisung anweisungen nutzer
    benutzer assistent système utilisateur phrases consigne consignes sistema usuario asistente pregunta frases
    instrucciones pergunta domanda utente istruzioni vraag gebruiker systeem pytanie użytkownik sistem kullanıcı soru
    система пользователь ассистент вопрос инструкция користувач 系统 系統 用户 用戶 助手 问题 問題 指示 システム
    ユーザー アシスタント 質問 시스템 사용자 질문 النظام المستخدم السؤال
    سیستم کاربر सिस्टम प्रश्न उपयोगकर्ता מערכת משתמש שאלה ระบบ คำถาม
"""
_TOKEN = re.compile(r"<(?=[/!?|<]|[^\W\d])|\[(?=/?[A-Z][A-Z_]{2,}\])")  # of chat templates: <|im_end|>, </s>, [INST]
_LABEL = re.compile(rf"(?<!\w)(?:\d{{1,3}}\s*(?=:\W|:$)|(?:{'|'.join(_LABELS.split())})\s*(?=:))", re.IGNORECASE)
_MARKS = re.compile(
    r"\s*[\[［](?:\^|sources?\s|sentences?\s|S)?#?\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*[\]］]"
    r"|\s*[【〔〖]\s*\d{1,3}[^】〕〗]{0,40}[】〕〗]"
    r"|\s*\((?:sources?|sentences?|lines?)\s*#?\d{1,3}(?:\s*(?:,|and|&)\s*\d{1,3})*\)"
    r"|(?:^|(?<=[.!?]\s))(?:source|sentence)\s*#?\d{1,3}\s*:\s*"
    r"|(?<=[.!?,;:)\"”’])[⁰¹²³⁴-⁹]{1,3}(?=\s|$)",
    re.IGNORECASE,
)
_MARKDOWN = re.compile(r"!?\[([^\[\]]*)\]\(\s*<?([^()\s<>]*)>?[^()]*\)")
_ADDRESS = re.compile(
    r"(?:(?<!\w)(?:[a-z][a-z0-9+.-]{1,20}:/+|www\.|mailto:|javascript:|vbscript:|data:(?=[\w.+-]+[/;,]))"
    r"|(?<![\w:/])(?://|\\\\)(?=[\w-]+[.:\\/])|(?<![\w@./-])(?:[\w-]+\.)+[a-z]{2,24}(?::\d+)?(?=/))[^\s<>\"'`]*",
    re.IGNORECASE,
)
_CITING = re.compile(r"[\[［](\^?\d+(?:\s*[,;–-]\s*\d+)*)[\]］]")
_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_CONTEXT = 12  # characters before a mark by which it is known as the source's own


def visible(text: str) -> str:
    """On one line, without what nobody sees: controls, bidirectional overrides, tags, zero-width signs."""
    text = " ".join(text.split())
    seen = (sign for at, sign in enumerate(text) if _is_seen(sign) or _joins(text, at))
    return " ".join("".join(seen).split())


def _is_seen(sign: str) -> bool:
    selector = "\ufe00" <= sign <= "\ufe0e" or "\U000e0100" <= sign <= "\U000e01ef"
    return not selector and sign not in _BLANK and unicodedata.category(sign) not in ("Cc", "Cf", "Cs")


def _joins(text: str, at: int) -> bool:
    around = text[max(0, at - 1) : at] + text[at + 1 : at + 2]
    letters = len(around) == 2 and all(unicodedata.category(sign)[0] in "LM" for sign in around)
    return text[at] in _JOINERS and letters and not any(sign.isascii() for sign in around)


def as_data(text: str) -> str:
    """As a model is shown it: one line; nothing in it reads as a template's token, a turn or a line number of ours."""
    text = visible(text)
    folded = "".join(_folded(sign) for sign in text)
    shown = "".join(_small(sign) for sign in folded).translate(_LOOKALIKES)
    at: set[int] = set()
    for look in (folded, shown):
        at |= {match.start() for match in _TOKEN.finditer(look)} | {match.end() for match in _LABEL.finditer(look)}
    return "".join(_STANDINS.get(shown[n], sign) if n in at else sign for n, sign in enumerate(text))


def _folded(sign: str) -> str:
    plain = unicodedata.normalize("NFKC", sign)
    return plain if len(plain) == 1 else sign


def _small(sign: str) -> str:
    small = sign.lower()
    return small if len(small) == 1 else sign


def restored(text: str, shown: Iterable[str]) -> str:
    """What a model copied from `as_data`, with its source's signs again."""
    own = "".join(shown)
    for sign, standin in _STANDINS.items():
        if standin not in own:
            text = text.replace(standin, sign)
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A model's statement as plain words; `marks`: the numbers that it wrote into it, none of which is a citation."""

    text: str
    marks: tuple[int, ...] = ()


def plain_words(text: str, shown: Mapping[int, str]) -> Words:
    """Marks that a source has in the same place stay; Markdown's links and images become their words."""
    marks: list[int] = []
    text = restored(visible(text), shown.values())

    def without(match: re.Match[str]) -> str:
        around = text[max(0, match.start() - _CONTEXT) : match.end()]
        if match.start() and any(around in source for source in shown.values()):
            return match[0]
        marks.extend(int(digits) for digits in re.findall(r"\d+", match[0].translate(_SUPERSCRIPT)))
        return ""

    words = _MARKS.sub(without, text)
    if not any(words in source for source in shown.values()):
        words = _MARKDOWN.sub(lambda link: " ".join(filter(None, link.groups())), words)
    return Words(text=words.strip(), marks=tuple(marks))


def without_links(text: str, quotes: Sequence[str]) -> tuple[str, int]:
    """The text without addresses that stand in no quote, and how many there were."""
    left_out = 0

    def keep(match: re.Match[str]) -> str:
        nonlocal left_out
        address = match[0].rstrip(".,;:!?)]}*_")
        if any(address.lower() in quote.lower() for quote in quotes):
            return match[0]
        left_out += 1
        return LEFT_OUT + match[0][len(address) :]

    return _ADDRESS.sub(keep, text), left_out


def findings(unknown: int, links: int) -> tuple[Check, ...]:
    """What was taken out of a statement, for who reads its checks. An address of the model's own is never supported."""
    told = []
    if unknown:
        left = f"{unknown} pointer{'s' * (unknown > 1)} to nothing that was shown left out"
        told.append(Check(name="pointers", passed=True, detail=left))
    if links:
        told.append(Check(name="links", passed=False, detail=f"{links} in no cited quote, left out"))
    return tuple(told)


def harmless(text: str) -> str:
    """A statement's words as text that no reader of Markdown or HTML makes an image, a link, a tag or a marker of.

    Blanks part what would begin one; every other sign stays. Our own markers [n] are set behind it, and have no blank.
    """
    text = _CITING.sub(r"[ \1 ]", visible(text))
    return re.sub(r"!(?=\[)|\](?=[\[(])|<(?=[a-zA-Z/!?])", lambda sign: f"{sign[0]} ", text)

"""Near misses: questions that sound like the corpus and that nothing in it answers, each looked up to be sure."""

import re
from collections.abc import Iterator, Sequence

from eval.golden import decisions, runs
from eval.golden.candidates import Candidate, Maker, topic_of
from eval.golden.corpus import Page
from eval.golden.words import content_words, is_name

MADE_BY = "absent/1"
KIND = "unanswerable"
OPTIONS = 16  # a few of them teach as much as many
_OPTION = re.compile(r"(?<![\w-])--[a-z]+(?:-[a-z]+)+(?![\w-])")
_NUMBERED = re.compile(r"\b(PEP|ADR|RFC|Release|Version|v) ?(\d{1,4}(?:\.\d+)*)\b")

_PAGES = re.compile(
    r"\b(?:readme|notes?|lessons?|chronicles?|guide|how ?-?to|faq|experiments?|tests?|info|debug|prequel|comparisons?|"
    r"specs|resources|evaluation|inference|schedule|benchmark\w*|agenda|minutes|policy|plan|"
    r"cves|template|process|model card|eval details)\b",
    re.I,
)

# What may be asked of anything a team made, and the words one of which an answer would have to use.
ATTRIBUTES: tuple[tuple[str, str], ...] = (
    ("How much money was spent on {0}?", "money spent cost costs dollar dollars usd eur euro euros budget price paid"),
    ("Who is on call when {0} fails at night?", "pager paged paging oncall on-call rota escalation escalate call"),
    ("How many tonnes of CO2 did {0} cause?", "co2 carbon emission emissions tonne tonnes tons footprint"),
    ("How much electricity did {0} use?", "electricity kwh mwh energy watt watts power"),
    ("In which journal did {0} appear?", "journal conference published publication paper proceedings arxiv"),
    ("How many people worked on {0} full time?", "people persons engineers fte full-time headcount staff staffed"),
    ("Which screen reader was {0} tested with?", "accessibility screen-reader screenreader wcag nvda voiceover"),
    ("Which external firm audited {0}?", "audit audited auditor auditors firm certified certificate"),
)
PARAMETERS = tuple(
    word.replace("-", "_")
    for word in (
        "weight-decay", "warmup-steps", "dropout-rate", "label-smoothing", "gradient-clipping", "momentum",
        "random-seed", "ema-decay", "lora-rank", "tokenizer-name", "mixed-precision", "early-stopping-patience",
    )
)  # fmt: skip
METRICS = ("perplexity", "macro_f1", "auroc", "bleu_score", "calibration_error", "peak_memory")


def generate(maker: Maker) -> Iterator[Candidate]:
    yield from _attributes(maker)
    yield from _options(maker)
    yield from _numbers(maker)
    yield from _parameters(maker)
    yield from _fields(maker)


def _candidate(question: str, why: str, page: Page | None, absent: Sequence[str] = ()) -> Candidate:
    return Candidate(
        kind=KIND, question=question, why=why, page=page, made_by=MADE_BY, answerable=False, absent=tuple(absent)
    )


# --- what is asked of something that is there -----------------------------------------------------------------------


def _attributes(maker: Maker) -> Iterator[Candidate]:
    """One attribute of each page's subject: no document that tells of it has a word an answer would need."""
    for page in maker.corpus.prose:
        subject = topic_of(page, None)
        words = [word for word in content_words(subject) if word.isalpha() or any(sign.isdigit() for sign in word)]
        if not 2 <= len(words) <= 9 or not _is_thing(subject) or not maker.corpus.distinctive(words):
            continue
        place = maker.roll("attribute", page.info.id) % len(ATTRIBUTES)
        form, needed = ATTRIBUTES[place]
        stems = frozenset(stem for word in needed.split() for stem in content_words(word))
        rare = {word for word in words if 0 < maker.corpus.spread[word] <= max(2, len(maker.corpus.pages) // 20)}
        telling = [other for other in maker.corpus.pages if rare & other.words]
        if rare and not any(stems & other.words for other in telling):
            why = (
                f"{len(telling)} documents tell of “{subject}”; none of them has any of the words {needed!r}, "
                "one of which an answer would need."
            )
            yield _candidate(form.format(subject), why, page)


def _is_thing(subject: str) -> bool:
    """Something that was made, not a page about it."""
    return is_name(subject) and not _PAGES.search(subject)


# --- names that look like those of the corpus -----------------------------------------------------------------------


def _options(maker: Maker) -> Iterator[Candidate]:
    """An option made of the halves of two real ones."""
    places = {found[0]: page for page in maker.corpus.prose for found in _OPTION.finditer(page.text)}
    options = sorted(places, key=lambda option: maker.roll("option", option))
    for one, two in list(zip(options[::2], options[1::2], strict=False))[:OPTIONS]:
        head, _, _ = one.rpartition("-")
        name = f"{head}-{two.rpartition('-')[2]}"
        if name not in places and not maker.corpus.holds(name):
            why = f"{name} stands nowhere; it was made of {one} and {two}."
            forms = ("What does the option {0} do?", "Which value did we give to {0}?")
            yield _candidate(maker.choose(forms, name).format(name), why, places[one], [name])


def _numbers(maker: Maker) -> Iterator[Candidate]:
    """A number of a series that the corpus has not."""
    series: dict[str, dict[str, Page]] = {}
    for page in maker.corpus.prose:
        for found in _NUMBERED.finditer(f"{page.info.title}\n{' '.join(part.heading for part in page.parts)}"):
            series.setdefault(found[1], {}).setdefault(found[2], page)
    for kind, numbers in series.items():
        if len(numbers) < 3:
            continue
        for number, page in sorted(numbers.items(), key=lambda pair: maker.roll(kind, pair[0]))[:10]:
            name = f"{kind}{'' if kind == 'v' else ' '}{_other(number, maker.roll('other', kind, number))}"
            if not maker.corpus.holds(name):
                forms = ("What does {0} propose?", "What is the status of {0}?", "Who wrote {0}?")
                question = maker.choose(forms if kind in ("PEP", "ADR", "RFC") else ("What changed in {0}?",), name)
                why = f"{name} stands nowhere; it was made of {kind} {number}."
                yield _candidate(question.format(name), why, page, [name])


def _other(number: str, roll: int) -> str:
    head, dot, last = number.rpartition(".")
    return f"{head}{dot}{int(last) + 40 + roll % 50}"


# --- runs and decisions ---------------------------------------------------------------------------------------------


def _parameters(maker: Maker) -> Iterator[Candidate]:
    """A parameter that no run has, or that others have and this one has not."""
    called, keys = runs.names(maker), {key for one in maker.corpus.runs for key, _ in one.run.params}
    for stored in maker.corpus.runs:
        page, own = maker.corpus.page_of(stored.document.id), {key for key, _ in stored.run.params}
        name = called[stored.run.id]
        key = maker.choose((*PARAMETERS, *METRICS), stored.run.id)
        if not any(maker.corpus.holds(form) for form in (key, key.replace("_", " "))):
            why = f"No run has {key}, and no document names it."
            verb = "reach" if key in METRICS else "use"
            yield _candidate(f"What {runs.spoken(key)} did the run {name} {verb}?", why, page, [key])
        missing = sorted(keys - own)
        if missing and page:
            key = maker.choose(tuple(missing), stored.run.id, "missing")
            if key.casefold() not in page.text.casefold():
                why = f"Other runs have {key}, {name} has not."
                yield _candidate(f"What {runs.spoken(key)} was the run {name} started with?", why, page)


FIELDS = {
    "delegate": ("Who was the delegate for {0}?", ("delegate",)),
    "superseded-by": ("What replaced {0}?", ("superseded", "superseded-by", "replaced by", "obsoleted")),
    "resolved": ("On which day was {0} resolved?", ("resolution", "resolved", "accepted on", "approved on")),
    "sponsor": ("Who was the sponsor of {0}?", ("sponsor",)),
}


def _fields(maker: Maker) -> Iterator[Candidate]:
    """A field that other headers have: neither this header nor its text says it, and no other header points here."""
    pages = decisions.decisions(maker.corpus)
    held = {page.info.id: {fact.key.casefold() for fact in page.shown.facts} for page in pages}
    links = {str(fact.value) for page in pages for fact in page.shown.facts if fact.key.casefold() == "replaces"}
    for page in pages:
        key = maker.choose(tuple(FIELDS), page.info.id)
        form, words = FIELDS[key]
        others = sum(key in keys for keys in held.values())
        number = next((str(fact.value).rsplit(" ", 1)[-1] for fact in page.shown.facts if fact.key == "number"), "")
        pointed = key == "superseded-by" and (number in links or page.info.title in links)
        if others and key not in held[page.info.id] and not pointed and not _says(page, words):
            label = decisions.label_of(maker, page, key)
            why = f"The header has no field {key!r}, which {others} others have, and its text none of {list(words)}."
            yield _candidate(form.format(label), why, page)


def _says(page: Page, words: Sequence[str]) -> bool:
    text = page.text.casefold()
    return any(word in text for word in words)

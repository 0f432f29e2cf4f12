"""Questions with what the product finds for them: what evidence and refusals are fitted on."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.metrics.base import Cited
from eval.metrics.citations import overlaps
from eval.metrics.correctness import similarity
from eval.packs.loading import Pack, Sample
from eval.progress import Narrator
from eval.runs.home_pack import open_to_read
from eval.runs.places import EVERYTHING, Places, places
from eval.runs.runner import Evaluation, Options, closing_services, indexes, kept_in
from rag.answering.answerer import PASSAGES, EvidenceAnswerer
from rag.answering.looking_up import look_up
from rag.answering.weighing import Sentence
from rag.domain.ports import Embedder
from rag.domain.types import Query
from rag.retrieval.locate import cite
from rag.retrieval.searcher import Found

SAYS = 0.6  # share of a sentence's words that a gold answer has: it was written from it


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One question that is not looked up among facts."""

    pack: str
    sample: Sample
    found: Found
    places: Places
    embedder: Embedder
    team: bool  # of a pack of files

    def bears(self, sentence: Sentence) -> bool:
        """It overlaps the evidence; without evidence, it says what a gold answer says, in a judged passage."""
        text = self.found.text_of(self.found.passages[sentence.passage])
        citation = cite(text, sentence.start, sentence.end, n=1)
        cited = Cited(
            files=self.places.files(text.info, self.pack), document=self.places.judged(text.info), citation=citation
        )
        if self.sample.evidence:
            return any(overlaps(cited, piece, text.text) for piece in self.sample.evidence)
        judged = self.sample.judgements.get(cited.document, 0) > 0
        return judged and any(similarity(answer, sentence.text) >= SAYS for answer in self.sample.answers)


def read(packs: Sequence[Pack], home: Path, narrator: Narrator, *, most: int) -> Iterator[Read]:
    """File packs share an index, as in an evaluation; indexes are kept under `home`. At most so many questions of one.

    Lazily: the services of an index are open while its questions are handed out.
    """
    Evaluation(command="retrieval", options=Options(home=home, limit=1), narrator=narrator).run(packs)
    for together in indexes(packs, separate=False):
        folder = kept_in(home, together)
        with closing_services(open_to_read(folder / "home")) as services:
            answerer = services.answerer
            assert isinstance(answerer, EvidenceAnswerer)
            staged = {pack.name: folder / "corpus" / pack.name for pack in together}
            where = places(services.catalog, staged, together)
            for pack in together:
                some = random.Random(0).sample(pack.samples, min(most, len(pack.samples)))
                for sample in narrator.each(some, f"{pack.name}: asking"):
                    query = Query(text=sample.question, access=EVERYTHING)
                    if look_up(answerer.lookups, query) is None:
                        found = answerer.searcher.find(query, PASSAGES)
                        yield Read(
                            pack=pack.name, sample=sample, found=found, places=where,
                            embedder=answerer.embedder, team=pack.layout == "files",
                        )  # fmt: skip

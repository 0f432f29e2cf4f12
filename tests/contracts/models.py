"""What every Embedder must keep. Subclasses give the fixture `embedder`."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from rag.domain.ports import Embedder

TEXTS = [
    "The learning rate was lowered to 3e-4 after the loss diverged.",
    "Lunch is at noon.",
    "def train(model, lr=3e-4):\n    return model.fit(lr)",
    "",
    "Größe, naïve café, 学習率, 🚀",
    "word " * 2_000,
]
ODD = ["a\0b", "lone \ud800 surrogate", "\x00", "\u200b", "  \n\t "]


class EmbedderContract:
    def test_rows_have_length_one_and_belong_to_their_texts(self, embedder: Embedder) -> None:
        rows = embedder.embed(TEXTS)
        assert rows.shape == (len(TEXTS), embedder.dimension)
        assert rows.dtype == np.float32
        assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
        for i in (0, 1, 2, 4):
            assert np.allclose(rows[i], embedder.embed([TEXTS[i]])[0], atol=1e-5)

    def test_no_texts_give_no_rows(self, embedder: Embedder) -> None:
        assert embedder.embed([]).shape == (0, embedder.dimension)
        assert embedder.count_tokens([]) == []

    def test_the_same_text_gives_the_same_vector(self, embedder: Embedder) -> None:
        assert np.array_equal(embedder.embed(TEXTS[:1]), embedder.embed(TEXTS[:1]))

    def test_odd_characters_are_no_error(self, embedder: Embedder) -> None:
        assert np.isfinite(embedder.embed(ODD)).all()
        assert len(embedder.count_tokens(ODD)) == len(ODD)

    def test_related_texts_are_nearer_than_unrelated_ones(self, embedder: Embedder) -> None:
        question, answer, other = embedder.embed(["Which learning rate did the loss need?", *TEXTS[:2]])
        assert question @ answer > question @ other

    def test_counting_tokens_cuts_nothing(self, embedder: Embedder) -> None:
        short, long = embedder.count_tokens(["word", "word " * 2_000])
        assert 1 < short < embedder.window
        assert long >= 2_000

    def test_threads_may_share_it(self, embedder: Embedder) -> None:
        alone = embedder.embed(TEXTS)
        with ThreadPoolExecutor(4) as pool:
            for rows in pool.map(lambda _: embedder.embed(TEXTS), range(4)):
                assert np.allclose(rows, alone, atol=1e-5)

    def test_it_says_what_it_is(self, embedder: Embedder) -> None:
        assert embedder.name
        assert embedder.fingerprint
        assert embedder.dimension > 0

"""A model's own tokenizer: counting without cutting, and ids cut to the window."""

from collections.abc import Sequence

from rag.models.source import ModelSource


class TokenCounter:
    """Thread-safe: neither tokenizer changes after this."""

    def __init__(self, source: ModelSource) -> None:
        from tokenizers import Tokenizer

        self._whole = Tokenizer.from_file(str(source.folder / "tokenizer.json"))
        self._whole.no_padding()
        self._whole.no_truncation()
        self._cut = Tokenizer.from_str(self._whole.to_str())
        self._cut.enable_truncation(source.window)

    def count(self, texts: Sequence[str]) -> list[int]:
        """Special tokens included, nothing cut."""
        return [len(encoding) for encoding in self._whole.encode_batch_fast([clean(text) for text in texts])]

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """At most the window's, special tokens kept; at least two, which is what an exported graph takes."""
        found = [encoding.ids for encoding in self._cut.encode_batch_fast([clean(text) for text in texts])]
        return [ids + [0] * (2 - len(ids)) for ids in found]


def clean(text: str) -> str:
    """Without NUL, and with "?" for lone surrogates, which tokenizers refuse."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")

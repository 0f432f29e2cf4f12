"""Chunks: exact slices of a document that fit the embedder's window."""

from ingest.chunking.chunker import LEAST, TARGET, chunk_document

__all__ = ["LEAST", "TARGET", "chunk_document"]

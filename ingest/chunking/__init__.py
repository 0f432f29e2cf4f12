"""Chunks: exact slices of a document that fit the embedder's window."""

from ingest.chunking.chunker import CHUNKING, LEAST, TARGET, chunk_document

__all__ = ["CHUNKING", "LEAST", "TARGET", "chunk_document"]

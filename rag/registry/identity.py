"""Names that follow from content alone. Pure."""

import base64
import hashlib
import json


def short_hash(*parts: str) -> str:
    """16 lower-case letters and digits (80 bits) of the parts; where one part ends matters."""
    digest = hashlib.sha256(json.dumps(parts).encode()).digest()
    return base64.b32encode(digest[:10]).decode().lower()


def source_id(root: str, space: str) -> str:
    return short_hash("source", root, space)


def document_id(source: str, path: str, part: str = "") -> str:
    return short_hash("document", source, path, part)


def text_hash(text: str) -> str:
    """What a vector is kept under: 40 hex digits of the embedded string (`Chunk.embedded`)."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def chunk_id(document: str, version: int, n: int) -> str:
    return f"{document}:{version}:{n}"

"""What bytes look like, told from their beginning."""

MAGIC = (
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive (as DOCX, XLSX, PPTX and EPUB are)"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document or Outlook message"),
    (b"\x1f\x8b", "gzip data"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7zXZ\x00", "xz data"),
    (b"\x28\xb5\x2f\xfd", "Zstandard data"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x7fELF", "a Linux program"),
    (b"\xcf\xfa\xed\xfe", "a macOS program"),
    (b"\xca\xfe\xba\xbe", "a Java class or macOS program"),
    (b"PAR1", "a Parquet file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x89HDF\r\n", "an HDF5 file"),
    (b"OggS", "Ogg audio or video"),
    (b"ID3", "an MP3 recording"),
    (b"RIFF", "a WAV, AVI or WebP file"),
    (b"GGUF", "a GGUF model"),
)
BOMS = (  # the longer ones first: UTF-32's begins as UTF-16's does
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
CONTROLS = bytes(n for n in range(32) if n not in b"\t\n\r\f\b\x1b") + b"\x7f"
MOST_CONTROLS = 0.03  # of the bytes of a text; in compressed data about a tenth are controls
MOST_CONTROLS_IN_LEGACY_TEXT = 0.002  # of what is not even UTF-8


def encoding_by_bom(head: bytes) -> str:
    """Empty when there is no byte order mark."""
    return next((encoding for bom, encoding in BOMS if head.startswith(bom)), "")


def encoding_by_zeros(head: bytes) -> str:
    """UTF-16 without a byte order mark: in Western text every other byte is zero. Else empty."""
    pairs = len(head) // 2
    if pairs < 8:
        return ""
    even, odd = head[0 : 2 * pairs : 2].count(0) / pairs, head[1 : 2 * pairs : 2].count(0) / pairs
    if odd > 0.4 and even < 0.05:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 and odd < 0.05 else ""


def binary_kind(head: bytes) -> str:
    """A name for what is no text; empty for text (and for nothing at all)."""
    if encoding_by_bom(head):
        return ""
    known = "an MP4 recording" if head[4:8] == b"ftyp" else ""
    known = known or next((name for magic, name in MAGIC if head.startswith(magic)), "")
    if known and not head[:4].isalnum():
        return known
    controls = len(head) - len(head.translate(None, CONTROLS))
    if not controls or (not known and encoding_by_zeros(head)):
        return ""
    most = MOST_CONTROLS if _is_utf8(head) else MOST_CONTROLS_IN_LEGACY_TEXT
    return (known or "binary data") if controls > most * len(head) else ""  # a text may begin with RIFF or GGUF


def _is_utf8(head: bytes) -> bool:
    """Sound, or with little damage: a character cut off at the end, a byte here and there."""
    return head.decode("utf-8", "replace").count("\ufffd") <= 1 + len(head) // 1000

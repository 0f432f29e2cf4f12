"""Archives: their members are read, nothing of them leaves the folder of the work, and bombs are refused."""

import io
import struct
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.readers.archive import READER
from ingest.readers.base import Limits, look_at
from rag.domain.errors import LimitExceeded, UnreadableSource
from rag.domain.types import Parsed
from tests.ingest.documents import docx, packed, paragraph, pdf

LIMITS = Limits()
Read = Callable[..., list[Parsed]]


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Reads an archive's bytes in an empty working folder, and checks that nothing is left in it or beside it."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)

    def reading(name: str, data: bytes, limits: Limits = LIMITS) -> list[Parsed]:
        path = tmp_path / name
        path.write_bytes(data)
        candidate = look_at(path, name)
        assert READER.claims(candidate)
        try:
            return list(READER.read(candidate, limits))
        finally:
            assert sorted(tmp_path.rglob("*")) == sorted([path, work])

    return reading


def tarred(*members: tuple[tarfile.TarInfo, bytes], mode: str = "w:gz") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for info, data in members:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def texts(found: list[Parsed]) -> dict[str, str]:
    return {parsed.part: parsed.text for parsed in found}


def notes(found: list[Parsed]) -> str:
    return "\n".join(note for parsed in found for note in parsed.notes)


def test_each_member_is_read_by_its_own_reader(read: Read) -> None:
    found = read("a.zip", packed({"docs/a.md": "# Plan\n\nGo.", "b.pdf": pdf([(11, 700, "Page words.")]), "c/": ""}))
    assert texts(found) == {"docs/a.md": "# Plan\n\nGo.", "b.pdf": "Page words."}
    assert {parsed.files for parsed in found} == {("docs/a.md",), ("b.pdf",)}
    assert {parsed.title for parsed in found} == {"Plan", "Page words."}
    assert notes(found) == ""


@pytest.mark.parametrize("mode", ["w:gz", "w", "w:xz", "w:bz2"])
def test_tar_archives_are_read_alike(read: Read, mode: str) -> None:
    suffix = mode.replace("w:", ".").replace("w", "")
    found = read(f"a.tar{suffix}", tarred((member("a.txt"), b"Words."), mode=mode))
    assert texts(found) == {"a.txt": "Words."}


def test_an_archive_in_an_archive_is_opened_once(read: Read) -> None:
    nest = packed({"a.txt": "Words."})
    for name in ("one.zip", "two.zip"):
        nest = packed({name: nest, f"beside-{name}.txt": f"Beside {name}."})
    found = read("nest.zip", nest)
    assert texts(found) == {"beside-two.zip.txt": "Beside two.zip.", "two.zip/beside-one.zip.txt": "Beside one.zip."}
    assert ("two.zip/beside-one.zip.txt",) in [parsed.files for parsed in found]
    assert "two.zip/one.zip" in notes(found) or "an archive 3 deep" in notes(found)


@pytest.mark.parametrize(
    "name",
    [
        "../up.txt",
        "a/../../up.txt",
        "/etc/absolute.txt",
        "C:/windows.txt",
        "C:\\windows.txt",
        "..\\up.txt",
        "nul.txt",
        "a\nb.txt",
        "．．/up.txt",  # full-width dots
    ],
)
def test_a_name_that_leads_out_is_refused_and_named(read: Read, name: str) -> None:
    found = read("slip.zip", packed({"good.txt": "Good.", name: "Bad."}))
    assert texts(found) == {"good.txt": "Good."}
    assert "its name" in notes(found)


def test_a_name_that_is_there_twice_is_read_once(read: Read) -> None:
    found = read("twice.zip", packed({"a.txt": "First.", "A.TXT": "Second."}))
    assert texts(found) == {"a.txt": "First."}
    assert "there twice" in notes(found)


def test_a_name_with_a_zero_in_it_is_refused(read: Read) -> None:
    data = packed({"good.txt": "Good.", "evil.exe@.txt": "Bad."}).replace(b"evil.exe@.txt", b"evil.exe\0.txt")
    found = read("zero.zip", data)
    assert texts(found) == {"good.txt": "Good."}
    assert "control characters" in notes(found)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_left_out(read: Read, kind: bytes) -> None:
    found = read("a.tgz", tarred((member("a.txt"), b"Words."), (member("link.txt", kind, "/etc/hostname"), b"")))
    assert texts(found) == {"a.txt": "Words."}
    assert "'link.txt': a link or a device" in notes(found)


def test_a_link_in_a_zip_is_left_out(read: Read) -> None:
    import zipfile

    data = io.BytesIO(packed({"a.txt": "Words."}))
    with zipfile.ZipFile(data, "a") as archive:
        info = zipfile.ZipInfo("link.txt")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/hostname")
    assert texts(read("a.zip", data.getvalue())) == {"a.txt": "Words."}


def test_a_member_that_fails_is_named_with_its_reason(read: Read) -> None:
    found = read(
        "a.zip", packed({"a.txt": "Words.", "b.pdf": "no pdf", "c.bin": b"\x89PNG\r\n\x1a\n" * 50, "d.md": ""})
    )
    assert texts(found) == {"a.txt": "Words."}
    assert all(name in notes(found) for name in ("b.pdf", "c.bin", "d.md"))


def test_an_archive_with_nothing_to_read_says_why(read: Read) -> None:
    with pytest.raises(UnreadableSource, match=r"c\.bin.*no reader"):
        read("a.zip", packed({"c.bin": b"\x89PNG\r\n\x1a\n" * 50}))
    with pytest.raises(UnreadableSource, match="is empty"):
        read("a.zip", packed({}))


def test_office_files_are_no_archives() -> None:
    assert not any(READER.claims(look_at(Path(__file__), name)) for name in ("a.docx", "a.epub", "a.xlsx", "a.md"))


def test_a_bomb_inside_is_one_members_failure(read: Read) -> None:
    bomb = docx(paragraph("x") * 60_000)
    found = read("a.zip", packed({"a.txt": "Words.", "bomb.docx": bomb}))
    assert texts(found) == {"a.txt": "Words."}
    assert "bomb.docx" in notes(found)


# --- limits of the whole ------------------------------------------------------------------------------------------

BOMBS = {
    "ratio.zip": (packed({"zeros.txt": b"0" * 20_000_000}), LIMITS),
    "ratio.tar.gz": (tarred((member("zeros.txt"), b"0" * 20_000_000)), LIMITS),
    "bytes.zip": (packed({"a.txt": "a" * 600, "b.txt": "b" * 600}), replace(LIMITS, archive_bytes=1_000)),
    "entries.zip": (packed({f"{n}.txt": "a" for n in range(20)}), replace(LIMITS, archive_entries=19)),
    "entries.tgz": (tarred(*((member(f"{n}.txt"), b"a") for n in range(20))), replace(LIMITS, archive_entries=19)),
    "nested.zip": (
        packed({f"{n}.zip": packed({f"{m}.txt": "a" for m in range(10)}) for n in range(5)}),
        replace(LIMITS, archive_entries=30),
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused(read: Read, name: str) -> None:
    data, limits = BOMBS[name]
    with pytest.raises(LimitExceeded) as raised:
        read(name, data, limits)
    assert raised.value.fix


def test_a_nest_of_forty_two_is_ended_by_its_depth(read: Read) -> None:
    nest = packed({"zeros.txt": b"0" * 5_000_000})
    for _ in range(5):
        nest = packed({f"{n}.zip": nest for n in range(8)})
    with pytest.raises(UnreadableSource, match="3 deep"):
        read("42.zip", nest)


def test_a_size_that_lies_is_found_out(read: Read) -> None:
    """The directory says 10 bytes where 1,000,000 come out."""
    data = bytearray(packed({"a.txt": "Words.", "lie.txt": "0" * 1_000_000}))
    at = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4)
    struct.pack_into("<I", data, at + 24, 10)
    found = read("lie.zip", bytes(data))
    assert texts(found) == {"a.txt": "Words."}
    assert "lie.txt: it is damaged" in notes(found)


def test_entries_that_overlap_are_refused(read: Read) -> None:
    """Two entries of the directory that name the same packed bytes."""
    data = packed({"a.txt": "".join(map(str, range(200_000)))})
    start = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    entry = data[start:end]
    closing = bytearray(data[end:])
    struct.pack_into("<HHI", closing, 8, 2, 2, 2 * len(entry))
    twin = entry.replace(b"a.txt", b"b.txt")
    with pytest.raises(UnreadableSource, match="overlap"):
        read("overlap.zip", data[:start] + entry + twin + bytes(closing))


def test_a_broken_tar_is_refused(read: Read) -> None:
    with pytest.raises(UnreadableSource, match="damaged"):
        read("a.tar.gz", b"\x1f\x8b\x08 and then nothing")

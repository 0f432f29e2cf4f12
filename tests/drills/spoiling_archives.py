"""Ways to spoil an archive: what is in it, what it says of itself, and the names it gives."""

import io
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Mapping

from tests.drills.samples import Folder, tarred
from tests.drills.spoiling import BYTES, Luck, Mutation
from tests.ingest.documents import packed

UNREADABLE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
    LookupError,
    ArithmeticError,
    MemoryError,
)


def names(luck: Luck) -> tuple[str, ...]:
    path = str(luck.secret)
    up = "../" * luck.rng.randint(1, 12)
    return (
        f"{up}escaped.txt",
        f"a/{up}escaped.md",
        f"{path}.escaped",
        f"{up}{path[1:]}.escaped",
        "..\\..\\escaped.txt",
        "C:\\escaped.txt",
        "//host/escaped.txt",
        "nul.txt",
        "dir/COM1",
        "a\nb.txt",
        "x" * 300 + ".txt",
        "/".join("d" * 200),
        ".",
        "..",
        "dir/",
        "a//b.txt",
        "a/./b.txt",
        "a.md/b.md",
        "\u202egnp.exe.md",
        "~/escaped.txt",
        "$HOME/escaped.txt",
        "．．/escaped.txt",
    )


def members(data: bytes) -> Folder:
    """What is in a sound ZIP or tar archive; empty where it is neither."""
    try:
        if data.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            return {entry.name: handle.read() for entry in tar if entry.isreg() and (handle := tar.extractfile(entry))}
    except UNREADABLE:
        return {}


def packed_as(data: bytes, files: Mapping[str, bytes]) -> bytes:
    return packed(files) if data.startswith(b"PK") else tarred(files, "w:gz" if data.startswith(b"\x1f") else "w")


def spoil_members(data: bytes, luck: Luck) -> bytes:
    """Behind the check sums: what a library meets once it has unpacked."""
    files = members(data)
    for name in luck.rng.sample(sorted(files), min(len(files), luck.rng.choice((1, 2, 50)))):
        files[name] = luck.rng.choice(BYTES)(files[name], luck)
    return packed_as(data, files)


def lose_members(data: bytes, luck: Luck) -> bytes:
    files = members(data)
    gone = luck.rng.sample(sorted(files), luck.rng.randrange(len(files) + 1))
    return packed_as(data, {name: content for name, content in files.items() if name not in gone})


def odd_names(data: bytes, luck: Luck) -> bytes:
    files, wanted = members(data), names(luck)
    spoiled = {luck.rng.choice(wanted) if luck.rng.random() < 0.3 else name: content for name, content in files.items()}
    spoiled |= {name.upper(): b"again" for name in luck.rng.sample(sorted(files), 1)}
    return packed_as(data, spoiled | {name: b"Escaped." for name in luck.rng.sample(wanted, 4)})


def nul_names(data: bytes, luck: Luck) -> bytes:
    end = luck.rng.choice(("\0.txt", "\x1b[2J.txt", "\r\n.txt"))
    return packed_as(data, members(data) | {"evil.exe@.txt": b"Bad."}).replace(
        b"@.txt", end.encode()[:5].ljust(5, b"t")
    )


def archive_of_itself(data: bytes, luck: Luck) -> bytes:
    for n in range(luck.rng.choice((1, 2, 3, 60))):
        data = packed({f"{n}.zip" if data.startswith(b"PK") else f"{n}.tar": data, "beside.txt": "Beside."})
    return data


def lying_sizes(data: bytes, luck: Luck) -> bytes:
    """Sizes in the headers of ZIP; the size and check sum of a member of tar."""
    out = bytearray(data)
    value = luck.rng.choice((0, 1, 2**20, 2**31 - 1, 2**32 - 1, 2**32 - 2))
    for sign, places in (
        (b"PK\x01\x02", (20, 24, 42, 28)),
        (b"PK\x03\x04", (18, 22, 26)),
        (b"PK\x05\x06", (10, 12, 16)),
    ):
        for found in re.finditer(re.escape(sign), data):
            place = found.start() + luck.rng.choice(places)
            if luck.rng.random() < 0.5 and place + 4 <= len(out):
                out[place : place + 4] = struct.pack("<I", value)
    if data[257:262] == b"ustar":
        out[124:136] = luck.rng.choice((b"77777777777\0", b"-0000000001\0", b"\x80" + b"\xff" * 11, b"00000000000\0"))
        out[148:156] = b"%06o\0 " % (sum(out[:148]) + 8 * 32 + sum(out[156:512]))
    return bytes(out)


def links_and_devices(data: bytes, luck: Luck) -> bytes:
    """Members that are no files, and one that is written through a link."""
    files = {name: content for name, content in members(data).items() if not name.startswith("link")}
    secret = str(luck.secret)
    if data.startswith(b"PK"):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for mode in (0o120777, 0o020666, 0o010666):
                info = zipfile.ZipInfo(f"link{mode:o}.txt")
                info.create_system, info.external_attr = 3, mode << 16
                archive.writestr(info, secret)
            for name, content in files.items():
                archive.writestr(name, content)
        return out.getvalue()
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for n, kind in enumerate(
            (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.GNUTYPE_SPARSE)
        ):
            info = tarfile.TarInfo(f"link{n}.txt")
            info.type, info.linkname = kind, luck.rng.choice((secret, str(luck.secret.parent), "/", "link0.txt", ""))
            tar.addfile(info)
        for name, content in {**files, "link0.txt": b"Written through."}.items():
            info = tarfile.TarInfo(luck.rng.choice((name, f"link0.txt/{name}")))
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def bomb(data: bytes, luck: Luck) -> bytes:
    name = luck.rng.choice([*members(data), "zeros.txt"])
    filler = luck.rng.choice((b"\0", b" ", b"<p>", b"a\n")) * 12_000_000
    return packed_as(data, members(data) | {name: filler})


ARCHIVES: tuple[Mutation, ...] = (
    *(spoil_members,) * 6,
    lose_members,
    odd_names,
    nul_names,
    archive_of_itself,
    lying_sizes,
    links_and_devices,
)

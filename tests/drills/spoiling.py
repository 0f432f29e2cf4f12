"""Ways to spoil the bytes of any file, by chance."""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

NUMBERS = (
    b"1e999",
    b"-1",
    b"0",
    b"99999999999999999999",
    b"1" * 5000,
    b"NaN",
    b"1e-400",
    b"2147483648",
    b"'x'",
    b"null",
)
NESTS = ((b"[", b"]"), (b'{"a":', b"}"), (b"<a>", b"</a>"), (b"> ", b""), (b"(", b")"), (b"*", b"*"), (b"{\\b ", b"}"))
INVALID = (
    b"\xff\xfe",
    b"\xc0\xaf",
    b"\xed\xa0\x80",
    b"\0",
    b"\x80" * 9,
    b"\xf4\x90\x80\x80",
    "\u202e\u2066\ufeff".encode(),
)
NUMBER = re.compile(rb"\d{1,19}")


@dataclass(frozen=True, slots=True)
class Luck:
    """What a mutation may use: chance, the other sound files, and a file outside that no text may be taken from."""

    rng: random.Random
    others: Sequence[bytes]
    secret: Path

    def spot(self, data: bytes) -> int:
        return self.rng.randrange(len(data) + 1)


Mutation = Callable[[bytes, Luck], bytes]


def cut_off(data: bytes, luck: Luck) -> bytes:
    return data[: luck.spot(data)]


def lose_the_beginning(data: bytes, luck: Luck) -> bytes:
    return data[luck.spot(data) :]


def flip_bits(data: bytes, luck: Luck) -> bytes:
    out = bytearray(data)
    for _ in range(luck.rng.choice((1, 3, 20, 200)) if out else 0):
        out[luck.rng.randrange(len(out))] ^= 1 << luck.rng.randrange(8)
    return bytes(out)


def splice(data: bytes, luck: Luck) -> bytes:
    other = luck.rng.choice(luck.others)
    return data[: luck.spot(data)] + other[luck.spot(other) :]


def repeat(data: bytes, luck: Luck) -> bytes:
    start = luck.spot(data)
    block = data[start : start + luck.rng.choice((8, 200, 4096))]
    return data[:start] + block * luck.rng.choice((2, 50, 3000)) + data[start:]


def zero(data: bytes, luck: Luck) -> bytes:
    start, length = luck.spot(data), luck.rng.choice((4, 64, 1024))
    return data[:start] + bytes(len(data[start : start + length])) + data[start + length :]


def odd_numbers(data: bytes, luck: Luck) -> bytes:
    share = luck.rng.choice((0.02, 0.2, 1.0))
    return NUMBER.sub(lambda found: luck.rng.choice(NUMBERS) if luck.rng.random() < share else found[0], data)


def nest_deeply(data: bytes, luck: Luck) -> bytes:
    opened, closed = luck.rng.choice(NESTS)
    depth, start = luck.rng.choice((50, 2000, 100_000)), luck.rng.choice((0, luck.spot(data)))
    end = luck.rng.choice((start, len(data)))
    return data[:start] + opened * depth + data[start:end] + closed * depth + data[end:]


def no_text(data: bytes, luck: Luck) -> bytes:
    for _ in range(luck.rng.choice((1, 30))):
        start = luck.spot(data)
        data = data[:start] + luck.rng.choice(INVALID) + data[start:]
    return data


def one_giant_line(data: bytes, luck: Luck) -> bytes:
    glued = data.replace(b"\n", luck.rng.choice((b"", b" ", b"\r")))
    start = luck.spot(glued)
    return (
        glued[:start] + luck.rng.choice((b"a", b"a ", b"<", b"[", b'"', b",", b"\\", b"&#")) * 400_000 + glued[start:]
    )


def change_types(data: bytes, luck: Luck) -> bytes:
    """A value of JSON becomes one of another kind."""
    wrong = (b"[]", b"{}", b"null", b"true", b'""', b"-1.5e300", b'{"a": [null]}', b'"\\ud800"')
    share = luck.rng.choice((0.05, 0.5))
    pattern = re.compile(rb'(?<=: )("[^"\\]{0,200}"|\d+)')
    return pattern.sub(lambda found: luck.rng.choice(wrong) if luck.rng.random() < share else found[0], data)


def point_outside(data: bytes, luck: Luck) -> bytes:
    """Whatever makes some program read another file, run something, or ask the network."""
    path = str(luck.secret)
    tricks = (
        f'<!DOCTYPE d [<!ENTITY x SYSTEM "file://{path}">]><d>&x;</d>',
        f'<iframe src="file://{path}"></iframe><img src="file://{path}"><link rel=import href="file://{path}">',
        f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{path}" parse="text"/>',
        f"\n.. include:: {path}\n\n.. raw:: html\n   :file: {path}\n\n.. literalinclude:: {path}\n",
        f'\n#+INCLUDE: "{path}"\n\\input{{{path}}}\n![x]({path})\n--8<-- "{path}"\n',
        f'!!python/object/apply:os.system ["touch {path}.ran"]\n',
        f'{{\\field{{\\*\\fldinst INCLUDETEXT "{path}"}}}}',
        f'=WEBSERVICE("file://{path}")\n=cmd|"/c touch {path}.ran"!A1\n',
    )
    start = luck.rng.choice((0, luck.spot(data)))
    return data[:start] + luck.rng.choice(tricks).encode() + data[start:]


BYTES: tuple[Mutation, ...] = (
    cut_off,
    lose_the_beginning,
    flip_bits,
    flip_bits,
    splice,
    repeat,
    zero,
    odd_numbers,
    nest_deeply,
    no_text,
    one_giant_line,
    change_types,
    point_outside,
)

"""Spoiled files, from sound ones: the same number gives the same files."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tests.drills.samples import Folder
from tests.drills.spoiling import BYTES, Luck
from tests.drills.spoiling_archives import ARCHIVES, bomb, members

ODD = ("a\nb", "-rf", "o\u202er", "tab\tbed", "日本", "x" * 200, "qu'o\"te", "%s{0}")
MOST_BYTES = 2**20  # of what is spoiled a second time: odd numbers of odd numbers fill gigabytes
SUFFIXES = (".txt", ".md", ".zip", ".pdf", ".json", ".csv", ".html", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoiled:
    """`content` at `path`: the bytes of a file, or the files of a folder that is one thing."""

    path: str
    content: bytes | Folder
    how: str


def spoiled_files(
    count: int, *, files: Mapping[str, bytes], folders: Mapping[str, Folder], secret: Path, seed: int = 1
) -> Iterator[Spoiled]:
    """One in twelve is a folder that is one thing; the others take turns through `files`."""
    luck = Luck(random.Random(seed), list(files.values()), secret)
    order, things = sorted(files), sorted(folders)
    luck.rng.shuffle(order)
    for n in range(count):
        if n % 12 == 11:
            name = things[n // 12 % len(things)]
            yield _spoiled_folder(n, name, folders[name], luck)
        else:
            yield _spoiled_file(n, order[n % len(order)], files, luck)


def _spoiled_file(n: int, name: str, files: Mapping[str, bytes], luck: Luck) -> Spoiled:
    data, done = files[name], []
    for _ in range(luck.rng.choice((1, 1, 1, 2))):
        if len(data) > MOST_BYTES:
            break
        table = ARCHIVES if members(data) and luck.rng.random() < 0.7 else BYTES
        mutation = bomb if table is ARCHIVES and luck.rng.random() < 0.01 else luck.rng.choice(table)
        data = mutation(data, luck)
        done.append(mutation.__name__)
    return Spoiled(path=_odd_path(n, name, luck), content=data, how=", ".join(done))


def _odd_path(n: int, name: str, luck: Luck) -> str:
    """Now and then a name that is hard to show, and now and then the suffix of something else."""
    path = PurePosixPath(name)
    suffix = "".join(path.suffixes[-2:]) if ".tar" in path.suffixes else path.suffix
    chance = luck.rng.random()
    if chance < 0.03:
        return f"{n:04} {luck.rng.choice(ODD)}{suffix}"
    if chance < 0.06:
        return f"{n:04}-{path.stem}{luck.rng.choice(SUFFIXES)}"
    return f"{n:04}-{name}"


def _spoiled_folder(n: int, name: str, folder: Folder, luck: Luck) -> Spoiled:
    """Its inner names stay: they are what claims it."""
    files, done = dict(folder), []
    for inside in luck.rng.sample(sorted(files), min(len(files), luck.rng.choice((1, 2, 8)))):
        mutation = luck.rng.choice(BYTES)
        files[inside] = mutation(files[inside], luck)
        done.append(mutation.__name__)
    return Spoiled(path=f"{n:04}/{name}", content=files, how=", ".join(done))

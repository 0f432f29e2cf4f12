"""What goes wrong at a user's hands: a clear message, the right exit code, and everything else still done."""

import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.parts import CHECKOUT, COMMAND, Ended, called, environment, owner, real, started
from tests.ingest.documents import docx, packed, paragraph, pdf

pytestmark = pytest.mark.slow

GOOD = "# Good\n\nThe node heron has a slow disk.\n"
QUESTION = "Which node has a slow disk?"


def fill_with_bad_files(folder: Path) -> None:
    (folder / "good.md").write_text(GOOD)
    (folder / "empty.md").write_bytes(b"")
    (folder / "binary.md").write_bytes(bytes(range(256)) * 20)
    (folder / "broken.txt").write_bytes("Größe: sieben Milliarden. ".encode() + b"\xff\xfe\x80 the kestrel hovers\n")
    shutil.copy(CHECKOUT / "tests" / "data" / "documents" / "encrypted.pdf", folder)
    (folder / "bomb.docx").write_bytes(docx(paragraph("x" * (120 * 2**20))))
    (folder / "slip.zip").write_bytes(packed({"../../evil.md": "# Evil", "inside.md": "# Inside\n\nA merlin stoops."}))
    (folder / "loop.pdf").write_bytes(
        pdf([(12, 700, "Only page")], pages_object="<< /Type /Pages /Kids [2 0 R 4 0 R 2 0 R] /Count 1000000000 >>")
    )
    (folder / "cut.pdf").write_bytes(pdf([(12, 700, "Hello")])[:300])
    (folder / "thing.xyz").write_bytes(bytes(range(256)))
    os.mkfifo(folder / "pipe.md")
    (folder / "device.md").symlink_to("/dev/zero")
    with (folder / "huge.json").open("wb") as file:
        file.write(b"[" + b'{"a": 1},' * 10)
        file.truncate(200 * 2**20)  # a hole: no disk is used, every byte is read


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("bad")
    fill_with_bad_files(made)
    return made


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def ingested(folder: Path, home: Path) -> Ended:
    return called("--home", home, "ingest", folder, "nowhere.md", "--json")


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("binary.md", "is no text: it looks like binary data. Give it the extension"),
        ("encrypted.pdf", "is encrypted. Remove the password"),
        ("bomb.docx", "as a ZIP bomb does"),
        ("cut.pdf", "is no PDF that can be opened"),
        ("huge.json", "is larger than 50 MiB. Split it"),
        ("nowhere.md", "not there"),
    ],
)
def test_what_cannot_be_read_fails_with_its_name_and_what_to_do(ingested: Ended, file: str, told: str) -> None:
    (reason,) = [item["reason"] for item in ingested.json["failed"] if item["file"] == file]
    assert told in reason


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("empty.md", "empty"),
        ("broken.txt", "It is not UTF-8"),
        ("slip.zip", "its name leads out of the archive"),
        ("thing.xyz", "no reader for .xyz"),
        ("pipe.md", "no ordinary file"),
        ("device.md", "a symbolic link"),
    ],
)
def test_what_is_left_out_is_told_and_no_failure(ingested: Ended, file: str, told: str) -> None:
    assert told in " ".join(item["reason"] for item in ingested.json["skipped"] if item["file"] == file)
    assert file not in {item["file"] for item in ingested.json["failed"]}


def test_a_bad_file_never_stops_the_others(ingested: Ended, home: Path) -> None:
    assert ingested.code == 1
    assert "Traceback" not in ingested.err
    for query, source in ((QUESTION, "good.md"), ("kestrel hovers", "broken.txt"), ("merlin stoops", "slip.zip")):
        hits = called("--home", home, "search", query, "--json").json["hits"]
        assert source in hits[0]["source"]


def test_an_empty_file_alone_is_no_failure(folder: Path, tmp_path: Path) -> None:
    ended = called("--home", tmp_path / "home", "ingest", folder / "empty.md")
    assert (ended.code, ended.err.strip()) == (0, "skipped empty.md: empty")


def test_a_setting_nobody_knows_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    ended = real("status", cwd=tmp_path, settings={"TEAMLORE_HOM": "x"})
    assert (ended.code, ended.out) == (2, "")
    assert "TEAMLORE_HOM in the environment is not a setting." in ended.err
    assert "Did you mean TEAMLORE_HOME?" in ended.err


def test_a_port_that_is_taken_is_named_before_anything_is_opened(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = called("--home", tmp_path / "home", "serve", "--port", port)
    assert ended.code == 2
    assert f"Port {port} on 127.0.0.1 is taken" in ended.err
    assert "--any-port" in ended.err
    assert not (tmp_path / "home").exists()


def test_a_full_disk_ends_the_ingest_with_1_and_room_lets_it_go_on(folder: Path, tmp_path: Path) -> None:
    """A limit on the size of files stands in for the disk: SQLite sees both as a write that fails."""
    home = tmp_path / "home"
    command = [*COMMAND, "--home", str(home), "ingest", str(folder / "good.md")]
    full = subprocess.run(
        command,
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000)),
    )
    assert (full.returncode, full.stdout) == (1, "")
    assert "disk of the registry" in full.stderr
    assert "Traceback" not in full.stderr
    assert called("--home", home, "ingest", folder / "good.md").code == 0


@pytest.fixture
def read_only(home: Path, ingested: Ended, tmp_path: Path) -> Iterator[Path]:
    """A copy of the home on a disk that cannot be written; skips where nothing may be mounted."""
    assert ingested.code == 1
    disk = tmp_path / "disk"
    shutil.copytree(home, disk)
    commands = (["mount", "--bind", disk, disk], ["mount", "-o", "remount,ro,bind", disk])
    if sys.platform != "linux" or any(subprocess.run(command, capture_output=True).returncode for command in commands):
        pytest.skip("mounting is not allowed here")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_home_on_a_read_only_disk_answers_and_is_not_written(read_only: Path, folder: Path) -> None:
    answer = called("--home", read_only, "ask", QUESTION, "--json")
    assert answer.json["citations"][0]["source"] == "good.md"
    assert called("--home", read_only, "keys", "list").code == 0
    for words in (["ingest", str(folder)], ["keys", "create", "bot"]):
        ended = called("--home", read_only, *words)
        assert (ended.code, ended.out) == (1, "")
        assert "Read-only file system" in ended.err
        assert "Set TEAMLORE_HOME" in ended.err


def test_what_is_not_for_the_user_to_read_is_named(tmp_path: Path) -> None:
    """The superuser gives up the right to read everything; everybody else has none."""
    before: list[str] = []
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("setpriv is not here, and the superuser may read everything")
        before = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    for name in ("open.md", "closed.md", "folder/inside.md"):
        (tmp_path / "notes" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "notes" / name).write_text(GOOD)
    (tmp_path / "notes" / "closed.md").chmod(0)
    (tmp_path / "notes" / "folder").chmod(0)
    home = tmp_path / "home"
    words = ("--home", home, "ingest", "notes", "notes/folder/inside.md", "--json")
    ended = real(*words, cwd=tmp_path, before=before)
    told = {item["file"]: item["reason"] for item in ended.json["failed"]}
    assert (ended.code, ended.json["documents"]) == (1, 1)
    assert told["closed.md"] == "cannot be read: Permission denied"
    assert told["folder"] == "cannot be looked into: Permission denied"
    assert "not for you to see" in told["notes/folder/inside.md"]
    home.chmod(0)
    refused = real("status", cwd=tmp_path, settings={"TEAMLORE_HOME": str(home)}, before=before)
    home.chmod(0o700)
    assert refused.code == 2
    assert "Permission denied" in refused.err


def test_while_an_ingest_runs_others_ask_and_no_second_one_writes(tmp_path: Path) -> None:
    notes, home = tmp_path / "notes", tmp_path / "home"
    notes.mkdir()
    (notes / "good.md").write_text(GOOD)
    for n in range(400):
        text = "\n\n".join(f"Record {n} of the field station, part {part}: {n * part} clips." for part in range(30))
        (notes / f"{n}.md").write_text(f"# Station {n}\n\n{text}\n")
    assert called("--home", home, "ingest", notes / "good.md").code == 0
    with started("--home", home, "ingest", notes, cwd=tmp_path) as writer:
        pid = owner(home, writer)["pid"]
        refused = real("--home", home, "ingest", notes, cwd=tmp_path)
        status = called("--home", home, "status", "--json")
        answer = called("--home", home, "ask", QUESTION, "--json")
        assert writer.poll() is None, "it was done too soon for this test"
        writer.terminate()
        writer.wait(20)
    assert refused.code == 3
    assert f"Process {pid} is writing" in refused.err
    assert (status.code, status.json["service"]) == (0, None)
    assert (answer.code, bool(answer.json["citations"])) == (0, True)


def test_commands_go_through_the_service_which_ends_with_0(folder: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert real("--home", home, "ingest", folder / "good.md", cwd=tmp_path).code == 0
    alone = real("--home", home, "ask", QUESTION, "--json", cwd=tmp_path)
    with started("--home", home, "serve", "--port", "0", cwd=tmp_path) as service:
        url = _serving(home, service)
        ended = called("--home", home, "ingest", folder / "broken.txt", "nowhere.md", "--json")
        assert (ended.code, ended.json["documents"], len(ended.json["failed"])) == (1, 1, 1)
        assert called("--home", home, "ask", QUESTION, "--json").json["citations"] == alone.json["citations"]
        assert called("--home", home, "status", "--json").json["service"] == url
        assert called("--home", home, "show", "nothing").code == 2
        gone = str(called("--home", home, "search", "kestrel", "--json").json["hits"][0]["document_id"])
        assert called("--home", home, "purge", "nothing", gone, "--json").json["purged"] == [gone]
        second = real("--home", home, "serve", "--port", "0", cwd=tmp_path)
        assert second.code == 3
        assert f"process {service.pid}" in second.err
        service.send_signal(signal.SIGTERM)
        out, err = service.communicate(timeout=30)
    assert (service.returncode, err) == (0, "")
    assert f"{url}/ui" in out
    assert "request" not in out


def _serving(home: Path, service: "subprocess.Popen[str]") -> str:
    from rag.client import Client, Unreachable

    url = str(owner(home, service)["url"])
    give_up = time.monotonic() + 300
    while time.monotonic() < give_up:
        try:
            with Client(url) as client:
                client.ready()
            return url
        except Unreachable:
            time.sleep(0.1)
    raise AssertionError("it never answered")

"""What exports say of a channel, kept beside each other; and updates of some parts of a path."""

from dataclasses import replace

from sqlalchemy import Engine

from rag.domain.chats import Channel, Excerpt, Export, Said
from rag.domain.records import Identity
from rag.registry.catalog import SqlCatalog
from rag.registry.chats import SqlChats, place_of
from tests.registry.parts import MODEL, document, ids, put, replayed, source, update

SAID = Said(
    id="7", time="2026-03-01T09:00:00+00:00", author="Ada", url="https://chat.example/7", body="Ada · …\nhi\n\n"
)
THREAD = Excerpt(
    key="slack:C1/7",
    kind="chat",
    title="#help: hi",
    files=("help/2026-03-01.json",),
    people=(Identity(system="slack", id="U1", name="Ada", email="ada@team.example"),),
    messages=(SAID,),
)


def export(of: str, path: str, *threads: Excerpt) -> Export:
    times = {"first": "2026-03-01", "last": "2026-03-02", "exported": "2026-03-03"}
    return Export(source=of, path=path, channel="slack:C1", name="help", threads=threads, **times)


def waiting(chats: SqlChats) -> Channel:
    (channel,) = chats.waiting("default")
    return channel


def test_what_is_put_is_read_again_word_for_word(engine: Engine) -> None:
    chats, of = SqlChats(engine), source(SqlCatalog(engine))
    said = [export(of.id, "a", THREAD), export(of.id, "b", THREAD, replace(THREAD, key="slack:C1/9", messages=()))]
    for each in said:
        chats.put(of, each.path, [each])
    channel = waiting(chats)
    assert chats.exports(channel) == said
    assert (channel.source, channel.path) == (of.id, "slack/help")
    assert chats.paths(of.id) == {"a", "b"}


def test_a_channel_that_changes_while_it_is_merged_still_waits(engine: Engine) -> None:
    chats, of = SqlChats(engine), source(SqlCatalog(engine))
    chats.put(of, "a", [export(of.id, "a", THREAD)])
    before = waiting(chats)
    chats.put(of, "b", [export(of.id, "b", THREAD)])
    chats.settle([before])
    now = waiting(chats)
    chats.settle([now])
    assert chats.waiting("default") == []
    assert chats.waiting("another") == []


def test_a_file_that_is_called_as_a_channel_would_be_keeps_its_path(engine: Engine) -> None:
    catalog, chats = SqlCatalog(engine), SqlChats(engine)
    of = source(catalog)
    put(catalog, of, "slack/help", "a file")
    chats.put(of, "a", [export(of.id, "a", THREAD)])
    assert waiting(chats).path.startswith("slack/help-")


def test_names_of_channels_become_readable_paths() -> None:
    named = [("slack:C1", "help"), ("slack:D1", "Ada, Bo Ørsted"), ("zulip:x/1", "../../etc"), ("zulip:x/1", "…")]
    paths = [place_of(*each) for each in named]
    assert paths[:3] == ["slack/help", "slack/Ada-Bo-Ørsted", "zulip/etc"]
    assert paths[3].startswith("zulip/")
    assert len(paths[3]) == 12


def test_an_update_of_some_parts_leaves_the_others_and_forgets_what_it_hides(engine: Engine) -> None:
    catalog, chats = SqlCatalog(engine), SqlChats(engine)
    of = source(catalog)
    parts = {part: document(of, "slack/help", f"{part}\n", part=part) for part in ("1", "2", "3")}
    catalog.commit([update(of, "slack/help", *parts.values())], model=MODEL)
    changed = document(of, "slack/help", "1 changed\n", part="1", fingerprint="2")
    some = update(of, "slack/help", changed)
    catalog.commit([replace(some, gone=("2", "never there"), outcome=None)], model=MODEL)
    channel = Channel(space="default", key="slack:C1", source=of.id, path="slack/help", change=1)
    assert chats.stored(channel) == {"1": "2", "2": "", "3": "1"}
    assert ids(catalog) == replayed(catalog) == sorted([f"{parts['1'].id}:2:0", f"{parts['3'].id}:1:0"])

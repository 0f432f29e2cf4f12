"""Exports of one channel that overlap, age and contradict each other: each message once, as it was last seen."""

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from rag.registry.database import open_database
from tests.ingest.chats import Chat, Cut, Posted, expected, parts_of

END = 60
spaces = itertools.count()


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = open_database("sqlite://")
    yield engine
    engine.dispose()


@pytest.fixture
def chat(engine: Engine) -> Chat:
    return Chat(engine, space=f"space{next(spaces)}")


@st.composite
def channels(draw: st.DrawFn) -> list[Posted]:
    minutes = sorted(draw(st.sets(st.integers(1, END - 10), min_size=1, max_size=9)))
    posts: list[Posted] = []
    for minute in minutes:
        roots = [post.minute for post in posts if post.reply_to is None and (post.deleted or END) > minute]
        later = st.integers(minute + 1, END)
        posts.append(
            Posted(
                minute=minute,
                author=draw(st.sampled_from(["Ada", "Bo", "Cyd"])),
                reply_to=draw(st.sampled_from([None, *roots])),
                edits=tuple(sorted(draw(st.sets(later, max_size=2)))),
                deleted=draw(st.none() | later),
            )
        )
    return posts


@st.composite
def cuts(draw: st.DrawFn) -> list[Cut]:
    made = []
    for n, now in enumerate(draw(st.lists(st.integers(2, END), min_size=1, max_size=5))):
        first = draw(st.integers(0, now))
        made.append(
            Cut(
                path=f"export{n}",
                now=now,
                first=first,
                last=draw(st.integers(first, now)),
                told=draw(st.booleans()),
                name=draw(st.sampled_from(["help", "help-me"])),
                zone=draw(st.integers(-11, 12)),
                backwards=draw(st.booleans()),
                promotes=draw(st.booleans()),
            )
        )
    return made


def check_any_order(engine: Engine, channel: list[Posted], made: list[Cut], data: st.DataObject) -> None:
    there, back = Chat(engine, space=f"space{next(spaces)}"), Chat(engine, space=f"space{next(spaces)}")
    for chat in (there, back):
        for cut in data.draw(st.permutations(made)):
            chat.ingest(cut.path, parts_of(channel, cut), source=data.draw(st.sampled_from(["one", "two"])))
    assert there.messages() == expected(channel, made)
    assert {key: (text.text, text.info.title) for key, text in there.documents().items()} == {
        key: (text.text, text.info.title) for key, text in back.documents().items()
    }


def check_removal(engine: Engine, channel: list[Posted], made: list[Cut], data: st.DataObject) -> None:
    chat = Chat(engine, space=f"space{next(spaces)}")
    for cut in made:
        chat.ingest(cut.path, parts_of(channel, cut))
    gone = data.draw(st.sampled_from(made))
    chat.remove(gone.path)
    assert chat.messages() == expected(channel, [cut for cut in made if cut != gone])


QUICK = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
LONG = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.slow
@QUICK
@given(channel=channels(), made=cuts(), data=st.data())
def test_whatever_exports_come_in_whatever_order_each_message_is_there_once_as_last_seen(
    engine: Engine, channel: list[Posted], made: list[Cut], data: st.DataObject
) -> None:
    check_any_order(engine, channel, made, data)


@pytest.mark.slow
@QUICK
@given(channel=channels(), made=cuts(), data=st.data())
def test_without_one_of_the_exports_it_is_as_if_that_had_never_been(
    engine: Engine, channel: list[Posted], made: list[Cut], data: st.DataObject
) -> None:
    check_removal(engine, channel, made, data)


@pytest.mark.slow
@LONG
@given(channel=channels(), made=cuts(), data=st.data())
def test_the_same_many_more_times(engine: Engine, channel: list[Posted], made: list[Cut], data: st.DataObject) -> None:
    check_any_order(engine, channel, made, data)
    check_removal(engine, channel, made, data)


# --- one by one -----------------------------------------------------------------------------------------------------

CHANNEL = [
    Posted(minute=1, edits=(20,)),
    Posted(minute=2, author="Bo", deleted=30),
    Posted(minute=3, author="Cyd"),
    Posted(minute=12, author="Bo", reply_to=3),
    Posted(minute=25, author="Ada"),
]
EARLY = Cut(path="early", now=10, first=0, last=10, files=("early.json",))
LATE = Cut(path="late", now=40, first=0, last=40, files=("late.json",), name="help-me", zone=9)


def test_two_overlapping_exports_give_each_message_once_edited_and_deleted(chat: Chat) -> None:
    chat.ingest("late", parts_of(CHANNEL, LATE))
    chat.ingest("early", parts_of(CHANNEL, EARLY))
    assert chat.messages() == {"1": "message 1 edit 1", "3": "message 3", "12": "message 12", "25": "message 25"}


def test_a_message_that_got_its_first_reply_leaves_the_day_for_the_thread(chat: Chat) -> None:
    chat.ingest("early", parts_of(CHANNEL, EARLY))
    assert [*chat.documents()] == ["slack:T1/C1/2026-03-01"]
    chat.ingest("late", parts_of(CHANNEL, LATE))
    threads = {key: text.text.count(" UTC\n") for key, text in chat.documents().items()}
    assert threads == {"slack:T1/C1/2026-03-01": 2, "slack:T1/C1/3": 2}


def test_replies_in_a_later_export_join_the_message_they_answer(chat: Chat) -> None:
    chat.ingest("early", parts_of(CHANNEL, EARLY))
    chat.ingest("rest", parts_of(CHANNEL, Cut(path="rest", now=40, first=11, last=40)))
    thread = chat.documents()["slack:T1/C1/3"]
    assert thread.text.split("\n")[1::3] == ["message 3", "message 12"]
    assert (thread.info.authors, thread.info.date) == (("Cyd", "Bo"), "2026-03-01T09:03:00+00:00")


def test_what_an_export_does_not_claim_to_hold_is_not_deleted_by_it(chat: Chat) -> None:
    chat.ingest("early", parts_of(CHANNEL, EARLY))
    chat.ingest("some", parts_of(CHANNEL, Cut(path="some", now=40, first=20, last=40, told=False)))
    assert {"1", "2", "3", "25"} <= chat.messages().keys()


def test_a_renamed_channel_stays_where_it_was_under_its_new_name(chat: Chat) -> None:
    chat.ingest("early", parts_of(CHANNEL, EARLY))
    chat.ingest("late", parts_of(CHANNEL, LATE))
    assert {info.path for info in chat.infos()} == {"slack/help"}
    assert all(info.title.startswith("#help-me: ") for info in chat.infos())


def test_two_channels_of_one_name_have_two_paths(chat: Chat) -> None:
    chat.ingest("a", parts_of(CHANNEL, EARLY, "slack:T1/C1"))
    chat.ingest("b", parts_of(CHANNEL, EARLY, "slack:T2/C9"))
    paths = sorted({info.path for info in chat.infos()})
    assert len(paths) == 2
    assert paths[0] == "slack/help"
    assert paths[1].startswith("slack/help-")


def test_another_space_sees_nothing_of_it(engine: Engine, chat: Chat) -> None:
    other = Chat(engine, space=f"space{next(spaces)}")
    chat.ingest("early", parts_of(CHANNEL, EARLY))
    other.ingest("rest", parts_of(CHANNEL, Cut(path="rest", now=40, first=25, last=40)))
    assert other.messages() == {"25": "message 25"}
    assert "25" not in chat.messages()

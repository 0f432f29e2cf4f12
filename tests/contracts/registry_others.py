"""What every implementation of the smaller registry ports keeps. Subclass, and give the fixture named like the port."""

import pytest

from rag.domain.errors import BadInput, Conflict, NotFound
from rag.domain.ports import Conversations, Generations, Grants, Jobs
from rag.domain.types import Access, IngestReport, Principal, Progress, Trouble
from tests.registry.parts import answer


class GenerationsContract:
    def test_one_of_a_kind_is_current(self, generations: Generations) -> None:
        assert generations.current("dense") is None
        first, lexical = generations.begin("dense", "m"), generations.begin("lexical", "a")
        assert (first.state, first.position, generations.current("dense")) == ("building", 0, None)
        generations.advance(first.id, 7)
        generations.promote(first.id)
        generations.promote(lexical.id)
        second = generations.begin("dense", "m")
        generations.promote(second.id)
        current = generations.current("dense")
        assert current is not None
        assert (current.id, current.state) == (second.id, "current")
        assert [(each.id, each.position) for each in generations.retired("dense")] == [(first.id, 7)]
        assert generations.retired("lexical") == []

    def test_a_number_is_never_given_twice(self, generations: Generations) -> None:
        first = generations.begin("dense", "m")
        generations.forget(first.id)
        generations.forget(first.id)
        assert generations.begin("dense", "m").id > first.id

    def test_a_build_that_was_never_finished_is_retired_by_the_next(self, generations: Generations) -> None:
        abandoned = generations.begin("dense", "m")
        generations.begin("dense", "m")
        assert [each.id for each in generations.retired("dense")] == [abandoned.id]

    def test_an_unknown_one_is_not_found(self, generations: Generations) -> None:
        with pytest.raises(NotFound):
            generations.promote(99)
        with pytest.raises(NotFound):
            generations.advance(99, 1)


class GrantsContract:
    def test_access_is_positive(self, grants: Grants) -> None:
        grants.grant("team", "lab")
        grants.grant("team", "lab")
        assert grants.access(Principal(name="nobody")) == Access()
        assert grants.access(Principal(name="ann", groups=frozenset({"other"}))) == Access()
        assert grants.access(Principal(name="ann", groups=frozenset({"team"}))).spaces == {"lab"}
        assert grants.access(Principal(name="root", admin=True)).everything
        assert grants.spaces() == ["default", "lab"]

    def test_revoking_counts_at_once_and_twice(self, grants: Grants) -> None:
        grants.grant("team", "lab")
        grants.revoke("team", "lab")
        grants.revoke("team", "lab")
        assert grants.access(Principal(name="ann", groups=frozenset({"team"}))) == Access()

    def test_a_key_says_who_it_is_until_it_is_revoked(self, grants: Grants) -> None:
        key_id, key = grants.create_key("ann", frozenset({"team", "lab"}), admin=False)
        assert grants.principal(key) == Principal(name="ann", groups=frozenset({"team", "lab"}))
        grants.revoke_key(key_id)
        grants.revoke_key(key_id)
        assert grants.principal(key) is None

    @pytest.mark.parametrize("wrong", ["", "tl", "tl_", "tl__", "nonsense", "tl_x_y", "\x00", "\ud800", "é" * 10_000])
    def test_what_is_no_key_is_nobody(self, grants: Grants, wrong: str) -> None:
        _, key = grants.create_key("ann", frozenset(), admin=True)
        assert grants.principal(wrong) is None
        assert grants.principal(key[:-1]) is None
        assert grants.principal(key + "x") is None

    def test_listed_keys_do_not_show_the_key(self, grants: Grants) -> None:
        key_id, key = grants.create_key("ann", frozenset({"team"}), admin=True)
        (listed,) = grants.keys()
        assert (listed["id"], listed["name"], listed["groups"], listed["admin"]) == (key_id, "ann", ["team"], True)
        assert key.rsplit("_", 1)[1] not in str(listed)

    def test_a_name_has_one_valid_key(self, grants: Grants) -> None:
        key_id, _ = grants.create_key("ann", frozenset(), admin=False)
        with pytest.raises(Conflict):
            grants.create_key("ann", frozenset(), admin=True)
        grants.revoke_key(key_id)
        grants.create_key("ann", frozenset(), admin=False)

    def test_an_unknown_key_cannot_be_revoked(self, grants: Grants) -> None:
        with pytest.raises(NotFound):
            grants.revoke_key("nothing")


class JobsContract:
    def test_a_job_goes_from_queued_to_done(self, jobs: Jobs) -> None:
        job = jobs.create("ingest", "ann")
        assert (jobs.get(job.id), job.state) == (job, "queued")
        for done in range(3):
            jobs.update(job.id, progress=Progress(stage="read", done=done, total=3, item="a.md"))
        found = jobs.get(job.id)
        assert (found.state, found.progress) == ("running", Progress(stage="read", done=2, total=3, item="a.md"))
        report = IngestReport(files=2, failed=(Trouble(file="a", reason="b"),), seconds=1.5)
        jobs.finish(job.id, report=report)
        found = jobs.get(job.id)
        assert (found.state, found.report, found.error) == ("done", report, "")
        assert found.finished_at is not None

    def test_an_error_makes_it_failed(self, jobs: Jobs) -> None:
        job = jobs.create("ingest", "ann")
        jobs.finish(job.id, report=None, error="disk full")
        assert (jobs.get(job.id).state, jobs.get(job.id).error) == ("failed", "disk full")

    def test_an_unknown_job_is_not_found(self, jobs: Jobs) -> None:
        with pytest.raises(NotFound):
            jobs.get("nothing")
        with pytest.raises(NotFound):
            jobs.update("nothing", progress=Progress(stage="read", done=0, total=1))
        with pytest.raises(NotFound):
            jobs.finish("nothing", report=None)

    def test_only_what_another_process_left_unfinished_was_interrupted(self, jobs: Jobs, successor: Jobs) -> None:
        done, running, queued = (jobs.create("ingest", "ann") for _ in range(3))
        jobs.finish(done.id, report=None)
        jobs.update(running.id, progress=Progress(stage="read", done=1, total=2))
        own = successor.create("ingest", "ann")
        assert (successor.interrupted(), successor.interrupted()) == (2, 0)
        states = [successor.get(job.id).state for job in (done, running, queued, own)]
        assert states == ["done", "failed", "failed", "queued"]


class ConversationsContract:
    def test_what_was_said_comes_back_in_order(self, conversations: Conversations) -> None:
        talk = conversations.start("ann")
        conversations.record(talk, "ann", answer("1", "first?"), state="complete")
        conversations.record(talk, "ann", answer("2", "second?"), state="cancelled")
        turns = conversations.turns(talk, "ann")
        assert [(turn["question"], turn["state"]) for turn in turns] == [
            ("first?", "complete"),
            ("second?", "cancelled"),
        ]
        assert turns[0]["answer"]["answer_id"] == "1"
        (listed,), _ = conversations.of("ann")
        assert (listed["id"], listed["title"], listed["turns"]) == (talk, "first?", 2)

    def test_the_same_answer_again_replaces_it(self, conversations: Conversations) -> None:
        talk = conversations.start("ann")
        for state in ("incomplete", "complete"):
            conversations.record(talk, "ann", answer("1", "q?"), state=state)
        assert [turn["state"] for turn in conversations.turns(talk, "ann")] == ["complete"]

    def test_another_ones_conversation_is_not_found(self, conversations: Conversations) -> None:
        talk = conversations.start("ann")
        conversations.record(talk, "ann", answer("1", "q?"), state="complete")
        attempts = (
            lambda: conversations.turns(talk, "bo"),
            lambda: conversations.record(talk, "bo", answer("2", "q?"), state="complete"),
            lambda: conversations.delete(talk, "bo"),
            lambda: conversations.feedback("1", "bo", value=1, comment=""),
            lambda: conversations.feedback("nothing", "ann", value=1, comment=""),
            lambda: conversations.turns("nothing", "ann"),
        )
        for attempt in attempts:
            with pytest.raises(NotFound):
                attempt()
        assert conversations.of("bo") == ([], "")

    def test_the_last_feedback_counts(self, conversations: Conversations) -> None:
        talk = conversations.start("ann")
        conversations.record(talk, "ann", answer("1", "q?"), state="complete")
        assert conversations.turns(talk, "ann")[0]["feedback"] is None
        for value in (1, -1):
            conversations.feedback("1", "ann", value=value, comment="c")
        assert conversations.turns(talk, "ann")[0]["feedback"] == -1

    def test_a_deleted_conversation_is_gone_with_all_of_it(self, conversations: Conversations) -> None:
        talk = conversations.start("ann")
        conversations.record(talk, "ann", answer("1", "q?", "doc"), state="complete")
        conversations.feedback("1", "ann", value=1, comment="")
        conversations.delete(talk, "ann")
        assert conversations.of("ann") == ([], "")

    def test_lists_come_a_page_at_a_time_the_last_used_first(self, conversations: Conversations) -> None:
        talks = [conversations.start("ann") for _ in range(5)]
        conversations.record(talks[0], "ann", answer("1", "q?"), state="complete")
        seen, cursor = [], ""
        while True:
            page, cursor = conversations.of("ann", limit=2, cursor=cursor)
            seen.extend(each["id"] for each in page)
            if not cursor:
                break
        assert (seen[0], sorted(seen)) == (talks[0], sorted(talks))

    def test_a_cursor_that_was_not_given_out_is_bad_input(self, conversations: Conversations) -> None:
        for cursor in ("nonsense", "WyJhIiwiYiJd"):
            with pytest.raises(BadInput):
                conversations.of("ann", cursor=cursor)

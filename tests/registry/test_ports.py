import pytest
from sqlalchemy import Engine

from rag.registry.conversations import SqlConversations
from rag.registry.generations import SqlGenerations
from rag.registry.grants import SqlGrants
from rag.registry.jobs import SqlJobs
from tests.contracts.registry_others import ConversationsContract, GenerationsContract, GrantsContract, JobsContract


class TestGenerations(GenerationsContract):
    @pytest.fixture
    def generations(self, engine: Engine) -> SqlGenerations:
        return SqlGenerations(engine)


class TestGrants(GrantsContract):
    @pytest.fixture
    def grants(self, engine: Engine) -> SqlGrants:
        return SqlGrants(engine)


class TestJobs(JobsContract):
    @pytest.fixture
    def jobs(self, engine: Engine) -> SqlJobs:
        return SqlJobs(engine)

    @pytest.fixture
    def successor(self, engine: Engine) -> SqlJobs:
        return SqlJobs(engine)


class TestConversations(ConversationsContract):
    @pytest.fixture
    def conversations(self, engine: Engine) -> SqlConversations:
        return SqlConversations(engine)

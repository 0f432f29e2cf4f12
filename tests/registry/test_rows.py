"""What the database compares nearly loses nothing that is compared exactly later."""

from fnmatch import fnmatchcase

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, literal, select

from rag.registry.codecs import pack_list
from rag.registry.rows import nearly

SIGNS = [*"abB_%[]\\\"'éÉ./*?-! "]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None)
@given(
    path=st.text(st.sampled_from(SIGNS), min_size=1, max_size=12),
    wanted=st.lists(st.sampled_from([*SIGNS, "[ab]", "a*", "b?"]), min_size=1, max_size=5).map("".join),
)
def test_no_file_that_is_asked_for_is_lost_in_the_database(engine: Engine, path: str, wanted: str) -> None:
    fits = wanted.casefold() in path.casefold() or fnmatchcase(path.casefold(), wanted.casefold())
    with engine.connect() as connection:
        held = [literal(text).ilike(nearly(wanted), escape="\\") for text in (path, pack_list([path]))]
        assert not fits or all(connection.execute(select(*held)).one())


def test_what_has_other_letters_is_left_out_in_the_database(engine: Engine) -> None:
    with engine.connect() as connection:
        for path in ("docs/b.md", "docsxa.md"):
            assert not connection.execute(select(literal(path).ilike(nearly("docs/A*.md"), escape="\\"))).scalar()

import os
from pathlib import Path

import pytest

from rag.domain.errors import BadSetting
from rag.settings import described, load_settings


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("TEAMLORE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_the_command_line_wins_then_the_environment_then_dotenv_then_the_home(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "teamlore.toml").write_text('port = 1\nthreads = 1\nllm = "toml"\nembedder = "toml"\n')
    (tmp_path / ".env").write_text("TEAMLORE_PORT=2\nTEAMLORE_THREADS=2\nTEAMLORE_LLM=dotenv\n")
    monkeypatch.setenv("TEAMLORE_PORT", "3")
    monkeypatch.setenv("TEAMLORE_THREADS", "3")
    settings = load_settings(tmp_path, port=4)
    assert (settings.port, settings.threads, settings.llm, settings.embedder) == (4, 3, "dotenv", "toml")


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        (".env", "TEAMLORE_LMM=x", "Did you mean TEAMLORE_LLM?"),
        ("teamlore.toml", "prt = 1", "Did you mean port?"),
        ("teamlore.toml", 'home = "elsewhere"', "home in"),
        ("teamlore.toml", "port", "is no TOML"),
    ],
)
def test_a_name_nobody_knows_is_refused_wherever_it_stands(file: str, text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / file).write_text(text)
    with pytest.raises(BadSetting) as caught:
        load_settings(tmp_path)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("TEAMLORE_PORT", "99999", "TEAMLORE_PORT=99999"),
        ("TEAMLORE_AUTH", "none", "'local' or 'keys'"),
        ("TEAMLORE_HOTS", "::1", "Did you mean TEAMLORE_HOST?"),
        ("TEAMLORE_LOG_LEVEL", "loud", "TEAMLORE_LOG_LEVEL=loud"),
    ],
)
def test_a_wrong_value_is_named_with_what_it_is_for(
    name: str, value: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSetting) as caught:
        load_settings()
    assert told in str(caught.value)
    assert caught.value.fix


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAMLORE_HOME", "")
    monkeypatch.setenv("TEAMLORE_PORT", "")
    settings = load_settings()
    assert settings.port == 8000
    assert settings.home.name == "teamlore"


def test_homes_are_absolute_and_know_the_tilde(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert load_settings(Path("here")).home == tmp_path / "here"
    monkeypatch.setenv("TEAMLORE_HOME", "~/lore")
    assert load_settings().home == Path.home() / "lore"


@pytest.mark.parametrize(("host", "mode"), [("127.0.0.1", "local"), ("::1", "local"), ("0.0.0.0", "keys")])
def test_who_may_sign_in_without_a_key_follows_the_address(host: str, mode: str) -> None:
    assert load_settings(host=host).auth_mode == mode


def test_local_sign_in_on_an_open_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAMLORE_AUTH", "local")
    with pytest.raises(BadSetting, match="would let anyone"):
        load_settings(host="0.0.0.0")


def test_a_secret_is_shown_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAMLORE_LLM_API_KEY", "hunter2")
    settings = load_settings()
    assert "hunter2" not in repr(settings) + str(described(settings, None))
    assert settings.llm_api_key.get_secret_value() == "hunter2"


def test_a_password_in_a_url_is_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAMLORE_REGISTRY", "postgresql+psycopg://u:s3cret@h/db")
    shown = {row["name"]: row["value"] for row in described(load_settings(), None)}
    assert shown["TEAMLORE_REGISTRY"] == "postgresql+psycopg://u:**********@h/db"


def test_local_sign_in_under_a_public_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAMLORE_ALLOWED_HOSTS", "lore.example.com")
    with pytest.raises(BadSetting, match=r"lore\.example\.com"):
        load_settings()

"""Settings: environment TEAMLORE_*, a .env in the working folder, teamlore.toml in the home; the first one wins."""

import difflib
import os
import re
import tomllib
from collections.abc import Iterable
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from rag.domain.errors import BadSetting

PREFIX = "TEAMLORE_"
_PASSWORD = re.compile(r"(://[^:/@\s]*:)[^@\s]+(?=@)")  # in the URL of a database or server
TOML = "teamlore.toml"  # in the home


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class Settings(BaseSettings):
    """Read once, in rag.main, rag.cli and eval; all other code gets plain values."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    home: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("teamlore"), description="everything teamlore stores"
    )
    registry: str = Field("", description="SQLAlchemy URL; empty: SQLite in the home")
    chroma: str = Field("", description="http(s)://host:port of a Chroma server; empty: embedded in the home")
    embedder: str = Field("all-MiniLM-L6-v2", description="a name known to `teamlore models list`, or a folder")
    embedder_backend: Literal["onnx", "torch"] = Field("onnx", description="onnx (int8, fast on a CPU) or torch")
    embed_beside: bool = Field(
        True, description="while serving, onnx embeds what is ingested in a process of its own, at low priority"
    )
    llm: str = Field(
        "extractive",
        description="extractive, llama-cpp:NAME-or-PATH, openai:MODEL, anthropic:MODEL, ollama:MODEL, or another "
        "LlamaIndex integration, as in groq:MODEL",
    )
    llm_base_url: str = Field("", description="where its server listens, e.g. http://127.0.0.1:8080/v1")
    llm_api_key: SecretStr = Field(SecretStr(""), description="its key")
    llm_timeout: float = Field(
        180.0, gt=0, description="seconds for an answer; a sixth of them for its first word, a ninth between two"
    )
    llm_context: int = Field(0, ge=0, description="tokens a request may hold; 0: what the model or its server says")
    llm_quotes: bool | None = Field(
        None, description="after what the model wrote, quote what answers without one; unset: with llama-cpp only"
    )
    llm_price_in: float | None = Field(None, ge=0, description="of a million tokens that are read; both prices or none")
    llm_price_out: float | None = Field(None, ge=0, description="of a million tokens that are written")
    refuse_below: float = Field(
        0.5, ge=0, le=1, description="confidence under which a question is refused; `teamlore eval calibrate` finds it"
    )
    strict: bool = Field(False, description="leave out what the cited words do not carry, instead of marking it")
    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="port to listen on")
    auth: Literal["", "local", "keys"] = Field("", description="local (one user, on loopback) or keys")
    allowed_hosts: str = Field("", description="further Host names to answer to, separated by commas")
    models: Path = Field(
        default_factory=lambda: platformdirs.user_cache_path("teamlore") / "models",
        description="model files and exports, shared by all homes",
    )
    ingest_roots: str = Field("", description=f"folders of the server a caller may name, separated by {os.pathsep!r}")
    keep_originals: bool = Field(False, description="keep the bytes of uploads; a purge does not remove them yet")
    redact: str = Field("secrets", description="masked before storing: secrets, email, phone (with commas), none")
    parser_workers: int = Field(2, ge=1, le=64, description="child processes that read files")
    git_versions: int = Field(3, ge=0, le=100, description="of a repository's files, how many versions; 0: the present")
    git_commits: int = Field(1_000, ge=1, description="of a repository, how many of its newest commits are read")
    golden: str = Field("", description="the golden set, a JSONL file; empty: golden.jsonl in the home")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "warning", description="what the service logs to standard error; info: a line for each request"
    )
    follow_ups: bool = Field(True, description="understand a question by what was said before it in its conversation")
    freshness: float = Field(0.02, ge=0, le=1, description="what a text of today gains in a search; 0: nothing")
    threads: int = Field(0, ge=0, description="threads of the embedding model, and of llama-cpp; 0: all cores")

    @field_validator("home", "models")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del file_secret_settings
        asked = init_settings.init_kwargs.get("home") if isinstance(init_settings, InitSettingsSource) else None
        env = env_settings() if isinstance(env_settings, EnvSettingsSource) else {}
        dotenv = dotenv_settings() if isinstance(dotenv_settings, DotEnvSettingsSource) else {}
        home = Path(asked or env.get("home") or dotenv.get("home") or platformdirs.user_data_path("teamlore"))
        toml = TomlConfigSettingsSource(settings_cls, toml_file=home.expanduser() / TOML)
        return init_settings, env_settings, dotenv_settings, toml

    @property
    def golden_file(self) -> Path:
        return Path(self.golden).expanduser().absolute() if self.golden else self.home / "golden.jsonl"

    @property
    def auth_mode(self) -> Literal["local", "keys"]:
        if self.auth:
            return self.auth
        return "local" if is_loopback(self.host) else "keys"


def load_settings(home: Path | None = None, *, host: str | None = None, port: int | None = None) -> Settings:
    """What is given here (from the command line) wins over every other place.

    Raises BadSetting for an unknown name in any of the places, a wrong value, or `local` sign-in on an open address."""
    dotenv = DotEnvSettingsSource(Settings, env_file=".env", env_prefix=PREFIX)
    _refuse_unknown(os.environ, "the environment")
    _refuse_unknown(dotenv.env_vars, ".env")
    given: dict[str, Any] = {"home": home, "host": host, "port": port}
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
        _refuse_unknown_keys(settings.home / TOML)
    except ValidationError as error:
        raise _wrong_value(error) from error
    except OSError as error:
        raise BadSetting(
            f"{error.filename} cannot be looked at: {error.strerror}.",
            fix="Use a home that is yours: set TEAMLORE_HOME, or `teamlore --home DIR VERB`.",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSetting(f"{TOML} in the home is no TOML: {error}.", fix="Write lines such as: port = 8001") from error
    names = [settings.host, *(name.strip() for name in settings.allowed_hosts.split(",") if name.strip())]
    if settings.auth_mode == "local" and not all(is_loopback(name) for name in names):
        raise BadSetting(
            f"TEAMLORE_AUTH=local would let anyone who reaches {', '.join(names)} in.",
            fix="Set TEAMLORE_AUTH=keys and make a key with `teamlore keys create`, or listen on 127.0.0.1.",
        )
    return settings


def _refuse_unknown(names: Iterable[str], place: str) -> None:
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields} | {f"{PREFIX}PACKS"}
    for name in names:
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            nearest = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0.0)[0]
            raise BadSetting(
                f"{name.upper()} in {place} is not a setting.", fix=f"Did you mean {nearest}? See `teamlore settings`."
            )


def _refuse_unknown_keys(toml: Path) -> None:
    if not toml.is_file():
        return
    known = Settings.model_fields.keys() - {"home"}  # the file lies in the home
    for name in tomllib.loads(toml.read_text(encoding="utf-8")):
        if name not in known:
            nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
            raise BadSetting(f"{name} in {toml} is not a setting.", fix=f"Did you mean {nearest}?")


def _wrong_value(error: ValidationError) -> BadSetting:
    first = error.errors()[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    field = Settings.model_fields.get(name)
    shown = "" if field is None or field.annotation is SecretStr else f"={first['input']}"
    return BadSetting(
        f"{PREFIX}{name.upper()}{shown}: {first['msg']}.",
        fix=f"It is meant for: {field.description}." if field else "See `teamlore settings`.",
    )


def described(settings: Settings, home: Path | None) -> list[dict[str, str]]:
    """Each setting: name, value (keys masked), where it came from, meaning."""
    toml = settings.home / TOML
    dotenv = DotEnvSettingsSource(Settings, env_file=".env", env_prefix=PREFIX)()
    in_toml = TomlConfigSettingsSource(Settings, toml_file=toml)() if toml.exists() else {}
    rows = []
    for name, field in Settings.model_fields.items():
        variable = f"{PREFIX}{name}".upper()
        if name == "home" and home:
            origin = "--home"
        elif variable in {key.upper() for key, value in os.environ.items() if value}:
            origin = "environment"
        elif name in dotenv:
            origin = ".env"
        elif name in in_toml:
            origin = str(toml)
        else:
            origin = "default"
        rows.append(
            {
                "name": variable,
                "value": _PASSWORD.sub(r"\1**********", str(getattr(settings, name))),
                "from": origin,
                "meaning": field.description or "",
            }
        )
    return rows

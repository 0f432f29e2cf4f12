"""Spaces, grants and keys."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update

from rag.domain.errors import Conflict, NotFound
from rag.domain.types import Access, Principal
from rag.registry.database import reading, writing
from rag.registry.moments import now
from rag.registry.schema import grants, keys, spaces

DEFAULT_SPACE = "default"
MARK = "tl"  # what a key starts with, so that people and secret scanners know it


def ensure_space(connection: Connection, space: str, at: datetime) -> None:
    if connection.execute(select(spaces.c.name).where(spaces.c.name == space)).first() is None:
        connection.execute(insert(spaces).values(name=space, created_at=at))


@dataclass(frozen=True, slots=True)
class SqlGrants:
    engine: Engine

    def spaces(self) -> list[str]:
        """By name; the space "default" is always there."""
        with reading(self.engine) as connection:
            found = connection.execute(select(spaces.c.name)).scalars().all()
        return sorted({*found, DEFAULT_SPACE})

    def access(self, principal: Principal) -> Access:
        if principal.admin:
            return Access(everything=True)
        statement = select(grants.c.space).where(grants.c.group_name.in_(principal.groups))
        with reading(self.engine) as connection:
            return Access(spaces=frozenset(connection.execute(statement).scalars()))

    def grant(self, group: str, space: str) -> None:
        """The space is made when new. Again: no change."""
        row = {"group_name": group, "space": space}
        with writing(self.engine) as connection:
            ensure_space(connection, space, now())
            if connection.execute(select(grants).filter_by(**row)).first() is None:
                connection.execute(insert(grants).values(row))

    def revoke(self, group: str, space: str) -> None:
        """What was never granted is no error."""
        with writing(self.engine) as connection:
            connection.execute(delete(grants).where(grants.c.group_name == group, grants.c.space == space))

    def create_key(self, name: str, groups: frozenset[str], *, admin: bool) -> tuple[str, str]:
        """Raises Conflict while another key of that name is valid: a name owns its conversations."""
        key_id = secrets.token_hex(6)
        key = f"{MARK}_{key_id}_{secrets.token_urlsafe(32)}"
        row = {"id": key_id, "name": name, "hash": _hash(key), "groups": sorted(groups), "admin": admin}
        live = select(keys.c.id).where(keys.c.name == name, keys.c.revoked_at.is_(None))
        with writing(self.engine) as connection:
            if connection.execute(live).first() is not None:
                raise Conflict(
                    f"There is a key named {name} already.",
                    fix="Choose another name, or revoke that key first: `teamlore keys list`.",
                )
            connection.execute(insert(keys).values(created_at=now(), **row))
        return key_id, key

    def keys(self) -> list[dict[str, Any]]:
        """{"id", "name", "groups", "admin", "created_at", "revoked_at"}, oldest first; times ISO 8601 or None."""
        with reading(self.engine) as connection:
            rows = connection.execute(select(keys).order_by(keys.c.created_at, keys.c.id)).all()
        return [
            {
                "id": row.id,
                "name": row.name,
                "groups": list(row.groups),
                "admin": row.admin,
                "created_at": row.created_at.isoformat(),
                "revoked_at": row.revoked_at.isoformat() if row.revoked_at else None,
            }
            for row in rows
        ]

    def revoke_key(self, key_id: str) -> None:
        """At once. Raises NotFound."""
        with writing(self.engine) as connection:
            live = connection.execute(select(keys.c.revoked_at).where(keys.c.id == key_id)).one_or_none()
            if live is None:
                raise NotFound(f"There is no key {key_id}.", fix="`teamlore keys list` shows them.")
            if live.revoked_at is None:
                connection.execute(update(keys).where(keys.c.id == key_id).values(revoked_at=now()))

    def principal(self, key: str) -> Principal | None:
        """Whose key this is; None when it is none, or revoked."""
        key_id = key.split("_", 2)[1] if key.startswith(f"{MARK}_") and key.count("_") >= 2 else ""
        with reading(self.engine) as connection:
            row = connection.execute(select(keys).where(keys.c.id == key_id)).one_or_none()
        stored = row.hash if row is not None and row.revoked_at is None else _hash("")
        if not hmac.compare_digest(stored, _hash(key)) or row is None:
            return None
        return Principal(name=row.name, groups=frozenset(row.groups), admin=row.admin)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()

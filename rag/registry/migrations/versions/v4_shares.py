"""Links by which a conversation is shown to others."""

import sqlalchemy as sa
from alembic import op

revision = "v4"
down_revision = "v3"


def upgrade() -> None:
    op.create_table(
        "shares",
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("conversation", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["conversation"], ["conversations.id"], name="fk_shares_conversation"),
        sa.PrimaryKeyConstraint("token", name="pk_shares"),
        sa.UniqueConstraint("conversation", name="uq_shares_conversation"),
    )

"""Sessions are listed and revoked, programs have tokens, and a person's last use outlives the session"""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("last_seen_at", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE users SET last_seen_at = (SELECT MAX(s.last_seen_at) FROM sessions AS s WHERE s.user_id = users.id)"
    )
    op.add_column("sessions", sa.Column("agent", sa.String(length=200), server_default="", nullable=False))
    op.add_column("sessions", sa.Column("id", sa.String(length=32), nullable=True))
    _name(op.get_bind())
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.alter_column("id", existing_type=sa.String(length=32), nullable=False)
        batch_op.create_unique_constraint(op.f("uq_sessions_id"), ["id"])
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("permissions", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_api_tokens_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
    )
    op.create_index(op.f("ix_api_tokens_user_id"), "api_tokens", ["user_id"])


def _name(connection: sa.Connection) -> None:
    """Those who are logged in stay so."""
    sessions = sa.table("sessions", sa.column("token_hash", sa.String()), sa.column("id", sa.String()))
    for (token_hash,) in connection.execute(sa.select(sessions.c.token_hash)).all():
        named = sa.update(sessions).where(sessions.c.token_hash == token_hash)
        connection.execute(named.values(id=secrets.token_hex(16)))


def downgrade() -> None:
    op.drop_table("api_tokens")
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("uq_sessions_id"), type_="unique")
        batch_op.drop_column("id")
        batch_op.drop_column("agent")
    op.drop_column("users", "last_seen_at")

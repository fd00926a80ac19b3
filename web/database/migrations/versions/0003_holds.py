"""Holds"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003_holds"
down_revision = "0002_clocks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "holds",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("released_at", sa.BigInteger(), nullable=True),
        sa.Column("released_by", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
    )
    with op.batch_alter_table("holds", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_holds_created_at"), ["created_at"], unique=False)
    op.create_table(
        "hold_cameras",
        sa.Column("hold_id", sa.String(length=64), nullable=False),
        sa.Column("camera", sa.String(length=63), nullable=False),
        sa.ForeignKeyConstraint(["hold_id"], ["holds.id"], name=op.f("fk_hold_cameras_hold_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("hold_id", "camera", name=op.f("pk_hold_cameras")),
    )
    with op.batch_alter_table("hold_cameras", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hold_cameras_camera"), ["camera"], unique=False)


def downgrade() -> None:
    op.drop_table("hold_cameras")
    op.drop_table("holds")

"""Minute counts with their spread, and by zone"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("minute_counts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sigma", sa.Double(), nullable=False, server_default="0"))
    op.create_table(
        "zone_minutes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("camera", sa.String(length=63), nullable=False),
        sa.Column("zone", sa.String(length=63), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("mean", sa.Double(), nullable=False),
        sa.Column("max", sa.Integer(), nullable=False),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone_minutes")),
        sa.UniqueConstraint("camera", "zone", "at", name=op.f("uq_zone_minutes_camera")),
    )


def downgrade() -> None:
    op.drop_table("zone_minutes")
    with op.batch_alter_table("minute_counts", schema=None) as batch_op:
        batch_op.drop_column("sigma")

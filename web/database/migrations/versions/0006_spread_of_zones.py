"""Minute counts of zones with their spread"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("zone_minutes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sigma", sa.Double(), nullable=False, server_default="0"))


def downgrade() -> None:
    with op.batch_alter_table("zone_minutes", schema=None) as batch_op:
        batch_op.drop_column("sigma")

"""What was known of the clocks when a segment was closed"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("segments", schema=None) as batch_op:
        batch_op.add_column(sa.Column("clock_offset_s", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("drift_ppm", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("host_synchronized", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("host_max_error_s", sa.Double(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("segments", schema=None) as batch_op:
        for name in ("host_max_error_s", "host_synchronized", "drift_ppm", "clock_offset_s"):
            batch_op.drop_column(name)

"""Alerts that go on are found among all that are over"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    going_on = sa.text("ended_at IS NULL")
    op.create_index(
        "ix_alerts_ongoing", "alerts", ["opened_at", "id"], sqlite_where=going_on, postgresql_where=going_on
    )


def downgrade() -> None:
    op.drop_index("ix_alerts_ongoing", table_name="alerts")

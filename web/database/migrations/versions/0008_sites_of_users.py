"""People may be held to some sites"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("sites", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("users", "sites")

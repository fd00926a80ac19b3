"""A camera's privacy masks outlive it, as its footage does"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("camera_first", sa.Column("masks", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("camera_first", "masks")

"""What a camera was called, and where it was, outlives its configuration"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("camera_first", sa.Column("site", sa.String(length=63), nullable=True))
    op.add_column("camera_first", sa.Column("name", sa.Text(), nullable=True))
    op.add_column("camera_first", sa.Column("placement", sa.String(length=32), nullable=True))
    _fill(op.get_bind())


def _fill(connection: sa.Connection) -> None:
    revisions = sa.table("config_revisions", sa.column("revision", sa.BigInteger()), sa.column("facility", sa.JSON()))
    names = ("camera", "site", "name", "placement")
    first = sa.table("camera_first", *(sa.column(name, sa.String()) for name in names))
    last: dict[str, dict[str, Any]] = {}
    for (facility,) in connection.execute(sa.select(revisions.c.facility).order_by(revisions.c.revision)):
        for site in facility["sites"]:
            for camera in site["cameras"]:
                last[camera["id"]] = {"site": site["id"], "name": camera["name"], "placement": camera["placement"]}
    for camera, values in last.items():
        connection.execute(sa.update(first).where(first.c.camera == camera).values(**values))


def downgrade() -> None:
    with op.batch_alter_table("camera_first", schema=None) as batch_op:
        for name in ("placement", "name", "site"):
            batch_op.drop_column(name)

"""Alerts reach the person on duty: shifts, channels, attempts, quiet cameras, canaries"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_DUE = sa.text("chain_at IS NOT NULL")
_STOPPED = sa.text("stopped_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "shifts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("site", sa.String(length=63), nullable=True),
        sa.Column("duty", sa.String(length=16), nullable=False),
        sa.Column("user_id", _SERIAL, nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_shifts_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_shifts"),
    )
    op.create_index("ix_shifts_end", "shifts", ["end"])
    op.create_index("ix_shifts_user_id", "shifts", ["user_id"])
    op.create_table(
        "duty_policies",
        sa.Column("revision", _SERIAL, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("policy", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("revision", name="pk_duty_policies"),
    )
    op.create_table(
        "channels",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("user_id", _SERIAL, nullable=False),
        sa.Column("gateway", sa.String(length=32), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("label", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("tested_at", sa.BigInteger(), nullable=True),
        sa.Column("tested_ok", sa.Boolean(), nullable=True),
        sa.Column("last_ok_at", sa.BigInteger(), nullable=True),
        sa.Column("last_error", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_channels_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_channels"),
    )
    op.create_index("ix_channels_user_id", "channels", ["user_id"])
    op.create_table(
        "calls",
        sa.Column("alert_id", sa.String(length=128), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("duty", sa.String(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("deadline", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name="fk_calls_alert_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("alert_id", "rung", "round", name="pk_calls"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("alert_id", sa.String(length=128), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("duty", sa.String(length=16), nullable=False),
        sa.Column("user_id", _SERIAL, nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("stand_in", sa.Boolean(), nullable=False),
        sa.Column("channel_id", sa.String(length=32), nullable=True),
        sa.Column("channel", sa.String(length=100), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("took_ms", sa.Integer(), nullable=True),
        sa.Column("answer", sa.String(length=300), nullable=True),
        sa.Column("taken_by", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name="fk_deliveries_alert_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
    )
    op.create_index("ix_deliveries_alert_id", "deliveries", ["alert_id"])
    op.create_index("ix_deliveries_state_due", "deliveries", ["state", "due_at"])
    op.create_table(
        "quiets",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("site", sa.String(length=63), nullable=False),
        sa.Column("camera", sa.String(length=63), nullable=False),
        sa.Column("rule", sa.String(length=63), nullable=True),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_quiets"),
    )
    op.create_index("ix_quiets_camera", "quiets", ["camera"])
    op.create_index("ix_quiets_until", "quiets", ["until"])
    op.create_table(
        "canaries",
        sa.Column("site", sa.String(length=63), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("node", sa.String(length=63), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("stored_at", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.Column("pushed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("site", name="pk_canaries"),
    )
    # Alerts from before have no chain: nobody is called at night for what is long over.
    with op.batch_alter_table("alerts") as alerts:
        alerts.add_column(sa.Column("chain", sa.String(length=16), nullable=True))
        alerts.add_column(sa.Column("chain_rung", sa.Integer(), nullable=True))
        alerts.add_column(sa.Column("chain_round", sa.Integer(), nullable=False, server_default="0"))
        alerts.add_column(sa.Column("chain_at", sa.BigInteger(), nullable=True))
        alerts.add_column(sa.Column("chain_by", sa.String(length=64), nullable=True))
        alerts.add_column(sa.Column("stopped_at", sa.BigInteger(), nullable=True))
        alerts.add_column(sa.Column("group_id", sa.String(length=128), nullable=True))
        alerts.add_column(sa.Column("quiet", sa.JSON(none_as_null=True), nullable=True))
    op.create_index("ix_alerts_chain_due", "alerts", ["chain_at"], sqlite_where=_DUE, postgresql_where=_DUE)
    op.create_index("ix_alerts_stopped", "alerts", ["stopped_at"], sqlite_where=_STOPPED, postgresql_where=_STOPPED)
    op.create_index("ix_alerts_group_id", "alerts", ["group_id"])


def downgrade() -> None:
    op.drop_index("ix_alerts_group_id", table_name="alerts")
    op.drop_index("ix_alerts_stopped", table_name="alerts")
    op.drop_index("ix_alerts_chain_due", table_name="alerts")
    # Not by a copy of the table: dropping the old one would take steps and snapshots along.
    for name in ("chain", "chain_rung", "chain_round", "chain_at", "chain_by", "stopped_at", "group_id", "quiet"):
        op.drop_column("alerts", name)
    for table in ("canaries", "quiets", "deliveries", "calls", "channels", "duty_policies", "shifts"):
        op.drop_table(table)

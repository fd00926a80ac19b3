"""The tables, for SQLite and PostgreSQL alike. What is done with them belongs to the package that owns each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from web.database.moment import Moment

_GOES_ON = text("ended_at IS NULL")
_DUE = text("chain_at IS NOT NULL")
_STOPPED = text("stopped_at IS NOT NULL")

#: SQLite counts up by itself only in a column that is exactly INTEGER.
Serial = BigInteger().with_variant(Integer(), "sqlite")


class Base(DeclarativeBase):
    """All tables; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Meta(Base):
    """Single values: the epoch of the event numbers."""

    __tablename__ = "meta"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class User(Base):
    """People who log in; ``sites`` None: all."""

    __tablename__ = "users"
    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    password_hash: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(32))
    sites: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    enabled: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(Moment)
    last_seen_at: Mapped[datetime | None] = mapped_column(Moment)  # sessions are not kept


class Session(Base):
    """Logins in force; the token itself is only with the browser. ``id`` names it to people and gives nothing."""

    __tablename__ = "sessions"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    id: Mapped[str] = mapped_column(String(32), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    last_seen_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
    address: Mapped[str] = mapped_column(String(64))
    agent: Mapped[str] = mapped_column(String(200), server_default="")


class ApiToken(Base):
    """Personal tokens for programs; the token itself is only with whom it was shown to."""

    __tablename__ = "api_tokens"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(64))
    permissions: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    last_used_at: Mapped[datetime | None] = mapped_column(Moment)


class Revision(Base):
    """Every configuration that was ever in force; the greatest number is."""

    __tablename__ = "config_revisions"
    revision: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Moment)
    author: Mapped[str] = mapped_column(String(64))
    facility: Mapped[dict[str, Any]] = mapped_column(JSON)


class Alert(Base):
    """One happening; ``updated_at`` is the moment of the latest word of its owner (the detector, or web)."""

    __tablename__ = "alerts"
    __table_args__ = (
        Index("ix_alerts_newest", "opened_at", "id"),
        Index("ix_alerts_camera_opened", "camera", "opened_at"),
        Index("ix_alerts_state_camera", "state", "camera"),
        Index("ix_alerts_ongoing", "opened_at", "id", sqlite_where=_GOES_ON, postgresql_where=_GOES_ON),
        Index("ix_alerts_chain_due", "chain_at", sqlite_where=_DUE, postgresql_where=_DUE),
        Index("ix_alerts_stopped", "stopped_at", sqlite_where=_STOPPED, postgresql_where=_STOPPED),
    )
    id: Mapped[str] = mapped_column(String(128), primary_key=True)
    site: Mapped[str] = mapped_column(String(63))
    camera: Mapped[str] = mapped_column(String(63))
    rule: Mapped[str] = mapped_column(String(63))
    kind: Mapped[str] = mapped_column(String(63))
    zone: Mapped[str | None] = mapped_column(String(63))
    severity: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    opened_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    acknowledged_at: Mapped[datetime | None] = mapped_column(Moment)
    acknowledged_by: Mapped[str | None] = mapped_column(String(64))
    resolved_at: Mapped[datetime | None] = mapped_column(Moment)
    resolved_by: Mapped[str | None] = mapped_column(String(64))
    persons: Mapped[int]
    boxes: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)
    has_snapshot: Mapped[bool]
    # Who is called (web.escalation); None: it is from before that was kept.
    chain: Mapped[str | None] = mapped_column(String(16))
    chain_rung: Mapped[int | None]  # that was called last, from 0
    chain_round: Mapped[int] = mapped_column(server_default="0")  # how often the last rung was called before
    chain_at: Mapped[datetime | None] = mapped_column(Moment)  # when something is to be done next
    chain_by: Mapped[str | None] = mapped_column(String(64))  # who, or what, stopped it
    stopped_at: Mapped[datetime | None] = mapped_column(Moment)  # when somebody did, by taking it on
    group_id: Mapped[str | None] = mapped_column(String(128), index=True)  # the alert whose chain it shares
    quiet: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))  # why nobody is called


class AlertSnapshot(Base):
    """The picture of an alert, apart from it so that lists stay small."""

    __tablename__ = "alert_snapshots"
    alert_id: Mapped[str] = mapped_column(ForeignKey("alerts.id", ondelete="CASCADE"), primary_key=True)
    jpeg: Mapped[bytes] = mapped_column(LargeBinary)


class AlertStep(Base):
    """What happened to an alert, and by whom."""

    __tablename__ = "alert_steps"
    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alerts.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(Moment)
    kind: Mapped[str] = mapped_column(String(32))
    author: Mapped[str | None] = mapped_column(String(64))
    note: Mapped[str | None] = mapped_column(Text)


class AlertMessage(Base):
    """Ids of the bus messages that were applied, so that one delivered twice changes nothing."""

    __tablename__ = "alert_messages"
    msg_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment, index=True)


class Event(Base):
    """What browsers are told, in the order of ``seq``; ``data`` is the body as it was then."""

    __tablename__ = "events"
    __table_args__ = ({"sqlite_autoincrement": True},)  # a number is never given twice
    seq: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(Moment, index=True)
    type: Mapped[str] = mapped_column(String(32))
    data: Mapped[str] = mapped_column(Text)


class Cursor(Base):
    """How far a JetStream stream was read, written with what was read from it."""

    __tablename__ = "stream_cursors"
    stream: Mapped[str] = mapped_column(String(64), primary_key=True)
    created: Mapped[str] = mapped_column(String(64))
    seq: Mapped[int] = mapped_column(BigInteger)


class CameraState(Base):
    """The last known state of each camera, so that a restart tells no change that was none."""

    __tablename__ = "camera_states"
    camera: Mapped[str] = mapped_column(String(63), primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(32))
    since: Mapped[datetime] = mapped_column(Moment)


class CameraFirst(Base):
    """When a camera first stood in the configuration: before that nothing can have been recorded. And as what it stood
    there last: its footage is kept for longer than it."""

    __tablename__ = "camera_first"
    camera: Mapped[str] = mapped_column(String(63), primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    site: Mapped[str | None] = mapped_column(String(63))
    name: Mapped[str | None] = mapped_column(Text)
    placement: Mapped[str | None] = mapped_column(String(32))
    masks: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))  # outlines, as fractions


class Segment(Base):
    """A recorded file, as its recorder announced it."""

    __tablename__ = "segments"
    __table_args__ = (Index("ix_segments_camera_start", "camera", "start"),)
    id: Mapped[str] = mapped_column(String(128), primary_key=True)
    site: Mapped[str] = mapped_column(String(63))
    camera: Mapped[str] = mapped_column(String(63))
    node: Mapped[str] = mapped_column(String(63))
    run: Mapped[str] = mapped_column(String(128))
    start: Mapped[datetime] = mapped_column(Moment)
    end: Mapped[datetime | None] = mapped_column(Moment)
    path: Mapped[str] = mapped_column(Text)
    codec: Mapped[str] = mapped_column(String(64))
    width: Mapped[int]
    height: Mapped[int]
    bytes: Mapped[int] = mapped_column(BigInteger)
    frames: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    timescale: Mapped[int]
    first_tfdt: Mapped[int] = mapped_column(BigInteger)
    anchor_utc: Mapped[datetime | None] = mapped_column(Moment)
    clock_offset_s: Mapped[float | None]
    drift_ppm: Mapped[float | None]
    host_synchronized: Mapped[bool | None]
    host_max_error_s: Mapped[float | None]


class Gap(Base):
    """A span without footage, as its recorder announced it."""

    __tablename__ = "gaps"
    __table_args__ = (Index("ix_gaps_camera_start", "camera", "start"),)
    id: Mapped[str] = mapped_column(String(128), primary_key=True)
    site: Mapped[str] = mapped_column(String(63))
    camera: Mapped[str] = mapped_column(String(63))
    node: Mapped[str] = mapped_column(String(63))
    start: Mapped[datetime] = mapped_column(Moment)
    end: Mapped[datetime | None] = mapped_column(Moment)
    cause: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(64))


class MinuteCount(Base):
    """Persons in one minute of one camera."""

    __tablename__ = "minute_counts"
    __table_args__ = (UniqueConstraint("camera", "at"),)
    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    site: Mapped[str] = mapped_column(String(63))
    camera: Mapped[str] = mapped_column(String(63))
    at: Mapped[datetime] = mapped_column(Moment)
    mean: Mapped[float]
    max: Mapped[int]
    samples: Mapped[int]
    sigma: Mapped[float] = mapped_column(server_default="0")  # standard deviation of the count


class ZoneMinute(Base):
    """Persons in one minute of one zone of a camera."""

    __tablename__ = "zone_minutes"
    __table_args__ = (UniqueConstraint("camera", "zone", "at"),)
    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    camera: Mapped[str] = mapped_column(String(63))
    zone: Mapped[str] = mapped_column(String(63))
    at: Mapped[datetime] = mapped_column(Moment)
    mean: Mapped[float]
    max: Mapped[int]
    samples: Mapped[int]
    sigma: Mapped[float] = mapped_column(server_default="0")  # as of the whole picture

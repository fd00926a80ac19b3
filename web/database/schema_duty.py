"""The tables of duty: shifts, policies, channels, every attempt to reach somebody, what is kept quiet, canaries."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from web.database.moment import Moment
from web.database.schema import Base, Serial


class Shift(Base):
    """Who is on duty as what, where and when; ``site`` None: for all of them (province, technician)."""

    __tablename__ = "shifts"
    __table_args__ = (Index("ix_shifts_end", "end"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    site: Mapped[str | None] = mapped_column(String(63))
    duty: Mapped[str] = mapped_column(String(16))  # web.duty.policy.Duty
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    start: Mapped[datetime] = mapped_column(Moment)
    end: Mapped[datetime] = mapped_column(Moment)
    note: Mapped[str | None] = mapped_column(String(200))
    created_by: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Moment)


class DutyPolicy(Base):
    """Every policy that was ever in force; the greatest number is."""

    __tablename__ = "duty_policies"
    revision: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Moment)
    author: Mapped[str] = mapped_column(String(64))
    policy: Mapped[dict[str, Any]] = mapped_column(JSON)


class Channel(Base):
    """A way to reach one person: a browser's push subscription, or an address that a gateway of this host sends to."""

    __tablename__ = "channels"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    gateway: Mapped[str] = mapped_column(String(32))  # "webpush", or the name of a gateway
    address: Mapped[str] = mapped_column(Text)  # of webpush: the subscription as JSON; tells nobody but its sender
    label: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(8))
    position: Mapped[int]  # the smallest is tried first
    enabled: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(Moment)
    tested_at: Mapped[datetime | None] = mapped_column(Moment)
    tested_ok: Mapped[bool | None]
    last_ok_at: Mapped[datetime | None] = mapped_column(Moment)
    last_error: Mapped[str | None] = mapped_column(String(300))


class Call(Base):
    """One rung that was called for an alert, also where there was nobody to call."""

    __tablename__ = "calls"
    alert_id: Mapped[str] = mapped_column(ForeignKey("alerts.id", ondelete="CASCADE"), primary_key=True)
    rung: Mapped[int] = mapped_column(primary_key=True)  # of the ladder, from 0
    round: Mapped[int] = mapped_column(primary_key=True)  # how often the last rung was called before
    duty: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(Moment)
    deadline: Mapped[datetime | None] = mapped_column(Moment)  # None: nobody was waited for


class Delivery(Base):
    """One attempt to reach one person over one channel for one alert; ``due`` until it was made."""

    __tablename__ = "deliveries"
    __table_args__ = (Index("ix_deliveries_state_due", "state", "due_at"),)
    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alerts.id", ondelete="CASCADE"), index=True)
    rung: Mapped[int]  # of the ladder, from 0
    round: Mapped[int]  # how often the last rung was called before
    duty: Mapped[str] = mapped_column(String(16))
    user_id: Mapped[int] = mapped_column(Serial)
    username: Mapped[str] = mapped_column(String(64))
    stand_in: Mapped[bool]
    channel_id: Mapped[str | None] = mapped_column(String(32))  # None: the person has none
    channel: Mapped[str] = mapped_column(String(100))  # gateway and label as they were then
    attempt: Mapped[int]  # over this channel, from 1
    state: Mapped[str] = mapped_column(String(16))  # due, sent, failed, skipped
    due_at: Mapped[datetime] = mapped_column(Moment)
    at: Mapped[datetime | None] = mapped_column(Moment)  # when it was made
    took_ms: Mapped[int | None]
    answer: Mapped[str | None] = mapped_column(String(300))
    taken_by: Mapped[str | None] = mapped_column(String(64))  # it tells, silently, who took the alert on


class Quiet(Base):
    """Alerts that are stored and shown, but told to nobody: a snoozed rule, or cameras under maintenance."""

    __tablename__ = "quiets"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))  # snooze, maintenance
    site: Mapped[str] = mapped_column(String(63))
    camera: Mapped[str] = mapped_column(String(63), index=True)
    rule: Mapped[str | None] = mapped_column(String(63))  # None: all rules of the camera
    start: Mapped[datetime] = mapped_column(Moment)
    until: Mapped[datetime] = mapped_column(Moment, index=True)
    reason: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_by: Mapped[str | None] = mapped_column(String(64))


class Canary(Base):
    """How far a site's last synthetic alert came, and when."""

    __tablename__ = "canaries"
    site: Mapped[str] = mapped_column(String(63), primary_key=True)
    id: Mapped[str] = mapped_column(String(64))
    node: Mapped[str] = mapped_column(String(63))
    sent_at: Mapped[datetime] = mapped_column(Moment)  # by the detector
    stored_at: Mapped[datetime] = mapped_column(Moment)  # read from the bus, written down
    told_at: Mapped[datetime | None] = mapped_column(Moment)  # seen by a listener of /ws/alerts
    pushed_at: Mapped[datetime | None] = mapped_column(Moment)  # by way of a courier

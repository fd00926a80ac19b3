"""The tables of the audit log; triggers of migration 0010 refuse to change or delete an entry."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from web.database.moment import Moment
from web.database.schema import Base, Serial


class AuditEntry(Base):
    """One link of the chain: ``hash`` is over ``prev`` and the rest."""

    __tablename__ = "audit_entries"
    seq: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=False)  # 1, 2, 3 … without a hole
    at: Mapped[datetime] = mapped_column(Moment, index=True)
    user: Mapped[str | None] = mapped_column(String(64))
    role: Mapped[str | None] = mapped_column(String(32))
    address: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(32))
    site: Mapped[str | None] = mapped_column(String(63))
    camera: Mapped[str | None] = mapped_column(String(63))
    object: Mapped[str | None] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(String(8))
    detail: Mapped[str] = mapped_column(Text)  # canonical JSON, as it was hashed
    prev: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditRoot(Base):
    """The chain's head at the end of a day of the facility, and when it left through which channel."""

    __tablename__ = "audit_roots"
    day: Mapped[str] = mapped_column(String(10), primary_key=True)  # 2026-11-23
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Moment)
    drop_at: Mapped[datetime | None] = mapped_column(Moment)
    syslog_at: Mapped[datetime | None] = mapped_column(Moment)
    mail_at: Mapped[datetime | None] = mapped_column(Moment)

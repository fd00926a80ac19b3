"""The table of the openings of patient rooms; nothing in it is ever deleted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from web.database.moment import Moment
from web.database.schema import Base, Serial


class RoomOpening(Base):
    """Who opened which patient room, until when and why."""

    __tablename__ = "room_openings"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    site: Mapped[str] = mapped_column(String(63))
    camera: Mapped[str] = mapped_column(String(63))
    user_id: Mapped[int] = mapped_column(Serial)
    username: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime] = mapped_column(Moment, index=True)
    until: Mapped[datetime] = mapped_column(Moment)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    closed_by: Mapped[str | None] = mapped_column(String(64))

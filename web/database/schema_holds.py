"""The tables of holds."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from web.database.moment import Moment
from web.database.schema import Base


class Hold(Base):
    """Footage that is not deleted. A released one stays, with who released it."""

    __tablename__ = "holds"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    start: Mapped[datetime] = mapped_column(Moment)
    end: Mapped[datetime] = mapped_column(Moment)
    reason: Mapped[str] = mapped_column(Text)
    until: Mapped[datetime | None] = mapped_column(Moment)
    owner: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Moment, index=True)
    released_at: Mapped[datetime | None] = mapped_column(Moment)
    released_by: Mapped[str | None] = mapped_column(String(64))


class HoldCamera(Base):
    """The cameras of a hold."""

    __tablename__ = "hold_cameras"
    hold_id: Mapped[str] = mapped_column(ForeignKey("holds.id", ondelete="CASCADE"), primary_key=True)
    camera: Mapped[str] = mapped_column(String(63), primary_key=True, index=True)

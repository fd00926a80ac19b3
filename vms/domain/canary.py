"""The synthetic alert that goes the way of the real ones, so that somebody misses it where they would not arrive."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, StringConstraints

from vms.domain.messages import Message

#: Where else a camera's id stands: those never begin with an underscore.
CANARY_CAMERA = "_canary"

_Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]


class Canary(Message):
    """Told for a site by the detector that serves it. It opens no alert; of a site the latest counts."""

    id: _Word
    site: _Word
    node: _Word = "local"
    at: AwareDatetime

    @property
    def msg_id(self) -> str:
        """What JetStream de-duplicates by."""
        return f"canary.{self.id}"

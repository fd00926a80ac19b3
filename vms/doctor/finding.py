"""One thing that was looked at. ``problem``: the service will not work; ``warning``: it works worse than it could."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vms.domain.redaction import redact

Level = Literal["ok", "warning", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about ``subject``; ``remedy`` says what to do, and is empty where all is well."""

    level: Level
    subject: str
    text: str
    remedy: str = ""

    def __post_init__(self) -> None:
        # Whatever a library put into its message: no finding carries a credential.
        object.__setattr__(self, "text", redact(self.text))
        object.__setattr__(self, "remedy", redact(self.remedy))

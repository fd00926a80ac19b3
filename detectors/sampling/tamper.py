"""What can be done to a camera so that it no longer shows what it should."""

from __future__ import annotations

from typing import Literal

Tamper = Literal["covered", "moved", "defocused", "frozen"]

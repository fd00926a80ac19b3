"""Privacy masks of a camera: parts of the picture that nobody sees without the right to.

Coordinates are fractions of the picture, origin top left. Not here: painting them (``vms.media.masking``), who may see
beneath (``web.grant``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Annotated, Self

from pydantic import Field, ValidationInfo, model_validator

from vms.domain.model import Id, Model, Name, newly_stated
from vms.domain.rules import Point
from vms.domain.shapes import outline, polygon_fault

#: Polygons that are painted over, as they travel in requests to those who paint.
Outlines = Annotated[tuple[Annotated[tuple[Point, ...], Field(min_length=3, max_length=64)], ...], Field(max_length=16)]


class Mask(Model):
    """A polygon that is painted over in every picture for those who may not see beneath it."""

    id: Id
    name: Name | None = None
    polygon: Annotated[tuple[Point, ...], Field(min_length=3, max_length=64)]

    @model_validator(mode="after")
    def _clear_outline(self, info: ValidationInfo) -> Self:
        if newly_stated(info, self.drawn()) and (fault := polygon_fault(self.polygon)) is not None:
            raise ValueError(f"mask '{self.id}': {fault}")
        return self

    def drawn(self) -> tuple[str, str, tuple[Point, ...]]:
        """Equal for one mask until somebody draws it anew."""
        return "mask", self.id, outline(self.polygon)


def seal(masks: Outlines) -> str:
    """Says with a picture which masks are painted into it: 16 hexadecimal digits, others for other masks."""
    return hashlib.sha256(json.dumps(masks).encode()).hexdigest()[:16]


def outlines(masks: Iterable[Mask]) -> Outlines:
    """What is to be painted over."""
    return tuple(mask.polygon for mask in masks)

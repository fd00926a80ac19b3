"""Asking the renderer for a picture of the past: ``ctl.v1.<site>.<camera>.render``.

The reply is a JPEG with the headers of ``RenderHeader``; a refusal is empty and carries ``Vms-Error``.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from vms.domain.messages import Message

#: ``busy``: others were first, or a newer one of the same asker took its place: ask again.
#: ``undecodable``: the footage is there, and no picture can be made of it.
Refusal = Literal["no_footage", "busy", "undecodable", "disk", "bad_request"]


class RenderRequest(Message):
    """``frame``: the last frame at or before ``at``, to the millisecond, or if it takes too long to decode the last one
    until then (``Vms-At`` says which); ``key``: the key frame at or before it;
    ``thumbnail``: a small picture of the 10 s that ``at`` falls into, for which the other fields do not count."""

    what: Literal["frame", "key", "thumbnail"] = "frame"
    at: AwareDatetime
    width: Annotated[int, Field(ge=64, le=4096)] | None = None  # bounds it, in pixels; nothing is enlarged
    quality: Annotated[int, Field(ge=1, le=100)] = 90
    asker: Annotated[str, Field(max_length=100)] = ""  # a waiting request of the same asker is dropped for this one
    patience_s: Annotated[float, Field(gt=0, le=30)] = 5.0  # nobody listens any more after so long


class RenderHeader:
    """Names of the NATS headers on a reply."""

    ERROR = "Vms-Error"  # a ``Refusal``
    AT = "Vms-At"  # RFC 3339 UTC of the frame
    SIZE = "Vms-Size"  # WIDTHxHEIGHT; not with thumbnails
    GROWING = "Vms-Growing"  # "1": its file is being written, or time was up: asked again, it may be another picture

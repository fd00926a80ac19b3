"""Asking the renderer for a picture or a clip of the past: ``ctl.v1.<site>.<camera>.render``.

The reply is a JPEG with the headers of ``RenderHeader``, or fragmented MP4, with ``masks`` painted over; a refusal is
empty and carries ``Vms-Error``.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, TypeAdapter

from vms.domain.masks import Outlines
from vms.domain.messages import Blob, Message

#: ``busy``: others were first, or a newer one of the same asker took its place: ask again.
#: ``undecodable``: the footage is there, and no picture can be made of it.
Refusal = Literal["no_footage", "busy", "undecodable", "disk", "bad_request"]

#: A waiting request of the same asker is dropped for this one; empty: nobody's.
Asker = Annotated[str, Field(max_length=100)]
#: Seconds: nobody listens any more after so long.
Patience = Annotated[float, Field(gt=0, le=30)]
Ticks = Annotated[int, Field(ge=0, le=2**62)]


class RenderRequest(Message):
    """``frame``: the last frame at or before ``at``, to the millisecond, or if it takes too long to decode the last one
    until then (``Vms-At`` says which); ``key``: the key frame at or before it;
    ``thumbnail``: a small picture of the 10 s that ``at`` falls into, for which the other fields do not count."""

    what: Literal["frame", "key", "thumbnail"] = "frame"
    at: AwareDatetime
    width: Annotated[int, Field(ge=64, le=4096)] | None = None  # bounds it, in pixels; nothing is enlarged
    quality: Annotated[int, Field(ge=1, le=100)] = 90
    masks: Outlines = ()
    asker: Asker = ""
    patience_s: Patience = 5.0


class GivenRequest(Message):
    """A picture that is there already, to be painted over, or made smaller until no side is longer than ``longest``."""

    what: Literal["given"] = "given"
    jpeg: Annotated[Blob, Field(max_length=512 * 1024)]
    masks: Outlines = ()
    longest: Annotated[int, Field(ge=64, le=4096)] | None = None  # pixels; nothing is enlarged
    asker: Asker = ""
    patience_s: Patience = 5.0


class ClipRequest(Message):
    """Of a file in H.264: ``clip`` from one decode time to before another, ``keys`` the key frames of that span alone,
    each until the next; ``init`` what goes before any of them, for which the span does not count.

    At most 1280 pixels wide and high, fewer than 8 MB; decode times and time scale are the file's.
    """

    what: Literal["clip", "keys", "init"]
    segment: Annotated[str, Field(max_length=128)]
    start: Ticks = 0  # in the file's time scale
    end: Ticks = 0
    masks: Outlines = ()
    asker: Asker = ""
    patience_s: Patience = 5.0


Request = RenderRequest | GivenRequest | ClipRequest
REQUEST: TypeAdapter[Request] = TypeAdapter(Annotated[Request, Field(discriminator="what")])


class RenderHeader:
    """Names of the NATS headers on a reply."""

    ERROR = "Vms-Error"  # a ``Refusal``
    AT = "Vms-At"  # RFC 3339 UTC of the frame
    SIZE = "Vms-Size"  # WIDTHxHEIGHT; not with thumbnails
    GROWING = "Vms-Growing"  # "1": its file is being written, or time was up: asked again, it may be another picture

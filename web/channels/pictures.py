"""The picture that leaves the house with a message: small, the camera's privacy masks painted over, whoever gets it.

The renderer paints and shrinks; where it cannot, or not soon, there is no picture: a message does not wait for one.
"""

from __future__ import annotations

import asyncio
import logging

from vms.bus import subjects
from vms.domain.errors import BusError
from vms.domain.masks import outlines
from vms.domain.rendering import GivenRequest, RenderHeader
from web.cameras import past
from web.cameras.past import PastCamera
from web.configuration.current import CurrentConfiguration
from web.database.engine import Database
from web.link import BusLink
from web.rooms.openings import is_room

log = logging.getLogger(__name__)

#: Seconds until a message goes without its picture.
PATIENCE_S = 3.0
LONGEST, SHORTER = 1280, 800
MOST_BYTES = 200_000
#: Asked of the renderer at once: browsers ask it, too.
_AT_ONCE = 4


class Pictures:
    """``of`` an alert."""

    def __init__(self, database: Database, current: CurrentConfiguration, link: BusLink) -> None:
        self._database = database
        self._current = current
        self._link = link
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def of(self, camera: str, jpeg: bytes) -> bytes | None:
        """What may be sent of the picture that was taken by ``camera``; None: nothing, or not within ``PATIENCE_S``."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self._made(camera, jpeg)
        except TimeoutError:
            log.warning("push.pictureless camera=%s error=the renderer took too long", camera)
        except BusError as err:
            log.warning("push.pictureless camera=%s error=%s", camera, err)
        except ValueError:  # larger than what is asked of the renderer: from before there was a bound
            log.warning("push.pictureless camera=%s error=the picture is too large", camera)
        return None

    async def _made(self, camera: str, jpeg: bytes) -> bytes | None:
        seen = await self._camera(camera)
        if seen is None or is_room(seen.placement):
            return None
        if not seen.masks and len(jpeg) <= MOST_BYTES and _longest(jpeg) <= LONGEST:
            return jpeg
        for longest in (LONGEST, SHORTER):
            made = await self._rendered(seen, jpeg, longest)
            if made is None or len(made) <= MOST_BYTES:
                break
        else:
            return None
        now = await self._camera(camera)  # masks are drawn, rooms are named, while a picture is made
        same = now is not None and not is_room(now.placement) and now.masks == seen.masks
        return made if same else None

    async def _rendered(self, camera: PastCamera, jpeg: bytes, longest: int) -> bytes | None:
        asked = GivenRequest(jpeg=jpeg, masks=camera.masks, longest=longest, patience_s=PATIENCE_S)
        async with self._turns:
            reply = await self._link.request(
                subjects.control(camera.site, camera.id, "render"), asked.encode(), PATIENCE_S
            )
        refused = (reply.headers or {}).get(RenderHeader.ERROR)
        if refused is not None or not reply.data.startswith(b"\xff\xd8"):
            log.warning("push.pictureless camera=%s error=%s", camera.id, refused or "no picture came")
            return None
        return bytes(reply.data)

    async def _camera(self, camera: str) -> PastCamera | None:
        configured = self._current.camera(camera)
        if configured is not None:
            site, one = configured
            return PastCamera(one.id, site.id, one.name, str(one.placement), outlines(one.masks))
        async with self._database.read() as connection:
            return await past.find(connection, camera)


def _longest(jpeg: bytes) -> int:
    """The longer side by the JPEG's frame header, in pixels; of what has none, more than any picture's."""
    at = 2
    while at + 9 <= len(jpeg) and jpeg[at] == 0xFF:
        marker, length = jpeg[at + 1], int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return max(int.from_bytes(jpeg[at + 5 : at + 7], "big"), int.from_bytes(jpeg[at + 7 : at + 9], "big"))
        at += 2 + length
    return 1 << 16

"""The one way from a request to the facility: whoever asks reaches a camera, a recording, an alert through his grant.

``web.access`` makes it once the permission is there. What is out of reach does not exist: 404, never 403, so that
nobody learns what other sites have. A patient room that he has not opened is there, with its count, its alerts and its
timeline; what shows a picture of it asks with ``pictured``, ``past_pictured`` or ``recording``.
"""

from __future__ import annotations

from vms.domain.facility import Camera, Site
from web import reach
from web.accounts.roles import Identity, Permission
from web.cameras import past
from web.cameras.past import PastCamera
from web.cameras.view import CameraView
from web.context import Context
from web.playback.footage import Footage
from web.problems import Problem, not_found
from web.reach import Reach
from web.rooms.openings import is_room


class Grant:
    """Who asks, and what of the facility is there for him. Of one request, or of one websocket."""

    def __init__(self, identity: Identity, context: Context) -> None:
        self.identity = identity
        self._context = context

    @property
    def reach(self) -> Reach:
        """By the configuration in force."""
        return reach.of(self.identity.sites, self._context.current.facility)

    def require(self, *needed: Permission) -> None:
        """``Problem`` 403 without these permissions: for what only a part of a route's answers needs."""
        if not self.identity.may(needed):
            raise Problem(403, "forbidden", "your role does not permit this")

    def camera(self, camera: str) -> tuple[Site, Camera]:
        """The camera with its site; ``Problem`` 404 when there is none."""
        found = self._context.current.camera(camera)
        if found is None or not self.reach.has_site(found[0].id):
            raise not_found("camera")
        return found

    def pictured(self, camera: str) -> tuple[Site, Camera]:
        """As ``camera``, to be looked at: ``Problem`` 403 for a room that is not open."""
        site, found = self.camera(camera)
        self._look(found.id, found.placement)
        return site, found

    def shows(self, camera: str) -> bool:
        """Whether ``pictured`` would give it."""
        found = self._context.current.camera(camera)
        return found is not None and self.reach.has_site(found[0].id) and self._open(camera, found[1].placement)

    def _open(self, camera: str, placement: str | None) -> bool:
        if not is_room(placement):
            return True
        # Who may open none any more has none open.
        return self.identity.may(("room.open",)) and self._context.openings.lets(self.identity, camera)

    def _look(self, camera: str, placement: str | None) -> None:
        if not self._open(camera, placement):
            raise Problem(403, "room-closed", "this camera looks into a patient room: open it first, with a reason")

    async def past_camera(self, camera: str) -> PastCamera:
        """The camera of past footage, in the configuration or removed since; ``Problem`` 404: there never was one."""
        configured = self._context.current.camera(camera)
        if configured is not None:
            site, one = configured
            found: PastCamera | None = PastCamera(one.id, site.id, one.name, str(one.placement))
        else:
            async with self._context.database.read() as connection:
                found = await past.find(connection, camera)
        if found is None or not self.reach.has_site(found.site):
            raise not_found("camera")
        return found

    async def past_pictured(self, camera: str) -> PastCamera:
        """As ``past_camera``, to be looked at: ``Problem`` 403 for a room that is not open."""
        found = await self.past_camera(camera)
        self._look(found.id, found.placement)
        return found

    async def recording(self, segment: str) -> tuple[PastCamera, Footage]:
        """A recorded file to be looked at, with its camera; ``Problem`` 404, 403 for a room that is not open.

        Whose camera it is now decides, wherever that hung when it was recorded.
        """
        one = await self._context.footage.by_id(segment)
        if one is None:
            raise not_found("recording")
        try:
            found = await self.past_camera(one.camera)
        except Problem as err:
            raise not_found("recording") from err
        self._look(found.id, found.placement)
        return found, one

    def sites(self) -> list[Site]:
        """Those within, in the facility's order."""
        within = self.reach
        return [site for site in self._context.current.facility.sites if within.has_site(site.id)]

    def views(self) -> list[CameraView]:
        """The cameras within, in the facility's order."""
        within = self.reach
        return [view for view in self._context.cameras.views() if within.has_site(view.site.id)]

"""The one way from a request to the facility: whoever asks reaches a camera, a recording, an alert through his grant.

``web.access`` makes it once the permission is there. What is out of reach does not exist: 404, never 403, so that
nobody learns what other sites have. A patient room that he has not opened is there, with its count, its alerts and its
timeline; what shows a picture of it asks with ``pictured``, ``past_pictured`` or ``recording``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, null, select

from vms.domain.clock import rfc3339
from vms.domain.facility import Camera, Site
from vms.domain.masks import Outlines, outlines
from vms.domain.node import NODE_SITE
from web import reach
from web.accounts.roles import Identity, Permission
from web.audit.entry import Actor
from web.cameras import past
from web.cameras.past import PastCamera
from web.cameras.view import CameraView
from web.context import Context
from web.database.failures import ANY
from web.database.schema import Alert, CameraFirst
from web.database.schema_duty import Quiet, Shift
from web.database.schema_holds import HoldCamera
from web.playback.footage import Footage
from web.problems import Problem, not_found
from web.reach import Reach
from web.rooms.openings import is_room

#: Site and camera of what a path names by an id; an alert of a node is of no site.
_WHERE: dict[str, Any] = {
    "alert": select(Alert.site, Alert.camera).where(Alert.id == bindparam("id"), Alert.site != NODE_SITE),
    "hold": select(CameraFirst.site, CameraFirst.camera)
    .join(HoldCamera, HoldCamera.camera == CameraFirst.camera)
    .where(HoldCamera.hold_id == bindparam("id"), CameraFirst.site.is_not(None)),
    "shift": select(Shift.site, null()).where(Shift.id == bindparam("id"), Shift.site.is_not(None)),
    "quiet": select(Quiet.site, Quiet.camera).where(Quiet.id == bindparam("id"), Quiet.site != NODE_SITE),
}


class Grant:
    """Who asks, and what of the facility is there for him. Of one request, or of one websocket."""

    def __init__(self, identity: Identity, context: Context, address: str = "-") -> None:
        self.identity = identity
        self._context = context
        self._address = address

    @property
    def actor(self) -> Actor:
        """As the audit log names him."""
        one = self.identity
        return Actor(one.username, one.role, self._address, one.session, one.token)

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
        if found is None or not self._within(found[0].id, camera):
            raise not_found("camera")
        return found

    def within(self, site: str | None) -> None:
        """``Problem`` 404 for a site of others, in the configuration or not; None: none is named."""
        if site is not None and not self.reach.has_site(site):
            if any(one.id == site for one in self._context.current.facility.sites):
                self._within(site, None)
            raise not_found("site")

    def pictured(self, camera: str) -> tuple[Site, Camera]:
        """As ``camera``, to be looked at: ``Problem`` 403 for a room that is not open."""
        site, found = self.camera(camera)
        self._look(found.id, found.placement)
        return site, found

    def shows(self, camera: str, masks: Outlines) -> bool:
        """Whether ``pictured`` would give it still, with no others than these ``masks`` painted over."""
        found = self._context.current.camera(camera)
        if found is None or not self.reach.has_site(found[0].id) or self.covered(found[1]) != masks:
            return False
        return self._open(camera, found[1].placement)

    def covered(self, camera: Camera | PastCamera) -> Outlines:
        """What is painted over in this camera's pictures for who asks; empty: he sees all of it.

        Whoever is given a picture of a camera asks this first, for the present and for the past: the masks that count
        are those of now.
        """
        if self.identity.may(("mask.lift",)):
            return ()
        return camera.masks if isinstance(camera, PastCamera) else outlines(camera.masks)

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
        found = await self._ever(camera)
        if found is None or not self._within(found.site, camera):
            raise not_found("camera")
        return found

    async def knows(self, camera: str) -> bool:
        """Whether a list may name it; who may know of all may know of what nobody knows any more."""
        if self.identity.sites is None:
            return True
        found = await self._ever(camera)
        return found is not None and self.reach.has_site(found.site)

    async def _ever(self, camera: str) -> PastCamera | None:
        configured = self._context.current.camera(camera)
        if configured is not None:
            site, one = configured
            return PastCamera(one.id, site.id, one.name, str(one.placement), outlines(one.masks))
        async with self._context.database.read() as connection:
            return await past.find(connection, camera)

    async def past_pictured(self, camera: str) -> PastCamera:
        """As ``past_camera``, to be looked at: ``Problem`` 403 for a room that is not open."""
        found = await self.past_camera(camera)
        self._look(found.id, found.placement)
        return found

    async def judge_again(self, camera: str, masks: Outlines) -> None:
        """Before what was asked for a while ago is shown, made with ``masks``.

        ``Problem`` 403 when its room was closed meanwhile, 503 when there are other masks.
        """
        if self.covered(await self.past_pictured(camera)) != masks:
            raise Problem(503, "no-picture", "the privacy masks were changed meanwhile", headers={"Retry-After": "1"})

    async def still_pictured(self, camera: str) -> bool:
        """Whether recorded bytes of ``camera``, which are under way for long, may go on."""
        configured = self._context.current.camera(camera) is not None
        try:
            # Rooms and masks are known without the database.
            if configured and self.covered(await self.past_pictured(camera)):
                return False
            identity = await self._context.sessions.recheck(self.identity.session)
            if identity is None or not identity.same_rights(self.identity):
                return False
            return not self.covered(await self.past_pictured(camera))
        except Problem:
            return False
        except ANY:  # a database that is away ends no sessions
            return True

    async def recording(self, segment: str, *, painted: bool = False) -> tuple[PastCamera, Footage]:
        """A recorded file that is played, with its camera; ``Problem`` 404, 403 for a room that is not open.

        403 for a camera with masks that he may not see beneath, unless what is given has them ``painted`` over.
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
        if not painted and self.covered(found):
            raise Problem(403, "masked", "this camera has privacy masks: its playlist names what may be seen")
        self.looked("recording.play", found, one.start, one.end or one.start)
        return found, one

    def looked(self, action: str, camera: PastCamera, start: datetime, end: datetime) -> None:
        """Notes that the past of a camera was looked at; of a room as that, whatever it was."""
        span = {"from": rfc3339(start), "to": rfc3339(end)}
        what = (action, None) if not is_room(camera.placement) else ("room.view", action)
        self._context.audit.note(self, what[0], site=camera.site, camera=camera.id, object=what[1], detail=span)

    async def note_beyond(self, ids: Mapping[str, str]) -> None:
        """Notes an alert, a hold or a shift that was not found because it is another site's.

        ``ids``: of the request's path.
        """
        if self.identity.sites is None:
            return
        for name, query in _WHERE.items():
            if name in ids:
                with contextlib.suppress(*ANY):  # he gets his answer all the same
                    async with self._context.database.read() as connection:
                        for site, camera in await connection.execute(query, {"id": ids[name]}):
                            self._within(site, camera, ids[name])

    def _within(self, site: str, camera: str | None, what: str | None = None) -> bool:
        within = self.reach.has_site(site)
        if not within:  # it is there, and he is told that it is not
            self._context.audit.note(
                self, "request.refuse",
                site=site, camera=camera, object=what, detail={"status": 404}, outcome="refused",
            )  # fmt: skip
        return within

    def sites(self) -> list[Site]:
        """Those within, in the facility's order."""
        within = self.reach
        return [site for site in self._context.current.facility.sites if within.has_site(site.id)]

    def views(self) -> list[CameraView]:
        """The cameras within, in the facility's order."""
        within = self.reach
        return [view for view in self._context.cameras.views() if within.has_site(view.site.id)]

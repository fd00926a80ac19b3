"""The configuration in force in this process, by camera and site, and who wants to know when it changes."""

from __future__ import annotations

from collections.abc import Callable

from vms.domain.facility import Camera, Facility, Site
from web.configuration.revisions import Configured


class CurrentConfiguration:
    """What routes and followers look things up in; replaced whole."""

    def __init__(self, configured: Configured) -> None:
        self._told: list[Callable[[], None]] = []
        self._set(configured)

    def _set(self, configured: Configured) -> None:
        self.configured = configured
        self._cameras = {camera.id: (site, camera) for site, camera in configured.facility.cameras()}

    @property
    def revision(self) -> int:
        """Its number."""
        return self.configured.revision

    @property
    def facility(self) -> Facility:
        """The facility in force."""
        return self.configured.facility

    def replace(self, configured: Configured) -> None:
        """Puts a newer revision in force; an older one is ignored."""
        if configured.revision > self.configured.revision:
            self._set(configured)
            for told in self._told:
                told()

    def on_change(self, told: Callable[[], None]) -> None:
        """Calls ``told`` after each replacement."""
        self._told.append(told)

    def camera(self, camera: str) -> tuple[Site, Camera] | None:
        """The camera with its site, None when there is none of that id."""
        return self._cameras.get(camera)

    def cameras(self) -> list[tuple[Site, Camera]]:
        """All cameras, in the file's order."""
        return list(self._cameras.values())

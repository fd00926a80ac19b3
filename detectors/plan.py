"""What the configuration wants of one camera's analysis. Pure: a facility in, plans out."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from detectors.sampling.policy import Rates
from vms.domain.facility import Camera, Facility

#: Longer side of the model's input where the host can afford it: small persons are found, the count is off by less
#: (docs/models.md), and a picture costs about twice as much.
LARGE_PX = 640
#: Cameras for each thread of inference that can afford it: a quarter of them active at 4 a second, and all looked at
#: every 10 s, are 26 pictures a second of about 20 ms.
FEW = 24


def input_side(cameras: int, threads: int) -> int | None:
    """The input's longer side for so many cameras where the facility does not say; None: the model's own."""
    return LARGE_PX if cameras <= FEW * threads else None


@dataclass(frozen=True, slots=True)
class CameraPlan:
    """One camera of this process."""

    site: str
    camera: Camera
    rates: Rates
    zone_info: ZoneInfo

    @property
    def source(self) -> str | None:
        """The template of the stream to pull; None: key frames come from the recorder."""
        return self.camera.streams.sub

    def same_stream(self, other: CameraPlan) -> bool:
        """Whether the stream can stay open when this plan follows ``other``."""
        return (
            self.site == other.site
            and self.camera.enabled == other.camera.enabled
            and self.camera.streams == other.camera.streams
        )


def plans_of(facility: Facility, sites: frozenset[str] | None) -> dict[str, CameraPlan]:
    """The cameras of ``sites`` (None: all), disabled ones included, by id."""
    detector = facility.detector
    rates = Rates(
        detector.active_fps,
        min(detector.idle_fps, detector.active_fps),
        detector.least_fps,
        min(detector.armed_fps, detector.active_fps),
    )
    zone_info = facility.zone_info()
    return {
        camera.id: CameraPlan(site.id, camera, rates, zone_info)
        for site, camera in facility.cameras()
        if sites is None or site.id in sites
    }

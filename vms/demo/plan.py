"""Which simulated camera stands where and shows what. Data and its arrangement only: no files, no sockets.

The same plan feeds the renditions, the RTSP server and the facility file, so that they cannot disagree.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from vms.domain.errors import ConfigurationError

Placement = Literal["gate", "corridor", "sampling_room", "patient_room"]
Codec = Literal["h264", "h265"]
Shown = Literal["zone_breach", "line_crossing", "occupancy", "loitering", "tamper"]
"""The kind of rule that a camera is there to show."""

SITES: tuple[tuple[str, str, tuple[float, float], int], ...] = (
    ("vi-thanh-1", "Khu cách ly Vị Thanh 1", (9.7845, 105.4701), 250),
    ("vi-thanh-2", "Khu cách ly Vị Thanh 2", (9.7712, 105.4588), 180),
    ("nga-bay-1", "Khu cách ly Ngã Bảy 1", (9.8166, 105.8197), 220),
    ("nga-bay-2", "Khu cách ly Ngã Bảy 2", (9.8301, 105.8052), 120),
    ("long-my-1", "Khu cách ly thị xã Long Mỹ", (9.6817, 105.5706), 160),
    ("long-my-2", "Khu cách ly huyện Long Mỹ", (9.6402, 105.5213), 140),
    ("chau-thanh-1", "Khu cách ly Châu Thành 1", (9.9196, 105.8098), 200),
    ("chau-thanh-2", "Khu cách ly Châu Thành 2", (9.9048, 105.8344), 100),
    ("chau-thanh-a-1", "Khu cách ly Châu Thành A 1", (9.9293, 105.6362), 240),
    ("chau-thanh-a-2", "Khu cách ly Châu Thành A 2", (9.9471, 105.6598), 130),
    ("phung-hiep-1", "Khu cách ly Phụng Hiệp 1", (9.7993, 105.7124), 210),
    ("phung-hiep-2", "Khu cách ly Phụng Hiệp 2", (9.7530, 105.7411), 150),
    ("vi-thuy-1", "Khu cách ly Vị Thủy 1", (9.7716, 105.5415), 170),
    ("vi-thuy-2", "Khu cách ly Vị Thủy 2", (9.7289, 105.5602), 110),
)
"""id, name, (latitude, longitude), capacity. Sites beyond these are numbered on."""

_NAMES: dict[str, str] = {
    "gate": "Cổng",
    "corridor": "Hành lang",
    "sampling_room": "Phòng lấy mẫu",
    "patient_room": "Phòng bệnh nhân",
}
_FIRST_EIGHT = 8
_LONGEST_AT = (0, 3, 6)
_DRAWN_AT = (4, 7)
_TAMPERED_AT = 4
_SHOWN_DRAWN: dict[int, Shown] = {0: "zone_breach", 1: "line_crossing", 2: "occupancy", 5: "loitering"}
"""Where all is drawn. Beside footage a drawn camera shows the crossing: what walks through a clip is not known."""
_APART_S = 15.0
"""Drawn cameras that show something begin so long after each other: alerts come one by one."""
SCENE_S = 24
"""Length of the visits to a drawn camera."""
_EXCERPT_S = 48.0
"""Long enough for two visits of the known footage, and ends while its room is empty."""


@dataclass(frozen=True, slots=True)
class DemoSpec:
    """What is asked for. ``rtsp_port`` 0 takes a free one; ``password`` without ``user`` means nothing."""

    cameras: int = 8
    sites: int | None = None
    rtsp_port: int = 0
    data: Path = Path("data")
    videos: tuple[Path, ...] = ()
    """The user's own footage; each camera takes the next."""
    footage: Path | None = None
    """A folder of videos, used where ``videos`` is empty; drawn scenes where neither is there."""
    h265: int = 0
    """The last so many cameras send H.265."""
    host: str = "127.0.0.1"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    min_loop_s: float = 20.0
    """Shorter footage is repeated until its loop lasts so long."""
    max_loop_s: float = 180.0
    phones_port: int = 0
    """Where the officers' telephones take messages (``phones``); 0: they have none."""
    quiet_s: float = 0.0
    """So long nobody comes to a drawn camera that shows a rule, after its visits; 0: all go on without a pause."""


@dataclass(frozen=True, slots=True)
class FileSource:
    """A video file. ``visits``: its visits are known (a presence file lies beside it)."""

    path: Path
    visits: bool = False


@dataclass(frozen=True, slots=True)
class SceneSource:
    """A scene drawn from ``seed``: visits, then ``quiet_s`` without; amid it the lens is covered for ``covered_s``."""

    look: Placement
    seed: int
    quiet_s: float = 0.0
    covered_s: float = 0.0


Source = FileSource | SceneSource


@dataclass(frozen=True, slots=True)
class CameraPlan:
    """One simulated camera."""

    id: str
    name: str
    site: str
    placement: Placement
    source: Source
    codec: Codec = "h264"
    phase_s: float = 0.0
    """How far into its loop the camera is when it starts."""
    excerpt_s: float | None = None
    """The loop is the source's first so many seconds; None: all of it."""
    shows: Shown | None = None


def site_of(index: int) -> tuple[str, str, tuple[float, float], int]:
    """The ``index``-th site: id, name, location, capacity."""
    if index < len(SITES):
        return SITES[index]
    number = index + 1
    return (f"demo-{number}", f"Khu cách ly {number}", (9.75 + index % 20 / 100, 105.5 + index // 20 / 100), 100)


def make_plan(spec: DemoSpec, videos: tuple[FileSource, ...]) -> tuple[CameraPlan, ...]:
    """The cameras of ``spec``; ``videos`` as found (see ``sources.find_videos``), best known first.

    Of the first eight, three show the long video, the first of them whole; those beyond take the short ones and
    drawn scenes only: every minute of footage costs seconds of preparation and megabytes of memory a camera.
    """
    if spec.cameras < 1:
        raise ConfigurationError(f"--cameras {spec.cameras}: at least 1 camera is needed")
    sites = min(spec.cameras, -(-spec.cameras // 8) if spec.cameras > 8 else 2) if spec.sites is None else spec.sites
    if not 1 <= sites <= spec.cameras:
        raise ConfigurationError(f"--sites {sites}: between 1 and the number of cameras ({spec.cameras})")
    if not 0 <= spec.h265 <= spec.cameras:
        raise ConfigurationError(f"--h265 {spec.h265}: between 0 and the number of cameras ({spec.cameras})")
    numbers: dict[tuple[str, str], int] = {}
    plans = []
    for index in range(spec.cameras):
        placement = _placement(index)
        source = _source(index, placement, spec, videos)
        shows = _shown(index, spec, videos)
        if isinstance(source, SceneSource) and shows is not None:
            source = _paused(source, shows, spec.quiet_s)
        if index == 0 and isinstance(source, FileSource) and source.visits:
            placement = "sampling_room"
        site = site_of(index * sites // spec.cameras)[0]
        number = numbers[site, placement] = numbers.get((site, placement), 0) + 1
        plans.append(
            CameraPlan(
                id=f"{site}-{placement.removesuffix('_room')}-{number}",
                name=f"{_NAMES[placement]} {number}",
                site=site,
                placement=placement,
                source=source,
                codec="h265" if index >= spec.cameras - spec.h265 else "h264",
                phase_s=_phase(index, source),
                excerpt_s=None if index == 0 or spec.videos or isinstance(source, SceneSource) else _EXCERPT_S,
                shows=shows,
            )
        )
    return tuple(plans)


def _shown(index: int, spec: DemoSpec, videos: tuple[FileSource, ...]) -> Shown | None:
    if index == _TAMPERED_AT and not spec.videos:
        return "tamper"
    if not videos:
        return _SHOWN_DRAWN.get(index)
    if index == _DRAWN_AT[-1] and not spec.videos:
        return "line_crossing"
    crowded = min(2, spec.cameras - 1)
    return "zone_breach" if index == 0 else "occupancy" if index == crowded else None


def _paused(source: SceneSource, shows: Shown, quiet_s: float) -> SceneSource:
    if shows == "tamper":  # half of the rest before the cover: with the visits enough to learn the view
        return replace(source, quiet_s=2 * quiet_s, covered_s=quiet_s)
    return replace(source, quiet_s=quiet_s)


def _phase(index: int, source: Source) -> float:
    # The golden ratio spreads key frames over time; camera 1 starts its loop at 0.
    spread = index * 0.618034 % 1
    if not isinstance(source, SceneSource) or not source.quiet_s:
        return spread * 30 if index else 0.0
    if source.covered_s:
        return spread
    return (SCENE_S + source.quiet_s - index * _APART_S) % (SCENE_S + source.quiet_s) + (spread if index else 0.0)


def _placement(index: int) -> Placement:
    # Patient rooms are closed tiles on the wall: a small demo has none, a large one at most 1 in 8.
    if index >= _FIRST_EIGHT and index % 8 == 7:
        return "patient_room"
    return ("gate", "corridor", "sampling_room")[index % 3]


def _source(index: int, placement: Placement, spec: DemoSpec, videos: tuple[FileSource, ...]) -> Source:
    drawn = SceneSource(placement, seed=index)
    if not videos or placement == "patient_room":
        return drawn
    if spec.videos:
        return videos[index % len(videos)]
    short = videos[1:]
    slot = index % 8
    if index < _FIRST_EIGHT and slot in _LONGEST_AT:
        return videos[0]
    if slot in _DRAWN_AT or not short:
        return drawn
    return short[(index - 1 - 2 * (index // 3)) % len(short)]

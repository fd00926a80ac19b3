"""Nights in which nobody comes, and nights in which somebody does, through the detector's own path.

Decoding, sampling, inference, tracking, counting and rules are the service's, with simulated time. The long form takes
every model that is here, every place and every disturbance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from detectors.analysis import Analysis
from detectors.inference.backend import Backend
from detectors.inference.openvino import Runtime
from detectors.models import CATALOGUE, WEIGHTS, choose
from detectors.replay import Replay
from detectors.sampling.policy import Rates
from tests.support import night
from tests.support.figures import Figures
from tests.support.night import DISTURBANCES, Place
from vms.domain.facility import Camera

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]
CAMERA = Camera.model_validate(
    {
        "id": "night",
        "name": "Night",
        "placement": "corridor",
        "streams": {"main": "rtsp://camera/main"},
        "zones": [{"id": "all", "kind": "restricted", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]]}],
        "rules": [{"id": "breach", "kind": "zone_breach", "zone": "all", "rearm_s": 1}],
    }
)
#: An alarm belongs to a visit from so long before its labelled begin (± 0.5 s) until so long after its end.
SLACK_S = (0.5, 1.5)
SEED = 2026
#: The aim is none. So many a camera-hour are none in the short form; in the long one they say that rain rings the bell.
MOST_AN_HOUR = 20
SHARED = Path(__file__).resolve().parents[3] / "shared"
FOOTAGE = SHARED / "footage"  # a clone without it draws its places


def models(long: bool) -> Iterator[Backend]:
    """The ones that are here: the built-in one in the short form, which every clone has after make."""
    where = [SHARED / "models", WEIGHTS]
    for model in CATALOGUE:
        if long or model.name == "ssd-mobilenet-v2":
            choice = choose(model.name, where, Runtime(1))
            if choice.backend.model == model.name:
                yield choice.backend


def alarms(place: Place, disturbance: str, seconds: float, backend: Backend, folder: Path) -> list[float]:
    """When zone breaches were raised in a film of so many seconds."""
    film = folder / "night.mp4"
    if not film.exists():
        night.film(film, night.pictures(place, disturbance, seconds, SEED))
    analysis = Analysis("site", CAMERA, ZoneInfo("UTC"))
    seen = Replay(film, backend, analysis, Rates()).run()
    return [event.at for one in seen for event in one.events if event.word == "opened"]


def test_an_empty_night_raises_no_alarm(tmp_path: Path, figure: Figures, long: bool) -> None:
    places = night.real_places(FOOTAGE) if FOOTAGE.is_dir() else night.drawn_places()
    backends = list(models(long))
    if not backends:
        pytest.skip("needs npm ci in web/ui")
    seconds = 120.0 if long else 25.0
    raised: dict[str, Counter[str]] = {backend.model: Counter() for backend in backends}
    for place in places if long else places[:1]:
        for disturbance in DISTURBANCES:
            folder = tmp_path / place.name / disturbance
            folder.mkdir(parents=True)
            for backend in backends:
                times = alarms(place, disturbance, seconds, backend, folder)
                raised[backend.model][disturbance] += len(times)
                if times:
                    print(f"{backend.model}, {place.name}, {disturbance}: {[round(at, 1) for at in times]}")
    count = len(places) if long else 1
    hours = count * len(DISTURBANCES) * seconds / 3600
    for model, found in raised.items():
        kinds = ", ".join(f"{name} {found[name]}" for name in DISTURBANCES if found[name]) or "none"
        rate = f"{found.total() / hours:.1f} alarms a camera-hour ({kinds})"
        figure(28, f"an empty night, {model}", rate, "0", f"{hours:.2f} h, {count} places, {len(DISTURBANCES)} kinds")
    assert max(found.total() for found in raised.values()) <= MOST_AN_HOUR * hours


def test_persons_at_night_are_caught(tmp_path: Path, figure: Figures, long: bool) -> None:
    place = night.real_visits(FOOTAGE) if FOOTAGE.is_dir() else night.drawn_visits()
    backends = list(models(long))
    if not backends:
        pytest.skip("needs npm ci in web/ui")
    seconds = len(place.frames) / night.FPS
    kinds = list(DISTURBANCES) if long else ["rain"]
    if not long and place.visits[-1][0] > 60:  # half a loop will do
        seconds = 75.0
    visits = [(start, end) for start, end in place.visits if end < seconds]
    for backend in backends:
        caught: Counter[str] = Counter()
        false = 0
        for disturbance in kinds:
            folder = tmp_path / disturbance
            folder.mkdir(exist_ok=True)
            times = alarms(place, disturbance, seconds, backend, folder)
            of = [next((n for n, visit in enumerate(place.visits) if _within(at, visit)), None) for at in times]
            caught[disturbance] = len({n for n in of if n is not None and n < len(visits)})
            false += of.count(None)
        each = ", ".join(f"{name} {caught[name]}" for name in kinds)
        all_of_them = len(kinds) * len(visits)
        figure(
            28,
            f"persons at night, {backend.model}",
            f"{caught.total()} of {all_of_them} visits caught ({each}), {false} alarms beside them",
            "all; 0 beside them",
            f"{place.name}, {len(visits)} visits a kind",
        )
        assert caught.total() > 0
        assert false <= len(kinds) * len(visits)


def _within(at: float, visit: tuple[float, float]) -> bool:
    return visit[0] - SLACK_S[0] <= at <= visit[1] + SLACK_S[1]

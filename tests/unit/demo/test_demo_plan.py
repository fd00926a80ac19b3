"""Which camera shows what, the streams' shapes, and the facility file that goes with them."""

from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path

import pytest
import yaml

from vms.demo.facility import facility_dict, facility_yaml
from vms.demo.plan import SCENE_S, CameraPlan, DemoSpec, FileSource, SceneSource, make_plan
from vms.demo.scenes import FPS as SCENE_FPS
from vms.demo.scenes import Scene
from vms.demo.sources import find_videos, probe, shape_of
from vms.domain.errors import ConfigurationError
from vms.domain.facility import Facility

LONG, SHORT = FileSource(Path("long.mp4"), visits=True), FileSource(Path("short.mp4"))


def _plans(cameras: int, **options: object) -> tuple[CameraPlan, ...]:
    return make_plan(DemoSpec(cameras=cameras, **options), (LONG, SHORT))  # type: ignore[arg-type]


@pytest.mark.parametrize("cameras", [1, 2, 3, 8, 9, 40, 115])
@pytest.mark.parametrize("footage", [(), (LONG,), (LONG, SHORT)])
def test_every_demo_is_a_valid_facility(cameras: int, footage: tuple[FileSource, ...]) -> None:
    plans = make_plan(DemoSpec(cameras=cameras), footage)
    content = facility_dict(plans, 8554)
    facility = Facility.model_validate(content)
    found = [camera for _, camera in facility.cameras()]
    assert [camera.id for camera in found] == [plan.id for plan in plans]
    assert cameras < 3 or any(rule.kind == "occupancy" for camera in found for rule in camera.rules)
    first = found[0]
    breach = next(rule for rule in first.rules if rule.kind == "zone_breach")
    assert breach.schedule is None
    assert breach.dwell_s == 1
    assert next(zone for zone in first.zones if zone.id == breach.zone).kind == "restricted"
    assert first.streams.main == f"rtsp://127.0.0.1:8554/{first.id}/main"
    assert yaml.safe_load(facility_yaml(plans, 8554)) == content


@pytest.mark.parametrize("footage", [(), (LONG, SHORT)])
def test_eight_cameras_show_each_kind_and_three_severities(footage: tuple[FileSource, ...]) -> None:
    plans = make_plan(DemoSpec(quiet_s=60), footage)
    assert sorted(plan.shows for plan in plans if plan.shows) == sorted(
        ["line_crossing", "occupancy", "tamper", "zone_breach"] + ([] if footage else ["loitering"])
    )
    rules = [rule for _, camera in Facility.model_validate(facility_dict(plans, 1)).cameras() for rule in camera.rules]
    always = [rule for rule in rules if rule.schedule is None]
    kinds = {"zone_breach", "line_crossing", "occupancy", "loitering", "tamper"}
    assert kinds == {rule.kind for rule in always}
    assert all([rule.kind for rule in always].count(kind) == 1 for kind in kinds - {"occupancy"})
    assert {rule.effective_severity for rule in always} == {"critical", "warning", "info"}


def test_drawn_cameras_that_show_something_pause_and_take_turns() -> None:
    plans = make_plan(DemoSpec(quiet_s=60), ())
    shown = [plan for plan in plans if plan.shows]
    assert all(isinstance(plan.source, SceneSource) and plan.source.quiet_s >= 60 for plan in shown)
    assert all(plan.source.quiet_s == 0 for plan in plans if isinstance(plan.source, SceneSource) and not plan.shows)
    begins = sorted((SCENE_S + 60 - plan.phase_s) % (SCENE_S + 60) for plan in shown if plan.shows != "tamper")
    assert all(after - before > 10 for before, after in itertools.pairwise(begins))
    (tampered,) = [plan for plan in plans if plan.shows == "tamper"]
    scene = Scene(tampered.placement, 4, tampered.source.quiet_s, tampered.source.covered_s)  # type: ignore[union-attr]
    begin = next(index for index in range(scene.frames) if scene.covered(index))
    assert begin / SCENE_FPS - tampered.phase_s > 40, "a view is learnt in half a minute"
    assert {plan.source.quiet_s for plan in _plans(8) if isinstance(plan.source, SceneSource)} == {0.0}


def test_patient_rooms_are_few_and_drawn() -> None:
    assert all(plan.placement != "patient_room" for plan in _plans(8))
    for cameras in (9, 16, 17, 40, 115):
        rooms = [plan for plan in _plans(cameras) if plan.placement == "patient_room"]
        assert len(rooms) <= cameras / 8
        assert all(isinstance(plan.source, SceneSource) for plan in rooms)


def test_the_long_footage_is_the_first_cameras_and_costs_a_large_demo_no_more() -> None:
    plans = _plans(115)
    assert plans[0].source == LONG
    assert plans[0].phase_s == 0
    assert plans[0].excerpt_s is None
    assert [plan.excerpt_s for plan in plans[1:] if plan.source == LONG] == [48, 48]


def test_own_footage_goes_round() -> None:
    plans = _plans(5, videos=(Path("a"), Path("b")))
    assert [plan.source for plan in plans] == [LONG, SHORT, LONG, SHORT, LONG]
    assert all(plan.excerpt_s is None for plan in plans)


def test_sites_are_filled_in_order() -> None:
    plans = _plans(30, sites=14)
    sites = [plan.site for plan in plans]
    assert len(set(sites)) == 14
    assert sites == sorted(sites, key=sites.index)
    assert len(facility_dict(plans, 1)["sites"]) == 14
    assert len(facility_dict(_plans(40, sites=40), 1)["sites"]) == 40


def test_h265_is_for_the_last() -> None:
    assert [plan.codec for plan in _plans(4, h265=2)] == ["h264", "h264", "h265", "h265"]


def test_credentials_are_left_to_the_environment() -> None:
    facility = Facility.model_validate(facility_dict(_plans(1), 8554, credentials=True))
    main = facility.sites[0].cameras[0].streams.main
    assert main.startswith("rtsp://${VMS_DEMO_USER}:${VMS_DEMO_PASS}@127.0.0.1:8554/")


@pytest.mark.parametrize("options", [{"cameras": 0}, {"cameras": 2, "sites": 3}, {"cameras": 2, "h265": 3}])
def test_wrong_numbers_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError):
        make_plan(DemoSpec(**options), ())  # type: ignore[arg-type]


def test_wrong_videos_are_refused_by_name(tmp_path: Path) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("not a video", encoding="utf-8")
    for path, word in ((tmp_path / "none.mp4", "no such file"), (text, "not a video"), (tmp_path, "no such file")):
        with pytest.raises(ConfigurationError, match=word):
            probe(path)
    assert find_videos(DemoSpec(footage=tmp_path)) == ()
    assert find_videos(DemoSpec(footage=tmp_path / "nowhere")) == ()


@pytest.mark.parametrize(
    ("size", "fps", "main", "sub", "rate", "step"),
    [
        ((768, 432), 10, (768, 432), (480, 270), 10, 1),
        ((480, 270), 15, (480, 270), (480, 270), 15, 2),
        ((1280, 720), 10, (1280, 720), (640, 360), 10, 1),
        ((1920, 1080), 25, (1280, 720), (640, 360), 25, 3),
        ((1080, 1920), 60, (404, 720), (404, 720), 30, 3),
        ((321, 241), 30, (320, 240), (320, 240), 30, 3),
    ],
)
def test_shapes(
    size: tuple[int, int], fps: int, main: tuple[int, int], sub: tuple[int, int], rate: int, step: int
) -> None:
    shape = shape_of(size, Fraction(fps))
    assert (shape.main, shape.sub, shape.fps, shape.sub_step) == (main, sub, rate, step)
    assert shape.gop % shape.sub_step == 0
    assert 1.7 <= shape.gop / shape.fps <= 2.3

"""The facility's models: what is wrong is refused, each with one message that names it."""

from __future__ import annotations

import copy
import json
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from vms.domain.facility import Camera, Detector, Facility, Rule, RuleKind
from vms.domain.model import STORED
from vms.domain.rules import DWELL_S, REARM_S

GOOD: dict[str, Any] = {
    "facility": {"name": "Hậu Giang", "timezone": "Asia/Ho_Chi_Minh"},
    "retention": {"days": 30, "max_gib": 2000},
    "detector": {"model": "default", "active_fps": 4, "idle_fps": 0.5},
    "nodes": {"n1": {"sites": ["a"]}, "n2": {"sites": ["b"]}},
    "sites": [
        {
            "id": "a",
            "name": "Khu A",
            "location": [9.7845, 105.4701],
            "capacity": 250,
            "cameras": [
                {
                    "id": "a-1",
                    "name": "Cổng",
                    "placement": "gate",
                    "streams": {"main": "rtsp://${U}:${P}@10.1.1.11/main", "sub": "rtsps://10.1.1.11:322/sub"},
                    "zones": [
                        {"id": "z", "kind": "restricted", "polygon": [[0, 0], [1, 0], [1, 1]]},
                        {"id": "l", "kind": "line", "points": [[0.2, 0.6], [0.8, 0.6]]},
                    ],
                    "rules": [
                        {"id": "r", "kind": "zone_breach", "zone": "z", "schedule": "22:00-05:00"},
                        {"id": "o", "kind": "occupancy", "max": 6},
                        {"id": "x", "kind": "line_crossing", "zone": "l", "direction": "a_to_b"},
                    ],
                }
            ],
        },
        {"id": "b", "name": "Khu B"},
    ],
}
CAMERA = ("sites", 0, "cameras", 0)


def changed(path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """The good facility with one value replaced; Ellipsis takes it out."""
    data = copy.deepcopy(GOOD)
    at: Any = data
    for key in path[:-1]:
        at = at[key]
    if value is ...:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return data


def test_the_good_one_is_accepted_and_survives_json() -> None:
    facility = Facility.model_validate(GOOD)
    assert Facility.model_validate_json(facility.model_dump_json()) == facility
    assert [(s.id, c.id) for s, c in facility.cameras()] == [("a", "a-1")]
    assert str(facility.zone_info()) == "Asia/Ho_Chi_Minh"
    assert facility.sites[0].cameras[0].rules[0].effective_severity == "critical"
    assert facility.sites[0].cameras[0].rules[1].effective_severity == "warning"


BAD = [
    (("facility",), ..., "Field required"),
    (("facility", "timezone"), "Asia/Hanoi2", "'Asia/Hanoi2' is no time zone"),
    (("facility", "name"), "", "at least 1 character"),
    (("retention", "days"), 0, "greater than 0"),
    (("detector", "active_fps"), 31, "less than or equal to 30"),
    (("detector", "min_fps"), 0, "greater than 0"),
    (("detector", "min_fps"), 4.5, "min_fps 4.5 is above active_fps 4"),
    (("unknown",), 1, "Extra inputs are not permitted"),
    (("sites", 0, "location"), [91, 0], "less than or equal to 90"),
    (("sites", 0, "location"), [1], "Field required"),
    (("sites", 0, "capacity"), -1, "greater than or equal to 0"),
    (("sites", 1, "id"), "a", "site id 'a' is used twice"),
    (("sites", 1, "id"), "c", "node 'n2' names site 'b', which does not exist"),
    (("nodes", "n2", "sites"), ["b", "a"], "site 'a' is given to two nodes, 'n1' and 'n2'"),
    (("nodes", "n2", "sites"), [], "site 'b' is given to no node"),
    ((*CAMERA, "id"), "A-1", "String should match pattern"),
    ((*CAMERA, "id"), "-a", "String should match pattern"),
    ((*CAMERA, "id"), "a" * 64, "String should match pattern"),
    ((*CAMERA, "id"), "a\n", "String should match pattern"),
    ((*CAMERA, "id"), "../a", "String should match pattern"),
    ((*CAMERA, "id"), "a.b", "String should match pattern"),
    ((*CAMERA, "placement"), "roof", "Input should be 'gate'"),
    ((*CAMERA, "zone"), [], "Extra inputs are not permitted"),
    ((*CAMERA, "streams"), {}, "Field required"),
    ((*CAMERA, "streams", "main"), "http://h/x", "scheme 'http' is not for cameras"),
    ((*CAMERA, "streams", "main"), "file:///etc/passwd", "scheme 'file' is not for cameras"),
    ((*CAMERA, "streams", "main"), "concat:a|b", "scheme 'concat' is not for cameras"),
    ((*CAMERA, "streams", "main"), "h/x", "scheme 'none' is not for cameras"),
    ((*CAMERA, "streams", "main"), "rtsp:///x", "the URL names no host"),
    ((*CAMERA, "streams", "main"), "rtsp://h/x y", "no spaces, line breaks or control characters"),
    ((*CAMERA, "streams", "main"), "rtsp://h/x\r\nCSeq: 1", "no spaces, line breaks or control characters"),
    ((*CAMERA, "streams", "main"), "rtsp://h/x\x00", "no spaces, line breaks or control characters"),
    ((*CAMERA, "streams", "main"), "rtsp://h:99999/x", "port"),
    ((*CAMERA, "streams", "main"), "rtsp://h:abc/x", "port"),
    ((*CAMERA, "streams", "main"), "rtsp://[::1/x", "cannot be taken apart"),
    ((*CAMERA, "zones", 1, "id"), "z", "camera 'a-1': zone id 'z' is used twice"),
    ((*CAMERA, "rules", 1, "id"), "r", "camera 'a-1': rule id 'r' is used twice"),
    ((*CAMERA, "zones", 0, "polygon"), [[0, 0], [1, 0], [1, 1.01]], "less than or equal to 1"),
    ((*CAMERA, "zones", 0, "polygon"), [[0, 0], [1, 0]], "at least 3 items"),
    ((*CAMERA, "zones", 0, "polygon"), [[0, 0], [1, 0], [float("nan"), 1]], "less than or equal to 1"),
    ((*CAMERA, "zones", 0, "polygon"), ..., "a restricted zone has a 'polygon' and no 'points'"),
    ((*CAMERA, "zones", 1, "points"), ..., "a line has 'points' and no 'polygon'"),
    ((*CAMERA, "zones", 1, "points"), [[0, 0]], "at least 2 items"),
    ((*CAMERA, "zones", 1, "points"), [[0.5, 0.5]] * 3, "zone 'l': a line has two different points"),
    ((*CAMERA, "zones", 1, "name"), "Cửa\u202esau", "no line breaks or control characters"),
    ((*CAMERA, "name"), " \n", "no line breaks or control characters"),
    ((*CAMERA, "rules", 0, "zone"), ..., "kind zone_breach needs a 'zone'"),
    ((*CAMERA, "rules", 0, "zone"), "y", "rule 'r' names zone 'y', which it lacks"),
    ((*CAMERA, "rules", 0, "zone"), "l", "does not fit zone 'l' of kind line"),
    ((*CAMERA, "rules", 2, "zone"), "z", "does not fit zone 'z' of kind restricted"),
    ((*CAMERA, "rules", 0, "kind"), "dance", "Input should be 'zone_breach'"),
    ((*CAMERA, "rules", 0, "schedule"), "24:00-05:00", "schedule '24:00-05:00' is not HH:MM-HH:MM"),
    ((*CAMERA, "rules", 0, "schedule"), "22:00-05:00\n", "is not HH:MM-HH:MM"),
    ((*CAMERA, "rules", 0, "schedule"), "10:00-10:00", "ends when it begins; leave the schedule out for all day"),
    (
        (*CAMERA, "zones", 0, "polygon"),
        [[0, 0], [1, 1], [1, 0], [0, 1]],
        "zone 'z': its edges cross or touch at [0.5, 0.5]",
    ),
    ((*CAMERA, "zones", 1), {"id": "l", "kind": "line", "polygon": [[0, 0], [1, 0]]}, "a line has 'points'"),
    ((*CAMERA, "zones", 1), {"id": "l", "points": [[0, 0], [1, 0]]}, "an area zone has a 'polygon'"),
    ((*CAMERA, "rules", 0, "dwell_s"), -1, "greater than or equal to 0"),
    ((*CAMERA, "rules", 1, "max"), ..., "kind occupancy needs 'min' or 'max'"),
    ((*CAMERA, "rules", 1, "min"), 7, "min 7 is above max 6"),
    ((*CAMERA, "rules", 0, "max"), 7, "'min' and 'max' are for kind occupancy, not for zone_breach"),
    ((*CAMERA, "rules", 0, "direction"), "a_to_b", "'direction' is for kind line_crossing, not for zone_breach"),
    ((*CAMERA, "rules", 0, "kind"), "tamper", "kind tamper is about the whole camera and has no 'zone'"),
    ((*CAMERA, "rules", 2), {"id": "x", "kind": "loitering"}, "kind loitering needs a 'zone'"),
    (
        (*CAMERA, "rules"),
        [{"id": "x", "kind": "camera_offline"}, {"id": "y", "kind": "camera_offline", "schedule": "22:00-05:00"}],
        "camera 'a-1': more than one rule of kind camera_offline",
    ),
]


@pytest.mark.parametrize(
    ("settings", "least"),
    [({}, 1), ({"min_fps": 2}, 2), ({"active_fps": 0.5}, 0.5), ({"active_fps": 2, "min_fps": 0.2}, 0.2)],
)
def test_the_least_rate_is_one_a_second_or_the_active_rate(settings: dict[str, float], least: float) -> None:
    detector = Detector.model_validate(settings)
    assert detector.least_fps == least
    assert Detector.model_validate(detector.model_dump()) == detector  # as an older file's settings are stored


@pytest.mark.parametrize(
    ("path", "value", "message"), BAD, ids=[f"{'.'.join(map(str, b[0]))}={b[1]!r:.30}" for b in BAD]
)
def test_bad_input_gives_one_clear_message(path: tuple[str | int, ...], value: Any, message: str) -> None:
    with pytest.raises(ValidationError) as failure:
        Facility.model_validate(changed(path, value))
    errors = failure.value.errors()
    assert message in errors[0]["msg"]
    # pydantic may add what follows from the first: a polygon that lost a point is too short.
    assert all(errors[0]["loc"][: len(e["loc"])] == e["loc"] for e in errors), errors


def test_what_a_rule_leaves_out_goes_by_its_kind_and_is_written_out() -> None:
    assert set(DWELL_S) == set(REARM_S) == set(get_args(RuleKind))
    zones = {"zone_breach": "z", "line_crossing": "l", "loitering": "z"}
    for kind in get_args(RuleKind):
        plain = {"id": "r", "kind": kind, "zone": zones.get(kind), "max": 1 if kind == "occupancy" else None}
        rule = Rule.model_validate(plain)
        assert (rule.dwell_s, rule.rearm_s) == (DWELL_S[kind], REARM_S[kind])
        assert Rule.model_validate(plain | {"dwell_s": 7}).dwell_s == 7
        assert Rule.model_validate_json(rule.model_dump_json(exclude_none=True)) == rule


def test_the_schema_says_what_is_left_out_by_kind() -> None:
    schema = Facility.model_json_schema()["$defs"]["Rule"]
    assert "required" in schema
    assert {"dwell_s", "rearm_s"}.isdisjoint(schema["required"])
    assert "default" not in schema["properties"]["dwell_s"]
    assert "loitering 60" in schema["properties"]["dwell_s"]["description"]
    assert set(schema["properties"]["kind"]["enum"]) == set(get_args(RuleKind))


@pytest.mark.parametrize("url", ["rtsp://${HOST}:${PORT}/x", "rtsp://${BOTH}@h", "rtsp://u:p%40@[::1]:554/x?a=1&b=2"])
def test_urls_that_are_fine(url: str) -> None:
    assert Facility.model_validate(changed((*CAMERA, "streams", "main"), url)).sites[0].cameras[0].streams.main == url


def test_a_camera_id_is_unique_in_the_whole_facility() -> None:
    data = copy.deepcopy(GOOD)
    data["sites"][1]["cameras"] = copy.deepcopy(data["sites"][0]["cameras"])
    with pytest.raises(ValidationError, match="camera id 'a-1' is used twice"):
        Facility.model_validate(data)


def test_what_was_stored_before_a_check_was_there_is_still_read() -> None:
    crossed = [[0, 0], [1, 1], [1, 0], [0, 1]]
    old = changed((*CAMERA, "zones", 0, "polygon"), crossed)
    rules = old["sites"][0]["cameras"][0]["rules"]
    rules[0]["schedule"] = "10:00-10:00"
    rules += [{"id": f"lost-{n}", "kind": "camera_offline"} for n in range(2)]
    camera = Facility.from_store(json.dumps(old)).sites[0].cameras[0]
    assert camera.zones[0].polygon == tuple(tuple(point) for point in crossed)
    with pytest.raises(ValidationError, match="2 validation errors"):
        Facility.model_validate(old)
    with pytest.raises(ValidationError, match="names zone 'y', which it lacks"):
        Facility.from_store(json.dumps(changed((*CAMERA, "rules", 0, "zone"), "y")))


def test_a_line_that_becomes_a_zone_is_drawn_anew() -> None:
    """As a line it was good, though as a polygon it crosses itself."""
    plain = changed((*CAMERA, "zones", 1, "points"), [[0, 0], [1, 1], [1, 0], [0, 1]])["sites"][0]["cameras"][0]
    before = Camera.model_validate(plain)
    plain["rules"].pop()
    plain["zones"][1] = {"id": "l", "kind": "area", "polygon": plain["zones"][1]["points"]}
    after = Camera.model_validate(plain, context=STORED)
    with pytest.raises(ValidationError, match="zone 'l': its edges cross"):
        before.check_successor(after)
    after.check_successor(after)


LOST = [{"id": f"lost-{n}", "kind": "camera_offline"} for n in range(3)]


@pytest.mark.parametrize(
    ("rules", "good"),
    [
        ([*LOST, {"id": "t", "kind": "tamper"}], True),
        (LOST[:2], True),
        (LOST[::-1], True),
        ([LOST[0] | {"dwell_s": 20}], True),
        ([*LOST[:2], LOST[2] | {"dwell_s": 20}], False),
        ([LOST[0], {"id": "new", "kind": "camera_offline"}], False),
    ],
)
def test_old_rules_for_a_lost_camera_stand_in_the_way_of_none_but_their_like(
    rules: list[dict[str, Any]], good: bool
) -> None:
    plain = changed((*CAMERA, "rules"), LOST)["sites"][0]["cameras"][0]
    before = Camera.model_validate(plain, context=STORED)
    after = Camera.model_validate(plain | {"rules": rules}, context=STORED)
    if good:
        before.check_successor(after)
    else:
        with pytest.raises(ValidationError, match="more than one rule of kind camera_offline"):
            before.check_successor(after)


def test_an_old_name_is_its_bearers_alone() -> None:
    plain = changed((*CAMERA, "zones", 0, "name"), "\u202e")["sites"][0]["cameras"][0] | {"name": "\u2028"}
    before = Camera.model_validate(plain, context=STORED)
    before.check_successor(before)
    plain["zones"].append({"id": "new", "name": "\u202e", "polygon": [[0, 0], [1, 0], [1, 1]]})
    with pytest.raises(ValidationError, match=r"1 validation error.*\nzones\.2\.name\n.*a name has letters"):
        before.check_successor(Camera.model_validate(plain, context=STORED))


def test_models_are_frozen() -> None:
    facility = Facility.model_validate(GOOD)
    with pytest.raises(ValidationError, match="frozen"):
        facility.sites[0].cameras[0].name = "other"  # type: ignore[misc]

"""Every fault of a facility file is one line with place and remedy; what is right comes back unchanged."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vms.domain.errors import ConfigurationError
from vms.settings import facility_file

EXAMPLE = Path(__file__).resolve().parents[3] / "config" / "hau-giang.yaml"
GOOD = """\
facility: {name: Hậu Giang, timezone: Asia/Ho_Chi_Minh}
sites:
  - id: vt
    name: Khu
    cameras:
      - id: vt-gate
        name: Cổng
        placement: gate
        streams: {main: "rtsp://${CAM_USER}:${CAM_PASS}@10.1.1.11/main"}
        zones:
          - {id: outside, kind: restricted, polygon: [[0.1,0.5],[0.9,0.5],[0.9,1]]}
        rules:
          - {id: breach, kind: zone_breach, zone: outside, dwell_s: 1, schedule: "22:00-05:00"}
"""
LOGIN = {"CAM_USER": "viewer", "CAM_PASS": "s3cret"}


def fault(text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        facility_file.parse(text, "x.yaml")
    said = str(caught.value)
    assert "\n" not in said
    return said


def test_the_example_is_complete() -> None:
    facility = facility_file.load(EXAMPLE)
    cameras = [camera for _, camera in facility.cameras()]
    assert (len(facility.sites), len(cameras)) == (14, 115)
    assert {camera.placement for camera in cameras} == {"gate", "corridor", "sampling_room", "patient_room"}
    assert all(site.location and 9.6 <= site.location[0] <= 10 and 105.3 <= site.location[1] <= 105.9
               for site in facility.sites)  # fmt: skip
    assert 0 < sum(camera.streams.sub is None for camera in cameras) < 8
    assert all(camera.rules for camera in cameras)
    assert len({camera.streams.main for camera in cameras}) == 115
    facility_file.check_environment(facility, LOGIN)
    assert facility_file.parse(facility_file.dump(facility), "again") == facility


@pytest.mark.parametrize(
    ("old", "new", "line", "parts"),
    [
        ("[0.1,0.5]", "[1.25,0.5]", 11, ["sites.0.cameras.0.zones.0.polygon.0.0 (camera 'vt-gate', zone 'outside')",
                                         "less than or equal to 1, not 1.25", "fractions of the picture"]),
        ("[0.1,0.5]", "[0.1]", 11, ["polygon.0.1", "a number is missing", "[x, y]"]),
        ("[0.1,0.5],[0.9,0.5],", "", 11, ["at least 3 are wanted, here are 1"]),
        ("dwell_s", "dwel_s", 13, ["unknown key 'dwel_s'", "did you mean 'dwell_s'?"]),
        ("        streams", "        steams", 9, ["unknown key 'steams'", "did you mean 'streams'?"]),
        ("        placement: gate\n", "", 6, ["sites.0.cameras.0.placement", "key 'placement' is missing", "add it"]),
        ("placement: gate", "placement: gates", 8, ["not 'gates'", "did you mean 'gate'?"]),
        ("rtsp://", "http://", 9, ["scheme 'http'", "rtsps://"]),
        ("zone: outside", "zone: nowhere", 13, ["names zone 'nowhere', which it lacks", "add the zone"]),
        ("zone_breach", "line_crossing", 13, ["does not fit zone 'outside'", "wants a line"]),
        ("22:00-05:00", "22-05", 13, ["schedule '22-05'", '"22:00-05:00"']),
        ("22:00-05:00", "10:00-10:00", 13, ["camera 'vt-gate'", "rule 'breach'", "leave the schedule out for all day"]),
        ("[0.9,0.5],[0.9,1]", "[0.9,1],[0.9,0.5],[0.1,1]", 11,
         ["camera 'vt-gate'", "zone 'outside': its edges cross or touch at [0.5, 0.75]", "a walk round"]),
        ("kind: restricted, polygon: [[0.1,0.5],[0.9,0.5],[0.9,1]]", "kind: line, polygon: [[0.1,0.5],[0.9,0.5]]", 11,
         ["zone 'outside': a line has 'points' and no 'polygon'", "write points: [["]),
        ("kind: restricted, polygon: [[0.1,0.5],[0.9,0.5],[0.9,1]]", "points: [[0.1,0.5],[0.9,0.5]]", 11,
         ["an area zone has a 'polygon' and no 'points'", "kind: line"]),
        ("- id: vt\n", "- id: no\n", 3, ["reads this as false", "put it in quotes"]),
        ("- id: vt\n", "- id: VT\n", 3, ["'VT' is no id", "lower-case"]),
        ("name: Khu", "name: 12", 4, ["reads this as 12", "put it in quotes"]),
        ("name: Khu", "name:", 4, ["nothing is stated", "state a text"]),
        ("dwell_s: 1", "dwell_s: soon", 13, ["valid number", "not 'soon'"]),
        ("dwell_s: 1", "dwell_s: .nan", 13, ["'.nan' is no finite number"]),
        ("dwell_s: 1", "dwell_s: -1", 13, ["greater than or equal to 0, not -1"]),
        ("sites:", "retention: {day: 3}\nsites:", 2, ["retention.day", "did you mean 'days'?"]),
        ("sites:", "nodes: {a: {sites: [vt, q]}}\nsites:", 2, ["node 'a' names site 'q'", "add the site"]),
        ("sites:", "nodes: {a: {sit: [vt]}}\nsites:", 2, ["nodes.a.sit", "did you mean 'sites'?"]),
        ("sites:\n", "sites:\n  - {id: vt, name: A}\n", 4, ["site id 'vt' is used twice", "line 3"]),
        ("zones:\n", "zones:\n          - {id: outside, polygon: [[0,0],[0,1],[1,1]]}\n", 12,
         ["zone id 'outside' is used twice", "line 11"]),
        ("Ho_Chi_Minh", "Saigo", 1, ["facility.timezone", "'Asia/Saigo' is no time zone"]),
        ("10.1.1.11", "h:99999", 9, ["streams.main", "camera 'vt-gate'", "port"]),
        ("CAM_USER", "CAM-USER", 9, ["camera 'vt-gate', streams.main", "'${CAM-USER}' is no variable name"]),
        ("cameras:\n", "cameras: gate\n", 6, ["put a text that holds ': ' in quotes"]),
        ("    cameras:", "    location: [200, 105]\n    cameras:", 5, ["location.0", "equal to 90, not 200"]),
    ],
)  # fmt: skip
def test_wrong_content(old: str, new: str, line: int, parts: list[str]) -> None:
    assert old in GOOD
    said = fault(GOOD.replace(old, new, 1))
    assert said.startswith(f"x.yaml:{line}: ")
    for part in parts:
        assert part in said


def test_a_camera_that_stands_twice_names_both_lines() -> None:
    camera = GOOD[GOOD.index("      - id: vt-gate") :]
    said = fault(GOOD + camera)
    assert said.startswith("x.yaml:14: ")
    assert "camera id 'vt-gate' is used twice; it stands in line 6 too" in said


def test_every_fault_is_told_in_the_order_of_the_file_and_consequences_are_not() -> None:
    text = GOOD.replace("gate\n        streams", "gat\n        steams").replace("0.5", "5", 1).replace("0.1,", "x,", 1)
    text = text.replace("22:00-05:00", "10:00-10:00")
    with pytest.raises(facility_file.FacilityFaults) as caught:
        facility_file.parse(text, "x.yaml")
    lines = caught.value.lines
    assert [line.split(" ")[0] for line in lines] == [
        "x.yaml:8:",
        "x.yaml:9:",
        "x.yaml:11:",
        "x.yaml:11:",
        "x.yaml:13:",
    ]
    assert str(caught.value) == f"{lines[0]} (and 4 more)"
    assert "more)" not in fault(GOOD.replace("sites:", "site:"))


def test_faults_of_one_camera_or_rule_stand_apart() -> None:
    text = GOOD.replace("zone: outside", "max: 3").replace("22:00-05:00", "22-05")
    text += "          - {id: r, kind: loitering}\n          - {id: s, kind: occupancy, min: 4, max: 2}\n"
    with pytest.raises(facility_file.FacilityFaults) as caught:
        facility_file.parse(text, "x.yaml")
    assert [line.split(":")[1] for line in caught.value.lines] == ["13", "13", "13", "14", "15"]
    text = (
        GOOD + "          - {id: a, kind: absence, zone: b}\n          - {id: a, kind: line_crossing, zone: outside}\n"
    )
    with pytest.raises(facility_file.FacilityFaults) as caught:
        facility_file.parse(text, "x.yaml")
    assert [line.split(":")[1] for line in caught.value.lines] == ["14", "15", "15"]


def test_every_stream_with_a_mistyped_variable_is_told() -> None:
    text = GOOD.replace('/main"', '/main", sub: "rtsp://${A-B}@h/"').replace("${CAM_USER}", "${CAM-USER}")
    with pytest.raises(facility_file.FacilityFaults) as caught:
        facility_file.parse(text, "x.yaml")
    assert ["streams.main" in line for line in caught.value.lines] == [True, False]
    assert ["streams.sub" in line for line in caught.value.lines] == [False, True]


@pytest.mark.parametrize(
    ("text", "start", "part"),
    [
        ("", "x.yaml: ", "the file is empty"),
        ("# nothing\n", "x.yaml: ", "the file is empty"),
        ("- a\n", "x.yaml:1: ", "'sites:' are wanted"),
        ("facility:\n\tname: x\n", "x.yaml:2: ", "a tab in the indentation; use spaces"),
        ("a: 1\nb: {c: rtsp://${X}/y}\n", "x.yaml:2: ", "in quotes"),
        ("a: 1\nb: 'x\n", "x.yaml:2: ", "close the quotes"),
        ("a: 1\nb: 2\na: 3\n", "x.yaml:3: ", "the key 'a' stands twice (first in line 1)"),
        ("a: 1\nb: !!python/object/apply:os.system [ls]\n", "x.yaml:2: ", "take the tag out"),
        ("a: !secret x\n", "x.yaml:1: ", "take the tag out"),
        ("a: &a [*a]\n", "x.yaml:1: ", "aliases"),
        ("a: *b\n", "x.yaml:1: ", "undefined alias"),
        ("a: &b {c: 1}\nd:\n  <<: *b\n", "x.yaml:3: ", "the merge key"),
        ("a: 1\n---\nb: 1\n", "x.yaml:2: ", "a second document"),
        ("a: 1\nb: \x00\n", "x.yaml:2: ", "control character (U+0000)"),
        ("[" * 5000, "x.yaml:1: ", "more than 32 levels"),
        ("? {a: 1}\n: 2\n", "x.yaml:1: ", "a key that is a list or a mapping"),
        (f"a: {'9' * 1000}\n", "x.yaml:1: ", "1000 digits"),
    ],
)
def test_not_our_yaml(text: str, start: str, part: str) -> None:
    said = fault(text)
    assert said.startswith(start)
    assert part in said


def test_an_alias_bomb_is_refused_at_once() -> None:
    rows = [f"b{i}: &b{i} [{', '.join([f'*b{i - 1}'] * 10)}]" for i in range(1, 9)]
    assert "aliases" in fault("\n".join(["b0: &b0 [x, x, x, x, x, x, x, x, x, x]", *rows]))


def test_harmless_aliases_are_read() -> None:
    text = GOOD.replace("[[0.1,0.5]", "&shape [[0.1,0.5]") + "        enabled: true\n"
    assert facility_file.parse(text, "x") == facility_file.parse(GOOD, "x")


def test_no_fault_shows_a_password() -> None:
    for url in ('"rtsp://admin:s3cret@h/"', "{main: 'http://admin:s3 cret@h/'}", "{main: [rtsp://admin:s3cret@h/]}",
                "{man: 'rtsp://admin:s3cret@h/'}", "rtsp://admin:s3 cret@h/"):  # fmt: skip
        said = fault(GOOD.replace('{main: "rtsp://${CAM_USER}:${CAM_PASS}@10.1.1.11/main"}', url))
        assert "s3" not in said


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("facility:\n  name: Hậu Giang\n".encode("utf-16"))
    large = tmp_path / "large.yaml"
    large.write_bytes(b"#" * (5 << 20))
    cases = {tmp_path / "none.yaml": "no such file", tmp_path: "is a folder", latin: "not UTF-8", large: "larger than"}
    for path, part in cases.items():
        with pytest.raises(ConfigurationError, match=part) as caught:
            facility_file.load(path)
        assert str(caught.value).startswith(str(path))


def test_a_file_that_only_later_checks_refuse_keeps_no_service_with_a_database_from_starting(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "facility.yaml"
    file.write_text(GOOD.replace("[[0.1,0.5],[0.9,0.5],[0.9,1]]", "[[0,0],[1,1],[1,0],[0,1]]"), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="its edges cross or touch"):
        facility_file.load_for_start(file, tmp_path)
    (tmp_path / "vms.db").touch()
    assert facility_file.load_for_start(file, tmp_path).sites
    assert "facility.faulty" in caplog.text
    assert "its edges cross or touch" in caplog.text
    file.write_text("facility: {name: F}\nsites: 5\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="a list is wanted"):
        facility_file.load_for_start(file, tmp_path)


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert facility_file.load(path).sites[0].cameras[0].streams.main.startswith("rtsp://${CAM_USER}:")


def test_the_environment_lacks_variables() -> None:
    facility = facility_file.parse(GOOD, "x")
    facility_file.check_environment(facility, LOGIN)
    with pytest.raises(
        ConfigurationError, match=r"lacks CAM_USER, CAM_PASS \(wanted by camera 'vt-gate', streams.main"
    ):
        facility_file.check_environment(facility, {})
    with pytest.raises(ConfigurationError, match=r"lacks CAM_PASS \(.*export CAM_PASS="):
        facility_file.check_environment(facility, {"CAM_USER": "viewer"})


@pytest.mark.parametrize("password", ["a@b:c", "p%2Fw", "", "s3/cret", "s3 cret", "s3#cret", "s3[cret"])
def test_any_password_fits(password: str) -> None:
    facility_file.check_environment(facility_file.parse(GOOD, "x"), LOGIN | {"CAM_PASS": password})


def test_a_variable_may_be_host_or_port() -> None:
    url = "rtsp://${HOST}:${PORT}/main"
    facility = facility_file.parse(GOOD.replace("rtsp://${CAM_USER}:${CAM_PASS}@10.1.1.11/main", url), "x")
    facility_file.check_environment(facility, {"HOST": "10.0.0.1", "PORT": "8554"})
    for host, port in (("10.0.0.1", "many"), ("", "554"), ("a b", "554"), ("[", "554")):
        with pytest.raises(ConfigurationError, match=r"camera 'vt-gate', streams\.main: with HOST, PORT filled in"):
            facility_file.check_environment(facility, {"HOST": host, "PORT": port})


def test_the_schema_knows_every_key() -> None:
    schema = facility_file.json_schema()
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert set(schema["properties"]) == {"facility", "retention", "detector", "nodes", "sites"}
    assert schema["$defs"]["Camera"]["additionalProperties"] is False


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200), st.integers(0, len(GOOD)))
def test_whatever_is_typed_gives_a_facility_or_one_line(noise: str, at: int) -> None:
    said = "x.yaml: good"
    try:
        facility_file.parse(GOOD[:at] + noise + GOOD[at:], "x.yaml")
    except ConfigurationError as err:
        said = str(err)
    assert said.startswith("x.yaml:")
    assert len(said.splitlines()) == 1

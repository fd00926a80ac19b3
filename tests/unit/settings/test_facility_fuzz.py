"""Whatever stands in a facility file: a facility, or faults that are a line each. Never anything else, and soon."""

from __future__ import annotations

import copy
import random
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vms.domain.errors import ConfigurationError
from vms.domain.facility import Facility
from vms.settings import facility_file
from vms.settings.complaints import MOST_FAULTS
from vms.settings.facility_file import FacilityFaults

WHOLE = """\
facility: {name: Hậu Giang, timezone: Asia/Ho_Chi_Minh}
retention: {days: 30, min_days: 3, max_gib: 2000, reserve_gib: 20, counts_days: 100}
detector: {model: default, active_fps: 4, idle_fps: 0.5, armed_fps: 2, min_fps: 1, confidence: 0.4, input_px: 640}
nodes: {a: {sites: [vt]}}
sites:
  - id: vt
    name: Khu
    location: [9.7845, 105.4701]
    capacity: 250
    retention: {days: 20}
    cameras:
      - id: vt-gate
        name: Cổng
        placement: gate
        enabled: true
        streams: {main: "rtsp://${CAM_USER}:${CAM_PASS}@10.1.1.11/main", sub: "rtsp://10.1.1.11/sub"}
        zones:
          - {id: outside, kind: restricted, polygon: [[0.1,0.5],[0.9,0.5],[0.9,1]]}
          - {id: line-1, kind: line, points: [[0.2,0.6],[0.8,0.6]]}
        rules:
          - {id: breach, kind: zone_breach, zone: outside, dwell_s: 1, schedule: "22:00-05:00"}
          - {id: over, kind: line_crossing, zone: line-1, direction: a_to_b}
          - {id: crowd, kind: occupancy, max: 6, dwell_s: 10}
"""
#: What means something to YAML, to Python, or to us.
TOKENS = (
    "!!python/object/apply:os.system [ls]", "!!python/name:os.system", "!<!x> ", "!!binary ", "!!set ", "&a ", "*a",
    "<<: *a", ".nan", "-.inf", "1e999", "1.0e+999", "0x" + "f" * 60, "0b_", "1:59:59", "190:20:30.15", "_", "0o7",
    "1_0", "~", "yes", "2026-01-01", "=", "\x00", "\x07", "\x85", "\u2028", "\u202e", "\ufeff", "\t", "\n", "\r",
    "\n\n  ", "---\n", "...\n", "%YAML 9.9\n", "%TAG ! !\n", "{", "}", "[", "]", "'", '"', '"\\x00"', '"\\ud800"', "|",
    ">-", "? ", ": ", "- ", "#", "@", "`", "${", "${A B}", "://", "rtsp://[", "rtsp://u:p@h:99999/", "file:///etc/passwd",
    "../..", "-1", "9" * 30, "1e-400", "${A}" * 9,
)  # fmt: skip
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(TOKENS)
    | st.dates() | st.binary(max_size=5)
)  # fmt: skip
VALUES = st.recursive(SCALARS, lambda some: st.lists(some, max_size=4) | st.dictionaries(SCALARS, some, max_size=4))


def outcome(text: str) -> bool:
    """Whether it is a facility; fails where the answer is not one that an operator can use."""
    try:
        facility = facility_file.parse(text, "x.yaml")
    except ConfigurationError as err:
        lines = err.lines if isinstance(err, FacilityFaults) else (str(err),)
        assert 0 < len(lines) <= MOST_FAULTS
        for line in lines:
            assert line.startswith("x.yaml:")
            assert line.isprintable()
            assert len(line) < 1000
        return False
    assert facility_file.parse(facility_file.dump(facility), "again") == facility
    assert Facility.from_store(facility.model_dump_json()) == facility
    return True


def fuzz(long: bool, **given_: Any) -> Callable[[Callable[..., None]], None]:
    """Runs the decorated function at once: the same examples each time, or with ``--long`` many others."""

    def run(check: Callable[..., None]) -> None:
        bounded = settings(
            max_examples=5000 if long else 150, derandomize=not long, deadline=None, database=None,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        bounded(given(**given_)(check))()

    return run


def places(value: object) -> Iterator[tuple[Any, Any]]:
    """Each list or mapping within, with each key of it."""
    inner = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    for key, one in inner:
        yield value, key
        yield from places(one)


def test_wrong_values_in_any_place(long: bool) -> None:
    stated = yaml.safe_load(WHOLE)
    found = set()

    @fuzz(long, value=VALUES, where=st.randoms(use_true_random=False), times=st.integers(1, 3))
    def check(value: object, where: random.Random, times: int) -> None:
        changed = copy.deepcopy(stated)
        for put in [copy.deepcopy(value) for _ in range(times)]:  # nothing holds itself
            holder, key = where.choice(list(places(changed)) or [({}, "x")])
            match where.randrange(4):
                case 0 if isinstance(holder, dict):
                    del holder[key]
                case 1 if isinstance(holder, list):
                    holder.append(put)
                case 2 if isinstance(holder, dict):
                    holder[put if isinstance(put, str | int | None) else repr(put)] = holder[key]
                case _:
                    holder[key] = put
        found.add(outcome(yaml.safe_dump(changed, allow_unicode=True)))

    assert outcome(yaml.safe_dump(stated, allow_unicode=True))
    assert False in found


def test_any_text_in_any_place(long: bool) -> None:
    put = st.tuples(st.integers(0, len(WHOLE)), st.integers(0, 40), st.sampled_from(TOKENS) | st.text(max_size=9))

    @fuzz(long, parts=st.lists(put, min_size=1, max_size=6))
    def check(parts: list[tuple[int, int, str]]) -> None:
        text = WHOLE
        for at, length, put in parts:
            text = text[:at] + put + text[at + length :]
        outcome(text)


def test_any_yaml(long: bool) -> None:
    @fuzz(long, value=VALUES, flow=st.booleans())
    def check(value: object, flow: bool) -> None:
        assert not outcome(yaml.dump(value, default_flow_style=flow, allow_unicode=True))
        assert not outcome(yaml.dump({"facility": value, "sites": value}, default_flow_style=flow))


def test_soup(long: bool) -> None:
    @fuzz(long, parts=st.lists(st.sampled_from(TOKENS), max_size=40))
    def check(parts: list[str]) -> None:
        assert not outcome("".join(parts))


#: What once took minutes or gigabytes, or would.
HEAVY = {
    "aliases": "b0: &b0 [x, x, x, x, x, x, x, x, x, x]\n"
    + "\n".join(f"b{i}: &b{i} [{', '.join([f'*b{i - 1}'] * 10)}]" for i in range(1, 9)),
    "items": "a: [" + "1," * 2_000_000 + "1]",
    "wrong items": "facility: {name: F}\nsites: [" + "1," * 90_000 + "1]",
    "nodes": "facility: {name: F}\nnodes: {a: {sites: [" + "b," * 90_000 + "]}}\n",
    "key": "facility: {name: F}\n? " + "k" * 3_000_000 + "\n: 1\n",
    "base 16": "facility: {name: F}\nsites: 0x" + "f" * 1900 + "\n",
    "depth": "[" * 2_000_000,
    "tag": "facility: !!python/object/apply:os.system ['touch run-by-the-tag']\n",
    "NUL": 'facility: {name: "a\\0b", timezone: "a\\0b"}\nsites: [{id: "a\\nb", name: c}]\n',
}  # fmt: skip


@pytest.mark.parametrize("name", HEAVY)
def test_the_command_answers_in_lines_with_little_memory(name: str, tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(HEAVY[name], encoding="utf-8")

    def bounded() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
        resource.setrlimit(resource.RLIMIT_CPU, (60, 60))  # what grows with the square takes far longer

    done = subprocess.run(
        [sys.executable, "-c", "from vms.cli import main; main()", "config", "check", file.name],
        cwd=tmp_path, preexec_fn=bounded, capture_output=True, encoding="utf-8", timeout=300, check=False,
    )  # fmt: skip
    lines = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (2, ""), done.stderr[-2000:]
    assert 0 < len(lines) <= MOST_FAULTS + 1
    assert all(line.startswith("vms: x.yaml:") and line.isprintable() and len(line) < 1000 for line in lines)
    assert list(tmp_path.iterdir()) == [file]

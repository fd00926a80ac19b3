"""When a detector tells canaries, and that each takes the way of the alerts."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from detectors.alerts import AlertWriter
from detectors.canary import Canaries
from tests.support.clocks import ManualClock
from vms.bus.outbox import Outbox
from vms.domain.canary import Canary
from vms.domain.errors import ConfigurationError
from vms.settings.environment import Environment


def test_one_a_site_and_period_however_long_it_stood_still() -> None:
    clock = ManualClock()
    told: list[Canary] = []
    canaries = Canaries(told.append, clock, "local", 300)

    def after(seconds: float, *sites: str) -> list[str]:
        told.clear()
        clock.advance(seconds)
        canaries.look(set(sites))
        return [one.site for one in told]

    assert after(0) == []
    assert after(10, "a", "b") == ["a", "b"]
    assert after(1, "a", "b", "c") == ["c"]
    clock.step(-7200)
    assert after(298, "a", "b", "c") == []
    assert after(1, "a", "b", "c") == ["a", "b"]
    assert after(3600, "a", "b", "c") == ["a", "b", "c"]
    assert after(1, "b") == []
    assert after(1, "a", "b") == ["a"], "it came back"
    assert len({one.id for one in told}) == len(told)


def test_they_lie_in_the_outbox_behind_the_alerts(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o.jsonl")
    writer = AlertWriter(outbox, tmp_path / "open")
    writer.start()
    canaries = Canaries(writer.canary, ManualClock(), "local", 300)
    canaries.look({"a"})
    writer.close()
    outbox.close()
    (line,) = (tmp_path / "o.jsonl").read_text().splitlines()
    subject, msg_id, payload = json.loads(line)
    canary = Canary.model_validate_json(base64.b64decode(payload))
    assert (subject, msg_id, canary.site) == ("vms.v1.a._canary.canary", f"canary.{canary.id}", "a")


@pytest.mark.parametrize(("stated", "seconds"), [({}, 300), ({"VMS_CANARY_S": "0"}, 0), ({"VMS_CANARY_S": "60"}, 60)])
def test_the_period(stated: dict[str, str], seconds: float) -> None:
    assert Environment.read(Path(), stated).canary_s == seconds


@pytest.mark.parametrize("stated", ["x", "-1", "0.5", "nan", "inf", "86401"])
def test_a_period_that_is_none(stated: str) -> None:
    with pytest.raises(ConfigurationError, match="VMS_CANARY_S"):
        Environment.read(Path(), {"VMS_CANARY_S": stated})


def test_no_period_no_canaries() -> None:
    told: list[Canary] = []
    Canaries(told.append, ManualClock(), "local", 0).look({"a"})
    assert told == []

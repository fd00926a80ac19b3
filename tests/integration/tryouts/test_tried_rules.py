"""Rules tried out by the renderer over a real bus, on what the recorder wrote: what is found, and what is answered."""

from __future__ import annotations

import csv
import time
from pathlib import Path

import pytest

from tests.support.nats_bus import NatsServer
from tests.support.recorded import Recordings
from tests.support.renderer_rig import renderer
from tests.support.trying import BREACH, START, Trying, film_for_long
from tests.support.visits import SIZE, filmed, remuxed
from vms.domain.clock import from_epoch
from vms.domain.tryouts import Start

VISITS = ((21.0, 29.0), (50.0, 58.0), (92.0, 97.0))


async def test_visits_are_found_in_what_was_recorded_and_is_being_recorded(
    data: Path, recordings: Recordings, trying: Trying, nats: NatsServer
) -> None:
    recordings.grow("h264", filmed(VISITS, 130), START, SIZE)
    assert [path.suffix for path in recordings.files()] == [".mp4", ".mp4", ".part"]
    with renderer(data, nats):
        await trying.until_it_listens()
        one = await trying.over(await trying.start(200))
        assert (one.state, one.error, one.progress, one.model) == ("done", None, 1, "motion")
        assert len(one.fired) == len(VISITS)
        for fired, (begin, end) in zip(one.fired, VISITS, strict=True):
            assert fired.end is not None
            # Idle, it looks at the key frames, 2 s apart; the rule must hold for a second.
            assert begin + 1 <= fired.start.timestamp() - START <= begin + 4
            assert end - 1 <= fired.end.timestamp() - START <= end + 2
            assert fired.most >= fired.persons >= 1
        assert one.looked_s == pytest.approx(129.6, abs=0.4)
        assert one.looked_s + one.missing_s == pytest.approx(200, abs=0.01)
        night = await trying.over(await trying.start(130, rule=BREACH | {"schedule": "15:01-15:02"}))
        assert START % 86_400 == 8 * 3600
        assert [round(fired.start.timestamp() - START) // 60 for fired in night.fired] == [1], "of 08:01 UTC"
        unknown = await trying.over(await trying.start(60, model="no-such-model"))
        assert unknown.state == "done"
        assert unknown.model not in (None, "no-such-model")


@pytest.mark.timeout(600)
async def test_a_rule_fires_as_often_as_somebody_came(
    data: Path, recordings: Recordings, trying: Trying, nats: NatsServer, shared: Path
) -> None:
    footage = shared / "footage" / "one-by-one-person-detection.mp4"
    with footage.with_suffix(".presence.csv").open(encoding="utf-8") as file:
        visits = [(float(row["start_s"]), float(row["end_s"])) for row in csv.DictReader(file)]
    recordings.record("h264", remuxed(footage), START, (768, 432))
    seconds = recordings.closed[-1].end.timestamp() - START if recordings.closed[-1].end else 0.0
    with renderer(data, nats, shared / "models"):
        await trying.until_it_listens()
        begun = time.monotonic()
        one = await trying.over(await trying.start(seconds, model="default"))
        print(f"{one.model}: {seconds:.0f} s in {time.monotonic() - begun:.1f} s, {len(one.fired)} alerts")
        assert (one.state, one.missing_s) == ("done", pytest.approx(0, abs=0.15))  # a frame, whose order was changed
        assert len(one.fired) == len(visits)
        for fired, (begin, end) in zip(one.fired, visits, strict=True):
            assert fired.end is not None
            assert begin + 0.5 <= fired.start.timestamp() - START <= begin + 3
            assert end - 1 <= fired.end.timestamp() - START <= end + 2.5
            assert (fired.persons, fired.most) == (1, 1)


async def test_it_goes_on_while_the_bus_is_away(
    data: Path, recordings: Recordings, trying: Trying, nats: NatsServer
) -> None:
    film_for_long(recordings)
    with renderer(data, nats):
        await trying.until_it_listens()
        id_ = await trying.start(600)
        await trying.at_work(id_)
        nats.kill()
        nats.start()
        await trying.until_it_listens()
        assert (await trying.over(id_)).state == "done"


async def test_what_is_no_request_is_refused(data: Path, trying: Trying, nats: NatsServer) -> None:
    good = Start.model_validate(
        {"rule": BREACH, "timezone": "UTC", "active_fps": 4, "idle_fps": 1, "armed_fps": 2,
         "start": from_epoch(START), "end": from_epoch(START + 60)}
    ).encode()  # fmt: skip
    with renderer(data, nats):
        await trying.until_it_listens()
        for raw in (b"", b"[]", b'{"do":"look"}', b'{"do":"x"}', b"[" * 5000, good.replace(b"zone_breach", b"x")):
            assert (await trying.raw(raw)).refusal == "bad_request"
        assert (await trying.raw(good, "UPPER")).refusal == "bad_request"
        one = (await trying.raw(good)).tryout
        assert one is not None
        failed = await trying.over(one.id)
        assert (failed.state, failed.error, failed.missing_s) == ("failed", "no_footage", 60)

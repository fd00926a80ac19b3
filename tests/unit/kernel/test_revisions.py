"""A revision that fails: tried again until it has worked, in force only then, and overtaken by a newer one."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.waiting import until
from vms.bus import configuration
from vms.bus.configuration import ConfigurationFollower
from vms.domain.facility import Facility
from vms.domain.messages import ConfigRevision


def revision(number: int) -> bytes:
    facility = {"facility": {"name": "F"}, "sites": []}
    return ConfigRevision(revision=number, at=datetime(2026, 11, 22, tzinfo=UTC), facility=facility).encode()


class Worker:
    """Fails as often as it is told to, and stands still while it is told to."""

    def __init__(self, cache: Path, failures: int) -> None:
        cache.write_bytes(revision(1))
        self.failures = failures
        self.tried: list[int] = []
        self.in_force: list[int] = []
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self.follower = ConfigurationFollower(cache, self.apply)

    async def apply(self, number: int, _facility: Facility) -> None:
        self.tried.append(number)
        self.in_force.append(self.follower.revision)
        await self.may_go_on.wait()
        if len(self.tried) <= self.failures:
            raise OSError("the disk is gone")


async def test_one_that_failed_is_tried_again_and_in_force_only_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(configuration, "RETRY_FIRST_S", 0.001)
    worker = Worker(tmp_path / "cache.json", failures=3)
    assert await worker.follower.load_cache()
    await until(lambda: worker.follower.revision == 1)
    assert worker.tried == [1, 1, 1, 1]
    assert worker.in_force == [0, 0, 0, 0]
    assert caplog.text.count("configuration.failed") == 1, "said once"
    await worker.follower.close()


async def test_a_newer_one_overtakes_one_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(configuration, "RETRY_FIRST_S", 3600.0)
    worker = Worker(tmp_path / "cache.json", failures=1)
    await worker.follower.load_cache()
    await until(lambda: worker.tried)
    worker.follower._offer(revision(2))
    await until(lambda: worker.follower.revision == 2)
    assert worker.tried == [1, 2]
    await worker.follower.close()


async def test_at_a_stop_what_is_begun_is_ended_and_nothing_more_is_begun(tmp_path: Path) -> None:
    worker = Worker(tmp_path / "cache.json", failures=0)
    worker.may_go_on.clear()
    await worker.follower.load_cache()
    await until(lambda: worker.tried)
    closing = asyncio.create_task(worker.follower.close())
    await asyncio.sleep(0)
    worker.follower._offer(revision(2))
    worker.may_go_on.set()
    await closing
    assert (worker.tried, worker.follower.revision) == ([1], 1)

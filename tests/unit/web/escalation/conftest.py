"""The escalation over a database of its own, with couriers that answer as they are told and a clock of the test's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.clocks import ManualClock
from tests.support.escalating import Escalating, ScriptedCourier, escalating


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def courier() -> ScriptedCourier:
    return ScriptedCourier()


@pytest.fixture
async def rig(tmp_path: Path, clock: ManualClock, courier: ScriptedCourier) -> AsyncIterator[Escalating]:
    async with escalating(tmp_path, clock, courier) as made:
        yield made

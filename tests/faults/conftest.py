"""What the tests of cameras and networks share: a bus, who asks on it, streams pulled without a recorder."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.support.pulling import Pull, pulling
from tests.support.recorder_rig import Viewer
from vms.bus.connection import Bus


@pytest.fixture
def pulls() -> Iterator[Callable[[str], Pull]]:
    with pulling() as pull:
        yield pull


@pytest.fixture
def viewer(bus: Bus) -> Viewer:
    return Viewer(bus)

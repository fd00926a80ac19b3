"""What is said of cameras that are not pulled."""

from __future__ import annotations

from recorder.status import refused_state
from vms.domain.errors import ConfigurationError
from vms.domain.facility import Camera

CAMERA = Camera.model_validate({"id": "c", "name": "C", "placement": "gate", "streams": {"main": "rtsp://h/x"}})
NOW = 1_800_000_000.0


def test_a_disabled_and_a_refused_camera_have_states_too() -> None:
    assert refused_state("s", CAMERA, "local", NOW, 2, None).status == "disabled"
    state = refused_state("s", CAMERA, "local", NOW, 2, ConfigurationError("the environment lacks P"))
    assert (state.status, state.reason, state.detail) == ("offline", "configuration", "the environment lacks P")

"""What the renderer is told of the host's environment: where models are, and no secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.web.rig import facility
from vms.settings.environment import Environment
from vms.supervisor.host import HostSpec, _children


def test_the_renderer_knows_the_models_and_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VMS_ADMIN_PASSWORD", "x" * 12)
    monkeypatch.setenv("CAM_PASS", "secret")
    monkeypatch.setenv("VMS_NOTIFY_MAIL", "secret")
    env = {"VMS_NATS_URL": "nats://core@h:1", "VMS_NATS_BULK_URL": "nats://bulk@h:1", "VMS_MODELS_DIR": str(tmp_path)}
    spec = HostSpec(Environment.read(tmp_path, env), facility(), tmp_path / "facility.yaml", "127.0.0.1", 1)
    (renderer,) = [child for child in _children(spec) if child.name == "renderer"]
    assert renderer.env["VMS_MODELS_DIR"] == str(tmp_path)
    assert renderer.env["VMS_NATS_URL"] == renderer.env["VMS_NATS_BULK_URL"] == "nats://bulk@h:1"
    assert not {"VMS_ADMIN_PASSWORD", "CAM_PASS", "VMS_NOTIFY_MAIL"} & set(renderer.env)

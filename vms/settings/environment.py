"""What comes from the environment: addresses and folders that differ from host to host."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vms.domain.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Environment:
    """The service's environment, read once at start. URLs may carry secrets: never log this object."""

    data: Path
    node: str
    nats_url: str | None
    nats_bulk_url: str | None
    database_url: str | None
    models_dir: Path | None
    demo_footage: Path | None

    @classmethod
    def read(cls, data: Path, env: Mapping[str, str] = os.environ) -> Environment:
        """From the variables ``VMS_*``; ``data`` is the folder of everything that the service keeps."""
        nats_url = env.get("VMS_NATS_URL") or None
        return cls(
            data=data.absolute(),
            node=env.get("VMS_NODE", "local"),
            nats_url=nats_url,
            nats_bulk_url=env.get("VMS_NATS_BULK_URL") or nats_url,
            database_url=env.get("VMS_DATABASE_URL") or None,
            models_dir=_folder(env, "VMS_MODELS_DIR"),
            demo_footage=_folder(env, "VMS_DEMO_FOOTAGE"),
        )


def _folder(env: Mapping[str, str], name: str) -> Path | None:
    value = env.get(name)
    if not value:
        return None
    path = Path(value)
    if not path.is_dir():
        raise ConfigurationError(f"{name}={value} is no folder; correct it or leave it out")
    return path.absolute()

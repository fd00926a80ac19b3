"""The whole examination, in the order in which a person would mend things: machine, parts, configuration, cameras."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from vms.doctor import cameras, in_force, machine, parts
from vms.doctor.finding import Finding
from vms.domain.errors import ConfigurationError
from vms.domain.facility import Facility
from vms.settings.facility_file import check_environment, load, written_out

DEFAULT_PORT = 8000


def examine(
    config: Path | None,
    data: Path,
    env: Mapping[str, str],
    *,
    host: str = "127.0.0.1",
    port: int = DEFAULT_PORT,
) -> list[Finding]:
    """Every finding; takes seconds, with unreachable cameras up to a minute. Never raises for what it finds.

    ``config`` None: what is in force in the database of ``data``, where there is one; ``port`` is where the dashboard
    is to listen.
    """
    facility, configuration = _configuration(config, data, env)
    count = sum(camera.enabled for _, camera in facility.cameras()) if facility is not None else 0
    return [
        machine.python(),
        machine.cores_and_memory(count),
        machine.open_files(count),
        machine.disk(data, count),
        machine.writable(data),
        machine.file_system(data),
        parts.recordings(data),
        machine.port_free(host, port),
        machine.clock(),
        parts.bus(env),
        parts.model(data, env),
        parts.decoders(),
        parts.dashboard(),
        parts.ways_out(env),
        *(one for one in (parts.certificate(env),) if one is not None),
        *configuration,
        *(cameras.check(facility, env) if facility is not None else []),
    ]


def _configuration(config: Path | None, data: Path, env: Mapping[str, str]) -> tuple[Facility | None, list[Finding]]:
    found: list[Finding] = []
    facility: Facility | None
    if config is None:
        name, facility, found = in_force.read(data, env)
        if facility is None:
            return None, found
    else:
        name = str(config)
        try:
            facility = load(config)
        except ConfigurationError as err:
            remedy = "correct the file; 'vms config check' reads it"
            return None, [Finding("problem", "configuration", str(err), remedy)]
    try:
        check_environment(facility, env)
    except ConfigurationError as err:
        found.append(Finding("problem", "environment", str(err), "the cameras that want it are not asked"))
    if advice := written_out(facility):
        found.append(Finding("warning", "passwords", *advice.split("; ", 1)))
    total = sum(1 for _ in facility.cameras())
    if not total:
        remedy = "add one under 'cameras:' of a site; config/hau-giang.yaml shows how"
        return facility, [Finding("warning", "configuration", f"{name} has no camera", remedy), *found]
    said = f"{name}: {len(facility.sites)} sites, {total} cameras"
    return facility, [Finding("ok", "configuration", said), *found]

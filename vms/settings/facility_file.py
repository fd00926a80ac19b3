"""The facility file: YAML to ``Facility`` and back. Each fault is one line that names file, line and remedy.

Not here: the shape itself (``vms.domain.facility``), the database that the file seeds (``web``).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from vms.domain.errors import ConfigurationError
from vms.domain.facility import Facility, Streams
from vms.domain.model import STORED
from vms.domain.redaction import one_line
from vms.settings import yaml_source
from vms.settings.complaints import MOST_FAULTS, complaints
from vms.settings.secrets import secret
from vms.settings.templates import has_password, resolve, variables
from vms.settings.yaml_source import Source, SourceError

log = logging.getLogger(__name__)

_EXAMPLE = "config/hau-giang.yaml is a complete example"


class FacilityFaults(ConfigurationError):
    """The file's content is wrong: ``total`` faults. ``lines`` names the first of them, the text the very first."""

    def __init__(self, name: str, faults: list[tuple[int, str]], total: int) -> None:
        self.lines = tuple(one_line(f"{name}:{line}: {said}") for line, said in faults[:MOST_FAULTS])
        self.total = total
        more = f" (and {total - 1} more)" if total > 1 else ""
        super().__init__(self.lines[0] + more)


def load(path: Path) -> Facility:
    """The facility of ``path``, its URLs still templates; raises ``ConfigurationError``."""
    return parse(_read(path), str(path))


def load_for_start(path: Path, data: Path) -> Facility:
    """The same for a service on the folder ``data``; raises ``ConfigurationError``.

    Where a database there already holds the configuration in force, the file is a seed that nobody needs: what newer
    checks alone find in it is said, and keeps nobody from starting.
    """
    try:
        return load(path)
    except FacilityFaults as err:
        if not (data / "vms.db").exists():
            raise
        facility = parse(_read(path), str(path), stored=True)
        log.warning("facility.faulty the configuration in the database is in force error=%s", err)
        return facility


def parse(text: str, name: str, *, stored: bool = False) -> Facility:
    """The facility in ``text``; ``name`` stands for it in what a ``ConfigurationError`` says.

    ``stored``: it was accepted once, so checks that came later are left out (``vms.domain.model.STORED``).
    """
    try:
        source = yaml_source.parse(text)
    except SourceError as err:
        raise ConfigurationError(one_line(f"{name}:{err.line}: {err}")) from err
    if source.value is None:
        raise ConfigurationError(f"{name}: the file is empty; {_EXAMPLE}")
    if not isinstance(source.value, dict):
        raise ConfigurationError(f"{name}:1: 'facility:' and 'sites:' are wanted at the left margin; {_EXAMPLE}")
    try:
        facility = Facility.model_validate(source.value, context=STORED if stored else None)
    except ValidationError as err:
        raise FacilityFaults(name, *complaints(err, source, json_schema())) from err
    if faults := _template_faults(facility, source):
        raise FacilityFaults(name, faults, len(faults))
    return facility


def dump(facility: Facility) -> str:
    """``facility`` as the text of a facility file: what is default is left out; ``parse`` gives it back."""
    content = facility.model_dump(mode="json", exclude_defaults=True)
    return yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False, default_flow_style=None, width=120)


def json_schema() -> dict[str, Any]:
    """The file's shape as JSON Schema (2020-12), for editors and other tools."""
    schema = Facility.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Facility file"}


def check_environment(facility: Facility, env: Mapping[str, str]) -> None:
    """Raises ``ConfigurationError`` when ``env`` lacks a variable of a camera's URL, or makes it none.

    Everything that is missing stands in one line, with the first camera that wants it; no value is shown.
    """
    missing: dict[str, str] = {}
    for camera, key, template in _templates(facility):
        for name in variables(template):
            if secret(env, name) is None:
                missing.setdefault(name, f"camera '{camera}', streams.{key}")
    if missing:
        names = ", ".join(missing)
        first = next(iter(missing.values()))
        raise ConfigurationError(
            f"the environment lacks {names} (wanted by {first}); set {'it' if len(missing) == 1 else 'them'} before "
            f"the start: export {next(iter(missing))}=…"
        )
    for camera, key, template in _templates(facility):
        try:
            stream_url(template, env)
        except ConfigurationError as err:
            raise ConfigurationError(f"camera '{camera}', streams.{key}: {err}") from err


def camera_variables(facility: Facility) -> set[str]:
    """Names of the variables that the URLs of its cameras are filled from."""
    return {name for _, _, template in _templates(facility) for name in variables(template)}


def written_out(facility: Facility) -> str:
    """How many cameras have a password in the file itself, as advice; empty where there is none."""
    count = len({camera for camera, _, template in _templates(facility) if has_password(template)})
    if not count:
        return ""
    return (
        f"{count} camera{'s have' if count > 1 else ' has'} a password written out, which is stored with the "
        "configuration; name a variable in its place (${CAM_PASS}), and then change it in the camera"
    )


def stream_url(template: str, env: Mapping[str, str]) -> str:
    """``template`` filled from ``env``; raises ``ConfigurationError``, which never shows a value."""
    url = resolve(template, env)
    try:
        Streams.model_validate({"main": url}, context=STORED)  # where it leads is looked at when it is connected to
    except ValidationError as err:
        names = ", ".join(variables(template))
        raise ConfigurationError(f"with {names} filled in it is no camera URL; correct the value") from err
    return url


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the signature is PyYAML's
        return True  # anchors are for machines; people read this file


def _read(path: Path) -> str:
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise ConfigurationError(f"{path}: is no regular file; name a facility file")
        if path.stat().st_size > yaml_source.MAX_BYTES:
            raise ConfigurationError(f"{path}: larger than {yaml_source.MAX_BYTES >> 20} MiB; is it a facility file?")
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as err:
        raise ConfigurationError(f"{path}: there is no such file; name another, {_EXAMPLE}") from err
    except IsADirectoryError as err:
        raise ConfigurationError(f"{path}: is a folder; name the file in it") from err
    except OSError as err:
        raise ConfigurationError(f"{path}: cannot be read ({err.strerror}); check its permissions") from err
    except UnicodeDecodeError as err:
        line = err.object.count(b"\n", 0, err.start) + 1
        raise ConfigurationError(f"{path}:{line}: not UTF-8; save the file with the encoding UTF-8") from err


def _templates(facility: Facility) -> list[tuple[str, str, str]]:
    """Camera id, ``main`` or ``sub``, and the URL's template, of every stream."""
    return [
        (camera.id, key, url)
        for _, camera in facility.cameras()
        for key, url in (("main", camera.streams.main), ("sub", camera.streams.sub))
        if url is not None
    ]


def _template_faults(facility: Facility, source: Source) -> list[tuple[int, str]]:
    faults: list[tuple[int, str]] = []
    for camera, key, template in _templates(facility):
        try:
            variables(template)
        except ConfigurationError as err:
            line = source.line(next(source.find(template, ())))
            faults.append((line, f"camera '{camera}', streams.{key}: {err}"))
    return faults

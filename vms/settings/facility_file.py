"""The facility file: YAML to ``Facility`` and back. Every fault is one line that names file, line and remedy.

Not here: the shape itself (``vms.domain.facility``), the database that the file seeds (``web``).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import yaml
from pydantic import ValidationError

from vms.domain.errors import ConfigurationError
from vms.domain.facility import Facility
from vms.settings import yaml_source
from vms.settings.complaints import complaint
from vms.settings.templates import resolve, variables
from vms.settings.yaml_source import Source, SourceError

_EXAMPLE = "config/hau-giang.yaml is a complete example"


def load(path: Path) -> Facility:
    """The facility of ``path``, its URLs still templates; raises ``ConfigurationError``."""
    return parse(_read(path), str(path))


def parse(text: str, name: str) -> Facility:
    """The facility in ``text``; ``name`` stands for it in the one line of a ``ConfigurationError``."""
    try:
        source = yaml_source.parse(text)
    except SourceError as err:
        raise ConfigurationError(f"{name}:{err.line}: {err}") from err
    if source.value is None:
        raise ConfigurationError(f"{name}: the file is empty; {_EXAMPLE}")
    if not isinstance(source.value, dict):
        raise ConfigurationError(f"{name}:1: 'facility:' and 'sites:' are wanted at the left margin; {_EXAMPLE}")
    try:
        facility = Facility.model_validate(source.value)
    except ValidationError as err:
        line, said = complaint(err, source, json_schema())
        raise ConfigurationError(f"{name}:{line}: {said}") from err
    _check_templates(facility, source, name)
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
    """Raises ``ConfigurationError`` when ``env`` lacks a variable of a camera's URL, or spoils the URL.

    Everything that is missing stands in one line, with the first camera that wants it; no value is shown.
    """
    missing: dict[str, str] = {}
    for camera, key, template in _templates(facility):
        for name in variables(template):
            if name not in env:
                missing.setdefault(name, f"camera '{camera}', streams.{key}")
    if missing:
        names = ", ".join(missing)
        first = next(iter(missing.values()))
        raise ConfigurationError(
            f"the environment lacks {names} (wanted by {first}); set {'it' if len(missing) == 1 else 'them'} before "
            f"the start: export {next(iter(missing))}=…"
        )
    for camera, key, template in _templates(facility):
        if _spoilt(template, resolve(template, env)):
            raise ConfigurationError(
                f"camera '{camera}', streams.{key}: with {', '.join(variables(template))} filled in it is no URL; "
                "write special characters in percent form ('/' as %2F, '?' as %3F, '#' as %23, a space as %20)"
            )


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the signature is PyYAML's
        return True  # anchors are for machines; people read this file


def _read(path: Path) -> str:
    try:
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


def _check_templates(facility: Facility, source: Source, name: str) -> None:
    for camera, key, template in _templates(facility):
        place = f"{name}:{source.line(next(source.find(template, ())))}: camera '{camera}', streams.{key}"
        try:
            named = variables(template)
        except ConfigurationError as err:
            raise ConfigurationError(f"{place}: {err}") from err
        fixed = not named or "${" not in template.rpartition("@")[2]
        if fixed and _split(template.replace("${", "").replace("}", "")) is None:
            raise ConfigurationError(f"{place}: the port is no number from 0 to 65535; correct the URL")


def _spoilt(template: str, url: str) -> bool:
    """Whether the values moved the host or made something that is no URL; a value may be a whole host."""
    got = _split(url)
    if got is None or any(char.isspace() or not char.isprintable() for char in url):
        return True
    if "${" in template.rpartition("@")[2]:
        return not got.hostname
    wanted = urlsplit(template.replace("${", "").replace("}", ""))
    return (got.hostname, got.path) != (wanted.hostname, wanted.path)


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts

"""What differs between two facilities, in lines that a person reads. Pure."""

from __future__ import annotations

from typing import Any

from vms.domain.facility import Facility
from vms.domain.redaction import redact


def differences(before: Facility, after: Facility) -> list[str]:
    """Lines ``+ path: value``, ``- path: value`` and ``~ path: old -> new``, in the order of the first facility."""
    old = _flat(before.model_dump(mode="json", exclude_none=True))
    new = _flat(after.model_dump(mode="json", exclude_none=True))
    lines = []
    for path, value in old.items():
        if path not in new:
            lines.append(f"- {path}: {value}")
        elif new[path] != value:
            lines.append(f"~ {path}: {value} -> {new[path]}")
    lines += [f"+ {path}: {value}" for path, value in new.items() if path not in old]
    return [redact(line) for line in lines]


def _flat(value: Any, path: str = "") -> dict[str, str]:
    """Leaves by path; items that carry an id are named by it, so that order alone is no difference."""
    if isinstance(value, dict):
        found: dict[str, str] = {}
        for key, inner in value.items():
            if key != "id":
                found |= _flat(inner, f"{path}.{key}" if path else key)
        return found or {path: "(present)"}
    if isinstance(value, list) and value and all(isinstance(one, dict) and "id" in one for one in value):
        found = {}
        for one in value:
            found |= _flat(one, f"{path}[{one['id']}]")
        return found
    return {path: str(value)}

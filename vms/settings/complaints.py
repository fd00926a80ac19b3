"""What pydantic found wrong, each fault as one line that an operator can act on: place, ids, what is wrong, remedy.

Not here: finding the faults (``vms.domain``), reading the file (``yaml_source``).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from vms.domain.model import lines_of
from vms.domain.redaction import redact
from vms.settings.yaml_source import Location, Source

_NAMED = {"sites": "site", "cameras": "camera", "zones": "zone", "rules": "rule"}
_BOUNDS = ("less_than_equal", "greater_than_equal", "less_than", "greater_than")
_LONGEST_VALUE = 60
#: Of one file; who has corrected so many looks again.
MOST_FAULTS = 200
#: What the models' own checks leave to say; most of their texts name the remedy themselves.
_REMEDIES = (
    ("which it lacks", "add the zone, or name one of the camera's"),
    ("does not fit", "line_crossing wants a line, the other kinds a polygon"),
    ("is not HH:MM-HH:MM", 'write it like "22:00-05:00"'),
    ("a line has 'points'", "write points: [[0.2, 0.6], [0.8, 0.6]]"),
    ("has a 'polygon'", "write polygon: [[…], […], […]]; a line is written with kind: line"),
    ("which does not exist", "add the site, or name one of the file's"),
    ("is given to", "give each site to exactly one node"),
    ("no spaces", "write them in percent form (a space is %20)"),
    ("names no host", "write rtsp://HOST/PATH"),
    (
        "cannot be taken apart",
        "in user and password write '[' as %5B, ']' as %5D, and look-alikes of signs in percent form",
    ),
    ("no camera is there", "write the camera's own address"),
)


def complaints(error: ValidationError, source: Source, schema: dict[str, Any]) -> tuple[list[tuple[int, str]], int]:
    """Line (from 1) and text of the first ``MOST_FAULTS``, in the file's order, and how many there are.

    What another fault likely causes is left out.
    """
    found = error.errors(include_url=False)
    unknown = {_location(one)[:-1] for one in found if one["type"] == "extra_forbidden"}
    faults = [(one, said) for one in found if not _is_consequence(one, unknown) for said in lines_of(one["msg"])]
    return sorted(_complaint(one, said, source, schema) for one, said in faults[:MOST_FAULTS]), len(faults)


def _complaint(detail: ErrorDetails, message: str, source: Source, schema: dict[str, Any]) -> tuple[int, str]:
    location = _location(detail)
    text, remedy = _explain(detail, message, source, schema)
    where = ".".join(map(str, location))
    ids = ", ".join(one for one in _ids(source.value, location) if one not in text)
    place = f"{where} ({ids})" if where and ids else where
    said = "; ".join(part for part in (text, remedy) if part)
    return _line(detail, message, source), redact(f"{place + ': ' if place else ''}{said}")


def _is_consequence(detail: ErrorDetails, unknown: set[Location]) -> bool:
    """A misspelt key is also missing; a list with a broken item is also too short."""
    if detail["type"] == "too_short":
        return bool(len(detail["input"]) != detail.get("ctx", {})["actual_length"])
    return detail["type"] == "missing" and _location(detail)[:-1] in unknown


def _location(detail: ErrorDetails) -> Location:
    return tuple(part for part in detail["loc"] if part != "[key]")


def _line(detail: ErrorDetails, message: str, source: Source) -> int:
    location = _location(detail)
    if detail["type"] == "value_error":
        # A model's own check stands at the whole model; the name that it quotes stands nearer to the fault.
        for name in reversed(re.findall(r"'([^']+)'", message)):
            for place in source.find(name, location, backwards=True):
                if place[-1] == "id" or "used twice" not in message:
                    return source.line(place)
    return source.line(location)


def _explain(detail: ErrorDetails, message: str, source: Source, schema: dict[str, Any]) -> tuple[str, str]:
    kind, location, value = detail["type"], _location(detail), detail["input"]
    context = detail.get("ctx", {})
    explained = (f"{message}{_shown(value)}", "correct the value")
    if kind == "extra_forbidden":
        explained = _unknown_key(location, schema)
    elif kind == "missing":
        explained = _missing(location)
    elif kind == "value_error":
        explained = (message, _own_remedy(message, location, source))
    elif kind in _BOUNDS and {"polygon", "points"} & set(location):
        explained = (explained[0], "coordinates are fractions of the picture, 0 to 1: divide pixels by its size")
    elif kind in _BOUNDS:
        explained = (explained[0], "state a number within the bound")
    elif kind == "string_type":
        explained = _no_text(value, message)
    elif kind == "string_pattern_mismatch":
        explained = (f"'{value}' is no id", "use lower-case letters, digits and '-', at most 63, no '-' at the start")
    elif kind == "literal_error":
        explained = (explained[0], _near(str(value), re.findall(r"'([^']+)'", context["expected"])))
    elif kind in ("tuple_type", "list_type"):
        explained = (f"a list is wanted{_shown(value)}", "write [ … ] or lines that begin with '-'")
    elif kind in ("model_type", "dict_type"):
        explained = (f"keys and values are wanted{_shown(value)}", "write 'key: value' lines beneath, or {key: value}")
    elif kind in ("too_short", "too_long"):
        explained = (_length(kind, context), "correct their number")
    return explained


def _unknown_key(location: Location, schema: dict[str, Any]) -> tuple[str, str]:
    known = _keys_at(schema, location[:-1])
    return f"unknown key '{location[-1]}'", _near(str(location[-1]), known) or f"known are {', '.join(known)}"


def _missing(location: Location) -> tuple[str, str]:
    if isinstance(location[-1], int):
        return "a number is missing", "a point is [x, y]"
    return f"the key '{location[-1]}' is missing", "add it"


def _own_remedy(message: str, location: Location, source: Source) -> str:
    match = re.search(r"id '([^']+)' is used twice", message)
    if match is None:
        return next((remedy for part, remedy in _REMEDIES if part in message), "")
    first = next(place for place in source.find(match.group(1), location) if place[-1] == "id")
    return f"it stands in line {source.line(first)} too: give each its own"


def _no_text(value: object, message: str) -> tuple[str, str]:
    if value is None:
        return "nothing is stated", "state a text"
    if isinstance(value, dict | list):
        return f"{message}{_shown(value)}", "state a text; one with ${…} or {…} belongs in quotes"
    return f"YAML reads this as {str(value).lower()}, not as a text", "put it in quotes"


def _length(kind: str, context: dict[str, Any]) -> str:
    bound = f"at least {context['min_length']}" if kind == "too_short" else f"at most {context['max_length']}"
    return f"{bound} are wanted, here are {context['actual_length']}"


def _shown(value: object) -> str:
    """``, not VALUE`` for what may be shown: a URL never is, its password may be oddly written."""
    if value is None:
        return ", not nothing"
    if isinstance(value, dict | list):
        return ", not a list" if isinstance(value, list) else ", not keys and values"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if "://" in text or len(text) > _LONGEST_VALUE or not text.isprintable():
        return ""
    return f", not '{text}'" if isinstance(value, str) else f", not {text}"


def _near(word: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f"did you mean '{near[0]}'?" if near else f"use one of {', '.join(known)}"


def _keys_at(schema: dict[str, Any], location: Location) -> list[str]:
    """The keys that the model at ``location`` has."""
    at = _resolved(schema, schema)
    for part in location:
        if isinstance(part, int):
            at = at.get("items", {})
        else:
            at = at.get("properties", {}).get(part) or at.get("additionalProperties") or at.get("patternProperties", {})
        at = _resolved(at if isinstance(at, dict) else {}, schema)
    if "properties" not in at and len(at) == 1:  # patternProperties: {pattern: schema}
        at = _resolved(next(iter(at.values())), schema)
    return list(at.get("properties", {}))


def _resolved(at: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    for option in at.get("anyOf", []):
        if option.get("type") != "null":
            at = option
            break
    if "$ref" in at:
        found: dict[str, Any] = schema["$defs"][at["$ref"].rpartition("/")[2]]
        return found
    return at


def _ids(value: object, location: Location) -> list[str]:
    """``camera 'x'`` and ``zone 'y'`` for the nearest two things with an id on the way to ``location``."""
    names: list[str] = []
    kind = ""
    for part in location:
        if isinstance(value, dict) and isinstance(part, str):
            value, kind = value.get(part), _NAMED.get(part, "")
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
            if kind and isinstance(value, dict) and isinstance(value.get("id"), str):
                names.append(f"{kind} '{value['id']}'")
        else:
            break
    return names[-2:]

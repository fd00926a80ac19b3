"""What every operation of the interface may answer besides its success, in OpenAPI.

Here is what follows from what a route declares: its permission, method and parameters. What is its own (409, 410 …) it
states in ``responses``, without a body: all errors have the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPMethod
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from web.access import COOKIE, needs_login
from web.shield import SAFE_METHODS

PROBLEM: dict[str, Any] = {
    "title": "Problem",
    "description": "RFC 9457. `type` ends in a stable word; some have more members.",
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"at": {"type": "string"}, "message": {"type": "string"}},
                "required": ["at", "message"],
            },
        },
    },
    "required": ["type", "title", "status", "detail", "instance"],
}
#: Either will do.
SCHEMES: dict[str, dict[str, str]] = {
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
    "token": {"type": "http", "scheme": "bearer"},
}

_WORDS = {
    "400": "the body is no text",
    "401": "not logged in",
    "403": "the role, or the token, does not permit it",
    "404": "there is none, or it is another site's",
    "408": "the body did not come in time",
    "413": "the body is too large",
    "422": "a parameter or the body is wrong",
    "429": "too many requests",
    "503": "database, bus or a worker does not answer, or is busy",
}
_LATER = {"Retry-After": {"description": "seconds", "schema": {"type": "integer"}}}
_BODY = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def described(app: FastAPI) -> dict[str, Any]:
    """The schema of ``app``, each operation with all its statuses; made once."""
    if app.openapi_schema is not None:
        return app.openapi_schema
    schema = app.openapi()
    parts = schema.setdefault("components", {})
    made = parts.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):  # the framework's; ours is a problem
        made.pop(name, None)
    made["Problem"] = PROBLEM
    parts["securitySchemes"] = SCHEMES
    for method, operation, login in _operations(app, schema):
        if login:
            operation["security"] = [{name: []} for name in SCHEMES]
        answers = operation["responses"]
        answers.get("422", {}).pop("content", None)
        for status in _statuses(method, operation, login):
            answers.setdefault(status, {})["description"] = _WORDS[status]
        for status, answer in answers.items():
            if status >= "400":
                answer.setdefault("content", {}).update(_BODY)
                if status in ("429", "503"):
                    answer["headers"] = _LATER
        operation["responses"] = dict(sorted(answers.items()))
    return schema


def _operations(app: FastAPI, schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Method, operation, and whether it needs a login."""
    for route in iter_route_contexts(app.routes):
        for method in HTTPMethod:
            if method in (route.methods or ()):
                operation = schema["paths"].get(str(route.path), {}).get(method.lower())
                if operation is not None:
                    yield method, operation, needs_login(route)


def _statuses(method: str, operation: dict[str, Any], login: bool) -> Iterator[str]:
    yield from ("429", "503")
    if login:
        yield from ("401", "403")
    if method not in SAFE_METHODS:
        yield from ("403", "413")
    if "requestBody" in operation:
        yield from ("400", "408")
    if operation.get("requestBody") or operation.get("parameters"):
        yield "422"
    if any(one["in"] == "path" for one in operation.get("parameters", ())):
        yield "404"

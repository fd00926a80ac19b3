"""The interface described: OpenAPI, and a page of it that works without a network and without scripts."""

from __future__ import annotations

from html import escape
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from web.access import permit
from web.api.statuses import described

router = APIRouter(tags=["reference"])


@router.get("/api/openapi.json", dependencies=[permit("session.own")], include_in_schema=False)
async def openapi(request: Request) -> dict[str, Any]:
    """The schema."""
    return described(request.app)


@router.get("/api/docs", dependencies=[permit("session.own")], include_in_schema=False)
async def docs(request: Request) -> HTMLResponse:
    """Every operation, its parameters and its body."""
    return HTMLResponse(page(described(request.app)))


def page(schema: dict[str, Any]) -> str:
    """The schema as HTML."""
    rows = []
    for path, operations in schema.get("paths", {}).items():
        for method, operation in operations.items():
            parameters = ", ".join(
                f"{escape(one['name'])}{'' if one.get('required') else '?'}" for one in operation.get("parameters", [])
            )
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            named = escape(_name(body)) if body else ""
            rows.append(
                f"<tr><td><b>{escape(method.upper())}</b></td><td><code>{escape(path)}</code></td>"
                f"<td>{escape(operation.get('description', operation.get('summary', '')))}</td>"
                f"<td><code>{parameters}</code></td><td><code>{named}</code></td></tr>"
            )
    title = escape(f"{schema['info']['title']} {schema['info']['version']}")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>'
        "body{font:14px system-ui,sans-serif;margin:2rem;background:#0d1014;color:#dfe5ec}"
        "table{border-collapse:collapse}td,th{padding:.35rem .8rem;border-bottom:1px solid #1f2630;"
        "text-align:left;vertical-align:top}a{color:#2f81f7}</style></head><body>"
        f'<h1>{title}</h1><p>Machine-readable: <a href="/api/openapi.json">openapi.json</a>. '
        "Websockets: <code>/ws/alerts</code>, <code>/ws/wall</code>, <code>/ws/live/{camera}</code>.</p>"
        "<table><tr><th></th><th>Path</th><th>What</th><th>Parameters</th><th>Body</th></tr>"
        f"{''.join(rows)}</table></body></html>"
    )


def _name(schema: dict[str, Any]) -> str:
    options = [schema, *schema.get("anyOf", [])]
    names = [str(one["$ref"]).rsplit("/", 1)[-1] for one in options if "$ref" in one]
    return names[0] if names else str(schema.get("type", ""))

"""The facility file that fits a demo's cameras: sites, zones and rules.

Belongs here: what an operator would have drawn and written for these cameras. Checked against the facility's own
model by a test; a plain dict here, because the supervisor hands it on as a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from vms.demo.plan import CameraPlan, FileSource, site_of

USER_VARIABLE, PASSWORD_VARIABLE = "VMS_DEMO_USER", "VMS_DEMO_PASS"

_WHERE_FEET_WALK = [[0.05, 0.6], [0.95, 0.6], [0.95, 1.0], [0.05, 1.0]]
"""In the footage of one-by-one visits all feet are at x 0.32 … 0.86, y 0.84 … 1; in drawn scenes at y 0.84 … 0.97."""
_ACROSS = [[0.5, 0.62], [0.5, 1.0]]
"""In a drawn scene all come and go at the picture's sides."""


def facility_dict(
    plans: Sequence[CameraPlan], port: int, *, host: str = "127.0.0.1", credentials: bool = False
) -> dict[str, Any]:
    """The facility file's content for ``plans`` served at ``host:port``.

    With ``credentials`` the addresses carry ``${VMS_DEMO_USER}:${VMS_DEMO_PASS}@``, for the environment to fill.
    Among them they show the kinds of rules that drawn rooms and clips can (``CameraPlan.shows``), each once, and
    seldom enough to be looked at.
    """
    login = f"${{{USER_VARIABLE}}}:${{{PASSWORD_VARIABLE}}}@" if credentials else ""
    cameras: dict[str, list[dict[str, Any]]] = {}
    for plan in plans:
        base = f"rtsp://{login}{host}:{port}/{plan.id}"
        zones, rules = _zones_and_rules(plan)
        cameras.setdefault(plan.site, []).append(
            {
                "id": plan.id,
                "name": plan.name,
                "placement": plan.placement,
                "streams": {"main": f"{base}/main", "sub": f"{base}/sub"},
                "zones": zones,
                "rules": rules,
            }
        )
    known = {facts[0]: facts for facts in (site_of(k) for k in range(len(cameras)))}
    return {
        "facility": {"name": "Hậu Giang (mô phỏng)", "timezone": "Asia/Ho_Chi_Minh"},
        "retention": {"days": 2, "max_gib": 20, "reserve_gib": 1},
        "detector": {"model": "default", "active_fps": 4, "idle_fps": 0.5},
        "nodes": {},
        "sites": [
            {"id": site, "name": name, "location": list(location), "capacity": capacity, "cameras": cameras[site]}
            for site, name, location, capacity in known.values()
        ],
    }


def facility_yaml(plans: Sequence[CameraPlan], port: int, *, host: str = "127.0.0.1", credentials: bool = False) -> str:
    """``facility_dict`` as the text of a facility file."""
    content = facility_dict(plans, port, host=host, credentials=credentials)
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, default_flow_style=None, width=120)


def _zones_and_rules(plan: CameraPlan) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    floor = {"name": "Vùng cấm", "kind": "restricted", "polygon": _WHERE_FEET_WALK}
    film = isinstance(plan.source, FileSource)
    zones: list[dict[str, Any]] = []
    rules: list[dict[str, Any]] = []
    if plan.shows == "zone_breach":
        known = isinstance(plan.source, FileSource) and bool(plan.source.visits)
        zones.append({"id": "restricted", **floor})
        # Known visits follow each other after 3 s, and each is to be an alert of its own.
        rearm = {"rearm_s": 1} if known else {}
        rules.append({"id": "breach", "kind": "zone_breach", "zone": "restricted", "dwell_s": 1, **rearm})
        if known:  # half of them are longer
            rules.append({"id": "stay", "kind": "loitering", "zone": "restricted", "dwell_s": 20})
    elif plan.shows == "line_crossing":
        zones.append({"id": "line", "name": "Giữa hành lang", "kind": "line", "points": _ACROSS})
        rules.append({"id": "passing", "kind": "line_crossing", "zone": "line", "severity": "info"})
    elif plan.shows == "loitering":
        zones.append({"id": "desk", "name": "Bàn lấy mẫu", "kind": "area", "polygon": _WHERE_FEET_WALK})
        rules.append({"id": "stay", "kind": "loitering", "zone": "desk", "dwell_s": 4})
    elif plan.shows == "tamper":
        rules.append({"id": "tamper", "kind": "tamper", "rearm_s": 5})
    elif plan.placement == "gate":
        zones.append({"id": "outside", **floor, "name": "Ngoài cổng"})
        rules.append(
            {"id": "breach", "kind": "zone_breach", "zone": "outside", "schedule": "22:00-05:00", "rearm_s": 15}
        )
    if plan.shows == "occupancy":
        # Of the footage one clip shows three persons; a drawn scene has two at once in its second visit.
        rules.append({"id": "crowd", "kind": "occupancy", "max": 2 if film else 1, "dwell_s": 3})
    elif plan.shows is None and plan.placement in ("corridor", "sampling_room"):
        rules.append({"id": "crowd", "kind": "occupancy", "max": 6, "dwell_s": 10})
    return zones, rules

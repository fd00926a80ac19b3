"""An alert as one reads it on a phone: what, where, when, how grave, who was called. Pure.

In the sense of the dashboard (``web/ui/src/alerts/said.ts``). Names come from cameras' and zones' configuration, and
from detectors: whatever they hold, a message is plain text, its title one line.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from web.channels.phrases import LANGUAGES, VI, Phrases

#: Characters: of a name, of a title, and how many cameras and persons are named.
_NAME, _TITLE, _MOST_NAMED = 80, 150, 6


@dataclass(frozen=True, slots=True)
class Said:
    """What is told of an alert; names as people call them. ``place`` None: it is ``node``'s."""

    kind: str
    severity: str
    began: datetime
    zone: str | None
    persons: int
    detail: Mapping[str, Any]
    site: str | None
    cameras: Sequence[str] = ()
    node: str | None = None
    called: Sequence[tuple[str, str]] = field(default=())  # duty and name, in order


def phrases(language: str) -> Phrases:
    """Of ``vi`` or ``en``; of any other language those of ``vi``."""
    return LANGUAGES.get(language, VI)


def alert(said: Said, language: str, zone: tzinfo) -> tuple[str, str]:
    """Title and body; ``zone``: the facility's."""
    words = phrases(language)
    what = _sentence(said, words)
    lines = [
        *([what] if what else []),
        words.said["where"].format(place=_place(said, words)),
        _when(words, "when", said.began, zone),
        words.said["severity"].format(severity=words.severity.get(said.severity, _plain(said.severity))),
    ]
    if said.called:
        lines.append(words.said["called"].format(people=_listed([_person(*one, words) for one in said.called])))
    return _title(kind_of(said, words), said, words), "\n".join(lines)


def taken(said: Said, by: str, language: str, zone: tzinfo) -> tuple[str, str]:
    """Title and body of what replaces the alert's message once somebody took it on."""
    words = phrases(language)
    where = words.said["where"].format(place=_place(said, words))
    title = _title(words.said["taken"].format(name=_plain(by)), said, words)
    return title, f"{kind_of(said, words)}\n{where}\n{_when(words, 'when', said.began, zone)}"


def trial(label: str, now: datetime, language: str, zone: tzinfo) -> tuple[str, str]:
    """Title and body of a test over the channel that its owner calls ``label``."""
    words = phrases(language)
    return words.said["test"], _when(words, "test_body", now, zone, label=_plain(label))


def kind_of(said: Said, words: Phrases) -> str:
    """What it is called: a clock that nobody keeps need not deviate, a site whose recorder stopped is reached."""
    match said.kind, said.detail.get("reason"):
        case "clock", "unsynchronized":
            return words.kind["clock_unsynchronized"]
        case "site_unreachable", "worker_lost":
            return words.kind["site_unrecorded"]
    return words.kind.get(said.kind) or _plain(said.kind.replace("_", " "))


def _sentence(said: Said, words: Phrases) -> str:
    count, detail = said.persons, said.detail
    named = detail.get("zone_name")
    zone = _plain(named if isinstance(named, str) and named else said.zone or "")
    quoted = words.said["quoted"].format(name=zone) if zone else ""
    where = words.said["in_zone"].format(zone=quoted) if zone else words.said["in_picture"]
    match said.kind:
        case "zone_breach":
            what = _counted(words, "breach", count, where=where)
        case "loitering":
            what = _counted(words, "loitering", count, where=where)
        case "line_crossing":
            what = _crossings(words, detail, count, quoted)
        case "occupancy" if _is_number(detail.get("max")):
            what = _counted(words, "max", count, where=where, limit=f"{detail['max']:g}")
        case "occupancy":
            what = _counted(words, "min", _amount(detail.get("min")), where=where)
        case "absence":
            what = words.said["absence"].format(where=where)
        case "tamper" if isinstance(how := detail.get("tamper"), str):
            what = words.said["tamper"].format(how=words.tamper.get(how, _plain(how)))
        case "site_unreachable" if isinstance(cameras := detail.get("cameras"), list):
            what = _counted(words, "unrecorded" if detail.get("reason") == "worker_lost" else "site", len(cameras))
        case _ if isinstance(reason := detail.get("reason"), str):
            what = _upper(words.reason.get(reason) or _plain(reason.replace("_", " ")))
        case _:
            what = ""
    return what


def _crossings(words: Phrases, detail: Mapping[str, Any], persons: int, line: str) -> str:
    ways = [(name, amount) for name in ("a_to_b", "b_to_a") if (amount := _amount(detail.get(name))) > 0]
    whole = _counted(words, "crossed", sum(amount for _, amount in ways) if ways else persons, line=line).rstrip()
    if len(ways) == 1:
        return f"{whole}, {words.crossed[ways[0][0]]}"
    return f"{whole}: {', '.join(f'{amount} {words.crossed[way]}' for way, amount in ways)}" if ways else whole


def _title(what: str, said: Said, words: Phrases) -> str:
    title = f"{what} · {_place(said, words)}"
    return title if len(title) <= _TITLE else title[: _TITLE - 1] + "…"


def _place(said: Said, words: Phrases) -> str:
    if said.site is None:
        return words.said["node"].format(node=_plain(said.node or "?"))
    return " · ".join([_plain(said.site), *([_listed([_plain(one) for one in said.cameras])] if said.cameras else [])])


def _person(duty: str, name: str, words: Phrases) -> str:
    return f"{_plain(name)} ({words.duty.get(duty, _plain(duty))})"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" (+{more})" if more > 0 else "")


def _when(words: Phrases, phrase: str, at: datetime, zone: tzinfo, **more: str) -> str:
    local = at.astimezone(zone)
    return words.said[phrase].format(time=f"{local:%H:%M:%S}", day=f"{local:%d/%m/%Y}", **more)


def _counted(words: Phrases, phrase: str, count: int, **more: str) -> str:
    return words.said[f"{phrase}_one" if count == 1 else phrase].format(count=count, **more)


def _plain(text: str) -> str:
    """One line without characters that nobody sees; a mark of direction would turn the rest of the message."""
    line = "".join(one if one.isprintable() else " " for one in text)
    line = " ".join(line.split())
    return line if len(line) <= _NAME else line[: _NAME - 1] + "…"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _amount(value: object) -> int:
    return int(value) if isinstance(value, int | float) and _is_number(value) and math.isfinite(value) else 0

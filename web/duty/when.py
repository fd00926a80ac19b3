"""Moments as people write them in a table, on the facility's clocks. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_YEAR_FIRST = r"(?P<y>[0-9]{4})-(?P<m>[0-9]{1,2})-(?P<d>[0-9]{1,2})"
_DAY_FIRST = r"(?P<d2>[0-9]{1,2})[/.-](?P<m2>[0-9]{1,2})[/.-](?P<y2>[0-9]{4})"
_DATE = f"(?:{_YEAR_FIRST}|{_DAY_FIRST})"
_TIME = r"(?P<h>[0-9]{1,2})(?::(?P<min>[0-9]{2})(?::(?P<s>[0-9]{2})(?:\.(?P<f>[0-9]{1,6}))?)?|[hH](?P<min2>[0-9]{2})?)"
_OFFSET = r"(?:\s*(?P<z>Z|[+-][0-9]{2}:?[0-9]{2}))?"
_DATE_FIRST = re.compile(rf"{_DATE}(?:T|,?\s+){_TIME}{_OFFSET}")
#: As one says it in Vietnamese.
_TIME_FIRST = re.compile(rf"{_TIME},?\s+{_DATE}")


class Unclear(ValueError):
    """Not one moment; ``word``: ``time`` (no date with a time), ``skipped`` or ``twice`` where clocks are set."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


def read(text: str, zone: ZoneInfo) -> datetime:
    """``2026-11-24 06:00``, ``24/11/2026 06:00`` or ``6h00 24/11/2026`` in ``zone``, or with an offset; in UTC.

    24:00 is the end of its day. ``Unclear`` for what is no moment, or not a single one.
    """
    text = " ".join(text.split())
    found = _DATE_FIRST.fullmatch(text) or _TIME_FIRST.fullmatch(text)
    if found is None:
        raise Unclear("time")
    part = found.groupdict()
    hour, minute = int(part["h"]), int(part["min"] or part["min2"] or 0)
    second, fraction = int(part["s"] or 0), int((part["f"] or "").ljust(6, "0") or 0)
    next_day = hour == 24 and minute == second == fraction == 0
    try:
        naive = datetime(  # noqa: DTZ001  # its zone comes below
            int(part["y"] or part["y2"]), int(part["m"] or part["m2"]), int(part["d"] or part["d2"]),
            0 if next_day else hour, minute, second, fraction,
        )  # fmt: skip
        if not 1970 < naive.year < 9998:
            raise Unclear("time")
        naive += timedelta(days=next_day)
        if offset := part.get("z"):
            return datetime.fromisoformat(f"{naive.isoformat()}{offset}").astimezone(UTC)
    except ValueError as err:
        raise Unclear("time") from err
    return _of_zone(naive, zone)


def write(moment: datetime, zone: ZoneInfo, spec: str | None = None) -> str:
    """What ``read`` makes the same moment of, with its offset only where clocks show it twice.

    ``spec`` as of ``datetime.isoformat``; None: seconds, and parts of them, only where there are any.
    """
    local = moment.astimezone(zone)
    naive = local.replace(tzinfo=None, fold=0)
    spec = spec or ("auto" if naive.second or naive.microsecond else "minutes")
    text = naive.isoformat(" ", spec)
    try:
        _of_zone(naive, zone)
    except Unclear:
        return local.isoformat(" ", spec)
    return text


def _of_zone(naive: datetime, zone: ZoneInfo) -> datetime:
    either = {naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    meant = {one for one in either if one.astimezone(zone).replace(tzinfo=None, fold=0) == naive}
    if len(meant) != 1:
        raise Unclear("twice" if meant else "skipped")
    return meant.pop()

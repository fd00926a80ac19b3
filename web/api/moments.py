"""Moments and spans in queries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from web.problems import Problem


def whole_ms(moment: datetime) -> datetime:
    """The moment in UTC, cut to the millisecond; ``Problem`` 422 where one cannot reckon with it."""
    try:
        moment = moment.astimezone(UTC)
        if not 1970 <= moment.year < 9999:  # room to add to it, in any time zone
            raise OverflowError
    except (OverflowError, ValueError) as err:
        raise Problem(422, "invalid", "'start' and 'end' are moments between 1970 and 9998") from err
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def span(start: datetime, end: datetime, longest: timedelta) -> tuple[datetime, datetime]:
    """Both as ``whole_ms``; ``Problem`` 422 for a span that is empty or longer than ``longest``."""
    start, end = whole_ms(start), whole_ms(end)
    if end <= start:
        raise Problem(422, "invalid", "'end' is not after 'start'")
    if end - start > longest:
        words = f"{longest.days} days" if longest.days else f"{longest.total_seconds() / 3600:g} hours"
        raise Problem(422, "invalid", f"the span is longer than {words}")
    return start, end

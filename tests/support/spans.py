"""Segments and gaps laid side by side: what neither covers, and what both do."""

from __future__ import annotations

from collections.abc import Iterable

from vms.domain.messages import Gap, Segment


def uncovered(records: Iterable[Segment | Gap]) -> tuple[float, float]:
    """Seconds in no record, and seconds in more than one, from the first start to the last end; open ones end last."""
    spans = sorted((one.start.timestamp(), one.end.timestamp() if one.end else float("inf")) for one in records)
    missing = doubled = 0.0
    reached = spans[0][0]
    for start, end in spans:
        missing += max(0.0, start - reached)
        doubled += max(0.0, min(reached, end) - start)
        reached = max(reached, end)
    return missing, doubled

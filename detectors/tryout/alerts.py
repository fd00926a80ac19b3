"""What a tried rule would have raised: its events as numbered ``Fired``. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from detectors.rules.camera_rules import RuleEvent
from detectors.rules.open_alerts import OpenAlert
from vms.domain.clock import from_epoch
from vms.domain.tryouts import Fired


class Alerts:
    """Numbered from 0 in the order in which they opened."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._open: dict[str, Fired] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    def take(self, events: Iterable[RuleEvent]) -> Iterator[tuple[int, Fired]]:
        """Those that ``events`` open, change or end, as they stand."""
        for event in events:
            alert = event.alert
            if event.word == "opened":
                self._numbers[alert.id] = len(self._numbers)
                self._open[alert.id] = Fired(start=alert.opened_at, persons=alert.persons, most=alert.most)
            fired = self._told(alert)
            if event.word == "ended":
                del self._open[alert.id]
                fired = fired.model_copy(update={"end": from_epoch(event.ended_at or event.at)})
            yield self._numbers[alert.id], fired

    def still_open(self, alerts: Iterable[OpenAlert]) -> Iterator[tuple[int, Fired]]:
        """The same at the end of the recordings, of those that have not ended."""
        for alert in alerts:
            yield self._numbers[alert.id], self._told(alert)

    def _told(self, alert: OpenAlert) -> Fired:
        before = self._open[alert.id]
        self._open[alert.id] = after = before.model_copy(update={"most": max(before.most, alert.most)})
        return after

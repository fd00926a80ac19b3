"""How long to wait before trying a camera again: growing, with jitter, forgiving after a long good run."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

#: A camera that locks accounts after a few wrong passwords must not be asked every second.
_REFUSED = frozenset(("unauthorized", "forbidden", "configuration", "redirected", "unsupported_codec"))
FIRST_S, LAST_S = 0.5, 6.0
REFUSED_FIRST_S, REFUSED_LAST_S = 30.0, 300.0
GOOD_RUN_S = 10.0


@dataclass(slots=True)
class Backoff:
    """One camera stream's retries; ``rng`` is injected by tests."""

    rng: random.Random = field(default_factory=random.Random)
    _failures: int = 0
    _refused: bool = False

    def next_delay(self, reason: str, ran_s: float) -> float:
        """Seconds to wait after a session that ended for ``reason`` having run ``ran_s``."""
        refused = reason in _REFUSED
        if ran_s >= GOOD_RUN_S or refused != self._refused:
            self._failures = 0
        self._refused = refused
        first, last = (REFUSED_FIRST_S, REFUSED_LAST_S) if refused else (FIRST_S, LAST_S)
        delay = min(last, first * 2.0 ** min(self._failures, 16))
        self._failures += 1
        return delay * self.rng.uniform(0.5, 1.0)

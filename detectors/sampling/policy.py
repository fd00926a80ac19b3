"""When a picture is due: seldom while nothing moves, at the active rate while something does. Pure, no clock.

``moment`` is monotonic seconds of the stream, given with each packet in decoding order. Idle cameras are looked
at on key frames alone, which costs a tenth of decoding all; where key frames come too seldom for that ("smart
codec"), or nobody may be missed for so long (``Sampler.attentive``), all is decoded. ``Sampler.scale`` thins the
rates where the host is short. Not here: decoding, the look itself (``scene``), how large the scale is (``governor``).
"""

from __future__ import annotations

from dataclasses import dataclass

#: A camera stays active so long after the last change or person.
HOLD_S = 5.0
#: The model sees every camera at least this often, changed or not.
FORCED_S = 10.0
#: Key frames further apart than this do not do for idle looks.
SLOW_KEYS_S = 3.0


@dataclass(frozen=True, slots=True)
class Rates:
    """Pictures a second: while something happens, while not, and at least while something happens."""

    active_fps: float = 4.0
    idle_fps: float = 0.5
    min_fps: float = 1.0
    armed_fps: float = 2.0  # looks while nothing happens, where a breach is to be told at once


@dataclass(frozen=True, slots=True)
class Due:
    """What one packet is wanted for: a look (decode it), a tile of the wall (decode it and make a JPEG).

    ``granted``: the model is to see it by the active rate; ``left_out``: it was to, and the scale left it out.
    """

    look: bool = False
    tile: bool = False
    granted: bool = False
    left_out: bool = False


class Metronome:
    """Beats at a rate on a fixed grid, so that frames of 10 a second give 4 a second and not 3.3."""

    def __init__(self) -> None:
        self.next = float("-inf")

    def due(self, moment: float, early: float) -> bool:
        """Whether there is a beat at ``moment``, or within ``early`` after it."""
        return moment + early >= self.next

    def beat(self, moment: float, period: float) -> float:
        """Moves on; how many periods that took."""
        # The grid goes on when we are less than a period late, else it starts anew.
        late = (moment - self.next) / period
        if late < 1:
            self.next += period
            return 1.0
        first = self.next == float("-inf")
        self.next = moment + period
        return 1.0 if first else 1.0 + late

    def no_later_than(self, moment: float) -> None:
        """The next beat is at ``moment`` at the latest."""
        self.next = min(self.next, moment)


class Sampler:
    """One camera's policy; belongs to its reading thread (``persons`` and ``scale`` may be told from another)."""

    def __init__(self, rates: Rates) -> None:
        self.rates = rates
        self.scale = 1.0  # share of the active rate that is granted
        self.attentive = False  # a rule is armed that must see somebody at once, not with the next key frame
        self._active_until = float("-inf")
        self._looks = Metronome()
        self._tiles = Metronome()
        self._credit = 0.0  # pictures that the scale has granted and that were not taken yet
        self._granted = False  # the next look of an active camera goes to the model
        self._last_key: float | None = None
        self._key_gap: float | None = None
        self._last_packet: float | None = None
        self._frame_gap = 0.04
        self._last_look: float | None = None
        self._last_inference = float("-inf")

    def restart(self) -> None:
        """A new run: key frame and packet distances are learnt anew."""
        self._last_key = self._key_gap = self._last_packet = None

    def active(self, moment: float) -> bool:
        """Whether something has moved, or somebody was seen, within ``HOLD_S``."""
        return moment < self._active_until

    def slow_keys(self, moment: float) -> bool:
        """Whether key frames come too seldom for idle looks."""
        if self._last_key is None:
            return False
        gap = max(self._key_gap or 0.0, moment - self._last_key)
        return gap > max(SLOW_KEYS_S, 1.5 / self.rates.idle_fps)

    def packet(self, moment: float, *, key: bool, tile_fps: float = 0.0) -> Due:
        """Whether this packet's picture is due. ``tile_fps`` is what watchers of the wall ask for, or 0."""
        self._learn(moment, key)
        early = self._frame_gap / 2
        if tile_fps > 0:  # who asks for more than the last watcher gets it at once
            self._tiles.no_later_than(moment + 1 / tile_fps)
        tile = tile_fps > 0 and self._tiles.due(moment, early)
        if tile:
            self._tiles.beat(moment, 1 / tile_fps)
        if not self.active(moment):
            return Due(self._idle_look(moment, key, early) or tile, tile)
        if not self._looks.due(moment, early):
            return Due(tile, tile)
        periods = self._looks.beat(moment, 1 / self.rates.active_fps)
        self._granted = self._granted or self._affords(periods, moment)
        return Due(self._granted or tile, tile, granted=self._granted, left_out=not self._granted)

    def _idle_look(self, moment: float, key: bool, early: float) -> bool:
        rates = self.rates
        prompt = max(rates.idle_fps, rates.armed_fps * self.scale) if self.attentive else rates.idle_fps
        period = 1 / prompt
        whole = self.slow_keys(moment) or prompt > rates.idle_fps
        # Key frames do not come on our grid: one that is a little early is better than the next one.
        if (key and self._looks.due(moment, 0.3 * period)) or (whole and self._looks.due(moment, early)):
            self._looks.beat(moment, period)
            return True
        return self._overdue(moment)

    def _overdue(self, moment: float) -> bool:
        """Whether the next packet would be too late for the forced look."""
        return moment + self._frame_gap - self._last_inference > FORCED_S

    def _affords(self, periods: float, moment: float) -> bool:
        """Whether the scale grants the model a picture after so many periods of the active rate.

        All cameras of one scale get at most the same rate; one whose stream gives fewer pictures than that keeps them.
        """
        # What is left over is no more than a beat's share: nothing is saved up for a burst.
        self._credit = min(self._credit + self.scale * periods, 1.0 + self.scale)
        if self._credit < 1.0 - 1e-9 and not self._overdue(moment):
            return False
        self._credit = max(0.0, self._credit - 1.0)
        return True

    def looked(self, moment: float, *, changed: bool) -> bool:
        """Takes in the look's finding; returns whether the model shall see the picture."""
        gap = 0.0 if self._last_look is None else min(moment - self._last_look, FORCED_S)
        self._last_look = moment
        if changed and not self.active(moment):
            self._wake(moment)
            wanted = True
        elif self.active(moment):
            wanted = self._granted
        else:
            # Waiting for the next look would make it later than FORCED_S.
            wanted = moment - self._last_inference + gap > FORCED_S or self._overdue(moment)
        if changed:
            self._hold(moment)
        if wanted:
            self._granted = False
            self._last_inference = moment
        return wanted

    def persons(self, moment: float) -> None:
        """Somebody was seen at ``moment``: stay active."""
        if not self.active(moment):
            self._wake(moment)
        self._hold(moment)

    def _hold(self, moment: float) -> None:
        # A camera of a small scale is looked at seldom: it must not fall idle between two looks, and wake anew.
        wait = (1 / self.scale - 1) / self.rates.active_fps
        self._active_until = max(self._active_until, moment + HOLD_S + wait)

    def _wake(self, moment: float) -> None:
        self._credit, self._granted = 0.0, False
        self._looks.no_later_than(moment + 1 / self.rates.active_fps)

    def _learn(self, moment: float, key: bool) -> None:
        if self._last_packet is not None and 0 < (gap := moment - self._last_packet) < 1:
            self._frame_gap += 0.1 * (gap - self._frame_gap)
        self._last_packet = moment
        if key:
            if self._last_key is not None:
                gap = moment - self._last_key
                self._key_gap = gap if self._key_gap is None else max(gap, 0.7 * self._key_gap + 0.3 * gap)
            self._last_key = moment

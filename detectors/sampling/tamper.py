"""Whether a camera was tampered with: covered, moved, defocused, or its picture frozen. No I/O, no clock.

Pictures are averaged over windows of some seconds, which takes out noise, rain, headlights and walkers, and each
window's structure is compared with the view that was learnt. A finding must hold over ``CONFIRM`` windows in a row.
Not here: the comparison itself (``structure``), the rule and its alert (``detectors.rules``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.sampling import structure
from detectors.sampling.structure import STRIP, Floats, Match, Sharpness

Tamper = Literal["covered", "moved", "defocused", "frozen"]
#: Whoever is there, the picture does not show: nobody found is not nobody there.
BLIND: frozenset[Tamper] = frozenset({"covered", "defocused", "frozen"})

SIZE = structure.SIZE
#: Looks closer to each other than this add nothing (seconds).
APART_S = 0.9
#: A window is at least so long (seconds) and has at least so many looks.
WINDOW_S = 8.0
LEAST_LOOKS = 2
#: Windows in a row that must say so: with the one in which it began at most 42 s at a look every 2 s, and somebody who
#: stands before the lens for 30 s is not yet a cover.
CONFIRM = 4
#: Good windows in a row that end a finding.
CURED = 2
#: No looks for so long: what was begun before is forgotten, what was learnt is not (seconds).
GAP_S = 60.0
#: How fast the view is learnt (seconds).
LEARN_S = 300.0
#: A changed view that stays the same for so long is the new normal (seconds). A cover never is.
NEW_NORMAL_S: dict[Tamper, float] = {"moved": 600.0, "defocused": 3600.0}
#: A picture with less structure than this share of the view's is not learnt: dark, it would make the view forget.
LIT = 0.4
#: Views that are remembered: by day, by night, with another lamp.
MOST_VIEWS = 3
#: What is seen is the same as in the window before from this correlation and this share of blocks on: a crowd is not.
STEADY = 0.5
#: Not while more than this share of what would be there comes and goes: what a crowd hides is no other view.
UNREST = 0.3
#: Less structure than this share of the view's, where none of it agrees, is a cover and not another view.
COVERED = 0.2
#: Sharpness ratio below which the lens is out of focus: a blur of 0.8 % of the picture's width (standard deviation) …
DEFOCUSED = 0.55
#: … or a blur so strong that even coarse structure is gone, and only light and dark are where they were.
BLURRED = 0.25
#: … told only of a picture that stands still: the mean of one that sways in the wind, or of a crowd, is blurred too …
TREMBLE = 0.06
#: … and with this contrast and layout, because in the dark coding takes what is fine.
LEAST_CONTRAST = 0.3
LEAST_LAYOUT = 0.8
#: Key frames that repeat the one before, in a row and for so long (seconds), are a frozen picture.
FROZEN_REPEATS = 3
FROZEN_S = 20.0
#: A repeat differs in at most so many cells by at most one grey. Key frames of a quiet dark room after the camera's own
#: noise reduction, at the lowest bit rates tried, differed in 1,475 cells or more; of a frozen one in 0 to 78.
REPEAT_CELLS = 100

Grey = NDArray[np.uint8]


@dataclass(slots=True)
class _View:
    """A view as it was learnt: its mean picture, of how many windows, and since and until when it was seen."""

    picture: Floats
    since: float
    last: float
    windows: int = 1

    def learn(self, picture: Floats, moment: float) -> None:
        share = max(1 - math.exp((self.last - moment) / LEARN_S), 1 / (self.windows + 1))
        cv2.accumulateWeighted(picture, self.picture, share)
        self.windows, self.last = self.windows + 1, moment


class _Window:
    """Sums of the looks of some seconds: every other one apart, so that their difference tells the noise."""

    def __init__(self, moment: float) -> None:
        self.began = moment
        self.looks = 0
        self._sums = np.zeros((2, SIZE[1] - 2 * STRIP, SIZE[0]), np.uint16)  # room for 257 looks of each kind

    def add(self, grey: Grey) -> None:
        self._sums[self.looks % 2] += grey[STRIP:-STRIP]
        self.looks += 1

    def over(self, moment: float) -> bool:
        return (moment - self.began >= WINDOW_S and self.looks >= LEAST_LOOKS) or self.looks >= 512

    def means(self) -> tuple[Floats, Floats]:
        """The mean picture, and half the difference of its two halves."""
        even = self._sums[0] * np.float32(1 / ((self.looks + 1) // 2))
        odd = self._sums[1] * np.float32(1 / (self.looks // 2))
        return (even + odd) / 2, (even - odd) / 2


class _Repeats:
    """The last key frame, and for how long it has been the same one."""

    def __init__(self) -> None:
        self._last: Grey | None = None
        self._since = 0.0
        self._count = 0

    def look(self, grey: Grey, moment: float, *, key: bool) -> None:
        """Only key frames can be repeats: others skip what is hardly different. Any of them may show life, though."""
        if self._last is not None:
            step = cv2.absdiff(grey, self._last)
            if key and int(step.max()) <= 1 and np.count_nonzero(step) <= REPEAT_CELLS:
                self._count += 1
                self._last = grey
                return
            if not key and np.count_nonzero(step > 8) <= REPEAT_CELLS:
                return  # what coding makes of one picture can differ so much
        self._count, self._since = 0, moment
        self._last = grey if key else None

    def frozen(self, moment: float) -> bool:
        return self._count >= FROZEN_REPEATS and moment - self._since >= FROZEN_S

    def forget(self) -> None:
        self._last, self._count = None, 0


class TamperWatch:
    """One camera's memory of what it shows; used by one thread. Make a new one when the picture's size changes."""

    def __init__(self) -> None:
        self._window: _Window | None = None
        self._repeats = _Repeats()
        self._views: list[_View] = []  # the present one first
        self._candidate: _View | None = None  # what is seen while it is not the view
        self._finding: Tamper | None = None
        self._strange = 0  # windows in a row that were not as learnt
        self._good = 0
        self._poor = False  # too little structure to say more
        self._unrest = False  # too much comes and goes to call it another view
        self._last = -math.inf
        self._last_key = -math.inf

    def due(self, moment: float, *, key: bool) -> bool:
        """Whether a picture at ``moment`` (monotonic seconds) is wanted; key frames are, though others came between."""
        return moment - (self._last_key if key else self._last) >= APART_S

    def look(self, grey: Grey, moment: float, *, key: bool = True) -> Tamper | None:
        """Takes in one picture, (90, 160) bytes; ``key``: it was decoded from a key frame alone. What holds now."""
        if moment < self._last or moment - self._last > GAP_S:
            self._window, self._candidate, self._strange, self._good = None, None, 0, 0
            self._repeats.forget()
        self._last = moment
        if key:
            self._last_key = moment
        self._repeats.look(grey, moment, key=key)
        if self._window is not None and self._window.over(moment):
            picture, difference = self._window.means()
            self._close(picture, difference, moment)
            self._window = None
        if self._window is None:
            self._window = _Window(moment)
        self._window.add(grey)
        if self._finding != "covered" and not self._poor and self._repeats.frozen(moment):
            return "frozen"
        return self._finding

    def _close(self, picture: Floats, difference: Floats, moment: float) -> None:
        seen = self._judge(picture, difference, moment)
        if seen is None:
            self._strange = 0
            if self._views:
                self._candidate = None
            self._good += 1
            if self._good >= CURED:
                self._finding = None
            return
        self._good = 0
        self._strange += 1
        steady = self._steady(picture, moment)
        if self._strange >= CONFIRM and (seen != "moved" or (steady and not self._unrest)):
            self._finding = seen
        candidate = self._candidate
        if candidate is not None and seen in NEW_NORMAL_S and moment - candidate.since >= NEW_NORMAL_S[seen]:
            self._views = [candidate, *self._views][:MOST_VIEWS]
            self._candidate, self._finding, self._strange = None, None, 0

    def _judge(self, picture: Floats, difference: Floats, moment: float) -> Tamper | None:
        """What one window looks like beside the views; None: as learnt. Learns."""
        field = structure.edges(picture, structure.noise_of(difference))
        bare = structure.strength(field) < structure.FLOOR
        self._poor = bare
        if not self._views:
            return self._begin(picture, bare, moment)
        first: Tamper | None = None
        for number, view in enumerate(self._views):
            match = structure.compare(field, structure.edges(view.picture))
            sharp = structure.sharpness(picture, difference, view.picture)
            if number == 0:
                self._poor, self._unrest = bare or match.energy < COVERED, sharp.tremble >= UNREST
            said = _finding(match, sharp)
            if said is None:
                if match.energy >= LIT:
                    view.learn(picture, moment)
                self._views.insert(0, self._views.pop(number))
                return None
            first = first or said
        return first

    def _begin(self, picture: Floats, bare: bool, moment: float) -> Tamper | None:
        """Nothing is learnt yet: what stays the same for some windows is the view; where nothing is seen, say so."""
        if bare:
            return "covered"
        if self._steady(picture, moment) and self._candidate is not None:
            self._views = [self._candidate]
        return None

    def _steady(self, picture: Floats, moment: float) -> bool:
        """Whether what is seen now was seen in the windows before; it becomes the candidate for a view."""
        candidate = self._candidate
        match = None
        if candidate is not None:
            match = structure.compare(structure.edges(picture), structure.edges(candidate.picture))
        if candidate is not None and match is not None and match.here >= STEADY and match.kept >= STEADY:
            candidate.learn(picture, moment)
        else:
            self._candidate = candidate = _View(picture, moment, moment)
        return candidate.windows >= CONFIRM - 1


def _finding(match: Match, sharp: Sharpness) -> Tamper | None:
    blurred = sharp.tremble < TREMBLE and (sharp.ratio < DEFOCUSED or sharp.coarse < BLURRED)
    if blurred and sharp.layout >= LEAST_LAYOUT and sharp.contrast >= LEAST_CONTRAST:
        return "defocused"
    if match.same:
        return None
    # What is close to the lens is never in focus.
    return "covered" if blurred or match.energy < COVERED else "moved"

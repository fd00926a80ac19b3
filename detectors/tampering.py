"""One camera's watch for tampering at its place in the service: which pictures it gets, and what is said of it.

Not here: how tampering is found (``sampling.tamper``), the rule that raises an alert (``rules``).
"""

from __future__ import annotations

import logging

import av

from detectors import pictures
from detectors.sampling.tamper import SIZE, Tamper, TamperWatch

log = logging.getLogger(__name__)

#: While looks fall between key frames, one key frame in so many seconds is looked at besides, because only key frames
#: tell a frozen picture. All is decoded then, so that it costs no decoding.
KEY_S = 1.8


class Tampering:
    """Used by the thread that looks at the camera's pictures; ``now`` is read by others."""

    def __init__(self, camera: str | None = None) -> None:
        """``camera`` is named in the log; None: it is a recording, and nothing happens now."""
        self._camera = camera
        self._watch = TamperWatch()
        self._size: tuple[int, int] | None = None
        self._last_key = float("-inf")
        self._between = False  # looks have fallen between key frames since
        self.now: Tamper | None = None

    def wants(self, moment: float, key: bool) -> bool:
        """Whether this packet's picture is wanted, though nobody else wants it."""
        return key and self._between and moment - self._last_key >= KEY_S

    def look(self, frame: av.VideoFrame, moment: float, *, key: bool) -> bool:
        """Takes in a picture that was decoded for a look; ``key``: from a key frame. Whether there is news to tell.

        A stream that changes its size is another picture: the view is learnt anew.
        """
        self._between = not key
        if key:
            self._last_key = moment
        if (frame.width, frame.height) != self._size:
            self._watch, self._size = TamperWatch(), (frame.width, frame.height)
        if not self._watch.due(moment, key=key):
            return False
        was, self.now = self.now, self._watch.look(pictures.grey(frame, *SIZE), moment, key=key)
        if self.now == was:
            return False
        if self._camera is not None:
            log.warning("tamper.%s camera=%s kind=%s", "found" if self.now else "ended", self._camera, self.now or was)
        return True

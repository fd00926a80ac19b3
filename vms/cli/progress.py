"""How far long work has come, on stderr: one line that changes on a terminal, elsewhere a line now and then.

Not here: what is done, and its result (stdout).
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TextIO

#: Between two words of it, on a terminal and elsewhere (seconds).
LIVE_S, PLAIN_S = 0.2, 5.0


class Progress:
    """``clock`` gives monotonic seconds. As a context: what the terminal shows of it goes when the work is over."""

    def __init__(self, stream: TextIO, clock: Callable[[], float]) -> None:
        self._stream, self._clock = stream, clock
        self._live = stream.isatty()
        self._next = clock() + (0.0 if self._live else PLAIN_S)
        self._shown = 0

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None) -> None:
        self.clear()

    def tell(self, text: str) -> None:
        """Where it stands; told if the last word is old enough."""
        now = self._clock()
        if now < self._next:
            return
        self._next = now + (LIVE_S if self._live else PLAIN_S)
        self._stream.write(f"\r{text:<{self._shown}}" if self._live else f"vms: {text}\n")
        self._stream.flush()
        self._shown = len(text) if self._live else 0

    def clear(self) -> None:
        """Takes away what stands on the terminal's line."""
        if self._shown:
            self._stream.write(f"\r{'':<{self._shown}}\r")
            self._stream.flush()
            self._shown = 0
            self._next = 0.0

"""Progress: one line that changes on a terminal, elsewhere a line every few seconds."""

from __future__ import annotations

import io

from vms.cli.progress import LIVE_S, PLAIN_S, Progress


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_elsewhere_it_is_a_line_now_and_then() -> None:
    now, stream = [100.0], io.StringIO()
    with Progress(stream, lambda: now[0]) as progress:
        for n in range(11):
            progress.tell(f"gate: {n}%")
            now[0] += PLAIN_S / 5
    assert stream.getvalue() == "vms: gate: 5%\nvms: gate: 10%\n"


def test_a_terminal_has_one_line_and_none_when_it_is_over() -> None:
    now, stream = [100.0], _Terminal()
    with Progress(stream, lambda: now[0]) as progress:
        progress.tell("gate: 99 %")
        progress.tell("left out: too soon")
        now[0] += LIVE_S
        progress.tell("yard: 1 %")
    assert stream.getvalue() == "\rgate: 99 %\ryard: 1 % \r         \r"

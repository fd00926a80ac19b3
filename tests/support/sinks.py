"""A packet sink that writes down what it is given, and can be asked from another thread."""

from __future__ import annotations

from vms.ingest.stream import MediaPacket, Run


class RecordingSink:
    """``events``: ("begin", run), ("packet", run, packet), ("end", run, reason), ("trouble", reason, detail)."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self.packets: list[tuple[Run, MediaPacket]] = []
        self.ends: list[tuple[Run, str]] = []
        self.troubles: list[tuple[str, str]] = []
        self.order: list[str] = []

    def begin(self, run: Run) -> None:
        self.runs.append(run)
        self.order.append("begin")

    def packet(self, run: Run, packet: MediaPacket) -> None:
        self.packets.append((run, packet))
        if self.order[-1] != "packet":
            self.order.append("packet")

    def end(self, run: Run, reason: str) -> None:
        self.ends.append((run, reason))
        self.order.append("end")

    def trouble(self, reason: str, detail: str) -> None:
        self.troubles.append((reason, detail))
        self.order.append("trouble")

    @property
    def reasons(self) -> list[str]:
        """Of the ends and troubles, in order of each."""
        return [reason for reason, _ in self.troubles]

    def of_run(self, number: int) -> list[MediaPacket]:
        return [packet for run, packet in self.packets if run is self.runs[number]]

"""What a stream brings while its camera's folder is being mended."""

from __future__ import annotations

import pytest

from recorder.early import EarlyPackets
from tests.support.footage import encode, packet_of, run_of
from tests.support.sinks import RecordingSink
from vms.domain.errors import IngestError
from vms.ingest.stream import MediaPacket, Run

UNITS = encode()
RUN = run_of("h264", UNITS, 0.0)


def test_kept_and_handed_on_in_order() -> None:
    sink = RecordingSink()
    early = EarlyPackets(sink)
    early.trouble("timeout", "the first try")
    early.begin(RUN)
    packets = [packet_of(unit) for unit in UNITS]
    for packet in packets[:10]:
        early.packet(RUN, packet)
    assert sink.order == []
    early.release()
    for packet in packets[10:]:
        early.packet(RUN, packet)
    early.end(RUN, "ended")
    assert sink.order == ["trouble", "begin", "packet", "end"]
    assert [packet for _, packet in sink.packets] == packets


def test_more_than_fits_ends_the_session_and_what_was_kept_stays() -> None:
    sink = RecordingSink()
    early = EarlyPackets(sink, max_bytes=len(UNITS[0].payload) + 1)
    early.begin(RUN)
    early.packet(RUN, packet_of(UNITS[0]))
    with pytest.raises(IngestError) as caught:
        early.packet(RUN, packet_of(UNITS[1]))
    assert caught.value.reason == "disk"
    early.end(RUN, "disk")
    early.release()
    assert len(sink.packets) == 1
    assert sink.ends == [(RUN, "disk")]


def test_a_fault_over_one_packet_does_not_lose_the_others() -> None:
    class Faulty(RecordingSink):
        def packet(self, run: Run, packet: MediaPacket) -> None:
            super().packet(run, packet)
            if len(self.packets) == 2:
                raise RuntimeError("a bug")

    sink = Faulty()
    early = EarlyPackets(sink)
    early.begin(RUN)
    for unit in UNITS[:5]:
        early.packet(RUN, packet_of(unit))
    early.release()
    assert len(sink.packets) == 5

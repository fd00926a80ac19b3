"""RTP payloads to access units: every way of packing, what is missing, and what is no packet at all."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.footage import encode
from vms.ingest.rtp import AccessUnit, Depacketizer
from vms.media import nal

START = b"\x00\x00\x00\x01"
#: Kinds 1 (a slice) and 7 (parameters), and their like in H.265.
SLICE, SETS = b"\x41" + bytes(range(1, 200)), b"\x67" + b"sets"
SLICE5, SETS5 = b"\x02\x01" + bytes(range(1, 200)), b"\x42\x01" + b"sets"


def rtp(payload: bytes, number: int, stamp: int = 0, marked: bool = False, kind: int = 96, first: int = 0x80) -> bytes:
    return struct.pack(">BBHII", first, kind | marked << 7, number & 0xFFFF, stamp, 7) + payload


def fragments(unit: bytes, size: int, codec: str = "h264", donl: bytes = b"") -> list[bytes]:
    head = 1 if codec == "h264" else 2
    kind = unit[0] & 0x1F if codec == "h264" else unit[0] >> 1 & 0x3F
    body = [unit[at : at + size] for at in range(head, len(unit), size)]
    made = []
    for place, part in enumerate(body):
        flags = (place == 0) << 7 | (place == len(body) - 1) << 6 | kind
        if codec == "h264":
            made.append(bytes((unit[0] & 0xE0 | 28, flags)) + part)
        else:
            made.append(bytes((unit[0] & 0x81 | 49 << 1, unit[1], flags)) + (donl if place == 0 else b"") + part)
    return made


def fed(
    packets: Iterable[bytes], codec: str = "h264", donl: bool = False
) -> tuple[list[tuple[bytes, int]], Depacketizer]:
    """Payloads and timestamps, by the long way and by the short one, which must be the same."""
    packets = list(packets)
    depacketizer, done = Depacketizer(codec, 96, donl), list[AccessUnit]()
    for packet in packets:
        depacketizer.packet(memoryview(b"ab" + packet + b"yz"), 2, 2 + len(packet), done)
    short, short_done = Depacketizer(codec, 96, donl), list[AccessUnit]()
    data = memoryview(b"".join(b"$\x00" + struct.pack(">H", len(packet)) + packet for packet in packets))
    at = 0
    while at < len(data):
        stop = at + 4 + int.from_bytes(data[at + 2 : at + 4], "big")
        short.packet(data, at + 4, stop, short_done)
        at = short.inner(data, stop, len(data), 0)
        if at % 3 == 0:
            short.keep()
    assert (short_done, short.missed) == (done, depacketizer.missed)
    for one in done:
        assert all(one.payload[at - 4 : at] == START for at in one.starts)
    return [(one.payload, one.timestamp) for one in done], depacketizer


def test_single_units_until_the_mark() -> None:
    done, _ = fed([rtp(SETS, 1), rtp(SLICE, 2, marked=True), rtp(SLICE, 3, 3600, True)])
    assert done == [(START + SETS + START + SLICE, 0), (START + SLICE, 3600)]


@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize("size", [10, 64, 150])
def test_fragments_are_put_together(codec: str, size: int) -> None:
    unit = SLICE if codec == "h264" else SLICE5
    parts = fragments(unit, size, codec)
    done, _ = fed([rtp(part, n, 5, n == len(parts) - 1) for n, part in enumerate(parts)], codec)
    assert done == [(START + unit, 5)]


def test_aggregates() -> None:
    packed = b"\x18" + b"".join(struct.pack(">H", len(one)) + one for one in (SETS, SLICE))
    assert fed([rtp(packed, 1, 0, True)])[0] == [(START + SETS + START + SLICE, 0)]
    packed = b"\x60\x01" + b"".join(struct.pack(">H", len(one)) + one for one in (SETS5, SLICE5))
    assert fed([rtp(packed, 1, 0, True)], "hevc")[0] == [(START + SETS5 + START + SLICE5, 0)]


def test_decoding_order_numbers_are_left_out() -> None:
    """RFC 7798, 4.4.1-4.4.3: two bytes behind the header, one before each further unit of an aggregate."""
    single = SLICE5[:2] + b"\x00\x07" + SLICE5[2:]
    packed = b"\x60\x01" + b"\x00\x08" + struct.pack(">H", len(SETS5)) + SETS5
    packed += b"\x00" + struct.pack(">H", len(SLICE5)) + SLICE5
    parts = fragments(SLICE5, 80, "hevc", donl=b"\x00\x09")
    packets = [rtp(single, 1, 1, True), rtp(packed, 2, 2, True)]
    packets += [rtp(part, 3 + n, 3, n == len(parts) - 1) for n, part in enumerate(parts)]
    done, _ = fed(packets, "hevc", donl=True)
    assert done == [(START + SLICE5, 1), (START + SETS5 + START + SLICE5, 2), (START + SLICE5, 3)]


def test_a_camera_that_marks_nothing_ends_a_picture_with_its_time() -> None:
    done, _ = fed([rtp(SETS, 1), rtp(SLICE, 2), rtp(SLICE, 3, 3600), rtp(SLICE, 4, 7200)])
    assert done == [(START + SETS + START + SLICE, 0), (START + SLICE, 3600)]


def test_a_unit_that_lacks_a_part_is_left_out_and_counted() -> None:
    parts = fragments(SLICE, 40)
    packets = [rtp(part, n, 0, n == len(parts) - 1) for n, part in enumerate(parts)]
    assert len(packets) == 5
    for missing in range(4):
        whole = rtp(SETS, 0xFFFF)
        done, depacketizer = fed([whole, *packets[:missing], *packets[missing + 1 :], rtp(SLICE, 5, 3600, True)])
        assert done == [(START + SETS, 0), (START + SLICE, 3600)], missing
        assert depacketizer.missed == 1
    done, depacketizer = fed([*packets[:4], rtp(SLICE, 5, 3600, True)])  # the last one, and with it the mark
    assert (done, depacketizer.missed) == ([(START + SLICE, 3600)], 1)


def test_what_is_missing_is_told_with_the_picture_behind_it() -> None:
    """The mark of a picture is lost and two whole pictures with it: it is the next one that comes behind a hole."""
    packets = [rtp(SETS, 1), rtp(SLICE, 2), rtp(SLICE, 7, 10_800, True), rtp(SLICE, 8, 14_400, True)]
    depacketizer, done = Depacketizer("h264", 96), list[AccessUnit]()
    for packet in packets:
        depacketizer.packet(memoryview(packet), 0, len(packet), done)
    assert [(one.timestamp, one.missed) for one in done] == [(0, 0), (10_800, 4), (14_400, 4)]


def test_a_camera_that_counts_anew_has_left_nothing_out() -> None:
    done, depacketizer = fed([rtp(SLICE, 30_000, 0, True), rtp(SLICE, 0, 3600, True), rtp(SLICE, 1, 7200, True)])
    assert (len(done), depacketizer.missed) == (3, 0)


def test_sources_extensions_and_padding() -> None:
    extension = struct.pack(">HH", 0xABAC, 3) + bytes(12)  # ONVIF's replay has it
    packets = [
        rtp(bytes(8) + SLICE, 1, 1, True, first=0x82),
        rtp(extension + SLICE, 2, 2, True, first=0x90),
        rtp(SLICE + b"\x00\x00\x03", 3, 3, True, first=0xA0),
    ]
    assert fed(packets)[0] == [(START + SLICE, 1), (START + SLICE, 2), (START + SLICE, 3)]


def test_a_unit_without_end_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vms.ingest.rtp.MAX_UNITS", 10_000)
    parts = fragments(b"\x41" + bytes(50_000), 100)
    done, depacketizer = fed([*(rtp(part, n) for n, part in enumerate(parts[:-1])), rtp(SLICE, 499, 3600, True)])
    assert done[-1] == (START + SLICE, 3600)
    assert (depacketizer._parts, depacketizer._size) == ([], 0)
    assert all(len(payload) < 10_200 for payload, _ in done)


def test_a_delimiter_of_two_bytes_is_no_loss() -> None:
    done, depacketizer = fed([rtp(b"\x09\xf0", 1), rtp(SLICE, 2, marked=True)])
    assert (done, depacketizer.missed) == ([(START + SLICE, 0)], 0)


def test_what_is_no_packet_of_the_track_is_passed_over() -> None:
    packets = [rtp(SLICE, 1, 0, True, kind=97), rtp(SLICE, 1, 0, True, first=0x40), b"\x80\x60", rtp(b"", 1, 0, True)]
    done, depacketizer = fed([*packets, rtp(SLICE, 2, 9, True)])
    assert (done, depacketizer.missed) == ([(START + SLICE, 9)], 0)


@given(st.lists(st.binary(max_size=80), max_size=20), st.sampled_from(["h264", "hevc"]), st.booleans())
def test_whatever_comes_is_borne(packets: list[bytes], codec: str, donl: bool) -> None:
    fed(packets, codec, donl)
    fed([rtp(packet, n) for n, packet in enumerate(packets)], codec, donl)


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_a_real_stream_comes_out_as_it_went_in(codec: str) -> None:
    dice, number, packets = random.Random(1), 65_500, []
    units = encode(codec, (320, 240), frames=50)
    for unit in units:
        parts = list(nal.split(unit.payload))
        for place, part in enumerate(parts):
            pieces = [part] if len(part) < 200 else fragments(part, dice.randrange(100, 400), codec)
            for at, piece in enumerate(pieces):
                marked = place == len(parts) - 1 and at == len(pieces) - 1
                packets.append(rtp(piece, number, unit.pts, marked))
                number += 1
    done, depacketizer = fed(packets, codec)
    assert [list(nal.split(payload)) for payload, _ in done] == [list(nal.split(unit.payload)) for unit in units]
    assert [stamp for _, stamp in done] == [unit.pts for unit in units]
    assert depacketizer.missed == 0

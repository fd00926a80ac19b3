from __future__ import annotations

from itertools import pairwise

import av
import numpy as np
import pytest
from video_script import grey_steps, packets

from detectors import pictures
from detectors.sampling.decoder import CorruptStream, GopDecoder, newest_picture
from vms.ingest.stream import MediaPacket


def shown(frame: av.VideoFrame | None) -> int:
    """The number of the picture, by its brightness (encoding darkens it a little)."""
    assert frame is not None
    return round((float(pictures.bgr(frame).mean()) - 38.5) / 3)


def stream(count: int = 60, bframes: int = 0) -> list[MediaPacket]:
    return list(packets(grey_steps(count), bframes=bframes))


def test_key_frames_alone() -> None:
    decoder = GopDecoder("h264", b"")
    seen = []
    for packet in stream():
        decoder.feed(packet)
        if packet.keyframe:
            seen.append(shown(decoder.picture()))
    assert seen == [0, 20, 40]
    assert decoder.errors == 0


def test_any_picture_on_demand_even_in_the_middle_of_a_group() -> None:
    decoder = GopDecoder("h264", b"")
    wanted, seen = {0, 3, 5, 17, 31, 40, 59}, []
    for n, packet in enumerate(stream()):
        decoder.feed(packet)
        if n in wanted:
            frame = decoder.picture()
            assert frame is not None
            assert frame.pts == packet.pts
            seen.append(shown(frame))
    assert seen == sorted(wanted)


def test_reordered_frames_never_go_back_in_time_and_a_lone_key_frame_is_given() -> None:
    decoder = GopDecoder("h264", b"")
    times = []
    for packet in stream(bframes=2):
        decoder.feed(packet)
        if packet.keyframe:
            assert shown(decoder.picture()) in {0, 20, 40}
        elif (frame := decoder.picture()) is not None:
            times.append(frame.pts or 0)
    assert len(times) > 40
    assert sum(b < a for a, b in pairwise(times)) <= 3


def test_packets_before_the_first_key_frame_are_passed_over() -> None:
    decoder = GopDecoder("h264", b"")
    for packet in stream()[5:20]:
        decoder.feed(packet)
    assert decoder.picture() is None
    decoder.feed(stream()[20])
    assert shown(decoder.picture()) == 20


def test_a_snapshot_is_decoded_apart_from_the_stream() -> None:
    decoder = GopDecoder("h264", b"")
    for packet in stream(33):
        decoder.feed(packet)
        if packet.keyframe:
            decoder.picture()
    assert shown(newest_picture(decoder.group())) == 32
    assert newest_picture(GopDecoder("h264", b"").group()) is None


def test_a_torn_packet_costs_no_more_than_its_group_and_garbage_is_called_corrupt() -> None:
    good = stream()
    decoder = GopDecoder("h264", b"")
    for packet in [*good[:5], good[5]._replace(payload=b"\0\0\1\x41" + b"\xff" * 40), *good[6:21]]:
        decoder.feed(packet)
        decoder.picture()
    assert shown(decoder.picture() or newest_picture(decoder.group())) == 20

    random = np.random.default_rng(1)
    garbage = [p._replace(payload=b"\0\0\1\x65" + random.bytes(300)) for p in stream(200)]

    def feed_all() -> None:
        for packet in garbage:
            decoder.feed(packet)
            decoder.picture()

    with pytest.raises(CorruptStream):
        feed_all()


def test_pictures_keep_brightness_whatever_the_pixel_format() -> None:
    picture = np.random.default_rng(5).integers(0, 255, (12, 20, 3)).astype(np.uint8).repeat(16, 0).repeat(16, 1)
    for name in ("yuv420p", "yuvj420p", "nv12", "yuv422p", "yuv420p10le"):
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(format=name)
        assert np.abs(pictures.bgr(frame).astype(int) - picture).mean() < 12, name
        assert pictures.grey(frame, 10, 6).shape == (6, 10)
    encoded, width, height = pictures.jpeg(picture, 100)
    assert (width, height) == (100, 60)
    assert encoded[:2] == b"\xff\xd8"
    assert pictures.jpeg(picture, 9999)[1:] == (320, 192)

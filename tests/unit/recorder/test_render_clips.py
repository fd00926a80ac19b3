"""Clips: the times of the recording, one head for every piece, nothing of what is beneath a mask, bounds."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from recorder.render import clips
from recorder.render.frames import NoPicture, repaint
from tests.support.footage import Unit, encode
from tests.support.recorded import Recordings, poison
from tests.support.unmasked import LEFT, noisy, seen_beneath
from vms.demo.counter import read_counter
from vms.domain.rendering import ClipRequest
from vms.media.reading import scan_fragments, walk_samples

START = 1_800_000_010.0
SIZE = (480, 270)
SECOND = 90_000


@pytest.fixture
def recordings(tmp_path: Path) -> Iterator[Recordings]:
    one = Recordings(tmp_path / "recordings")
    yield one
    one.close()


def filmed(recordings: Recordings, codec: str, units: tuple[Unit, ...], size: tuple[int, int] = SIZE) -> Path:
    recordings.record(codec, units, START, size)
    return recordings.files()[-1]


def made(path: Path, start: float, end: float, *, what: str = "clip", patience: int = 10**6, **more: object) -> bytes:
    asked = ClipRequest.model_validate(
        {"what": what, "segment": "x", "start": round(start * SECOND), "end": round(end * SECOND), **more}
    )
    looks = itertools.count()
    return clips.clip(path, asked, lambda: next(looks) >= patience)


def frames(data: bytes) -> list[tuple[float, int | None]]:
    """Time in seconds and number of each frame; any error in the stream raises."""
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        stream.codec_context.options = {"err_detect": "explode"}
        return [(frame.time, read_counter(frame.to_ndarray(format="bgr24"))) for frame in container.decode(stream)]


def source(path: Path) -> dict[float, int | None]:
    return dict(frames(path.read_bytes()))


@pytest.mark.parametrize(("codec", "bframes"), [("h264", 0), ("h264", 2), ("hevc", 0), ("hevc", 2)])
def test_each_frame_is_at_its_time_whatever_the_order_of_pieces(
    recordings: Recordings, codec: str, bframes: int
) -> None:
    path = filmed(recordings, codec, encode(codec, SIZE, 100, gop=25, bframes=bframes, counter=True))
    head = clips.init(path)
    pieces = [made(path, n, n + 1) for n in range(4)]
    true = source(path)
    assert len(true) == 100
    for order in ((0, 1, 2, 3), (2,), (3, 1), (1, 3, 0)):
        for number in order:  # each alone behind the one head, and all in a row
            shown = frames(head + pieces[number])
            assert [true[at] for at, _ in shown] == [read for _, read in shown]
            assert len(shown) == 25
        whole = frames(head + b"".join(pieces[number] for number in sorted(order)))
        assert len(whole) == 25 * len(order)
    (table,) = scan_fragments(io.BytesIO(head + pieces[2]))
    bare = [one for one in scan_fragments(io.BytesIO(path.read_bytes())) if one.keyframe]
    assert (table.tfdt, table.duration) == (bare[2].tfdt, SECOND)


def test_one_head_goes_with_pictures_of_any_kind(recordings: Recordings) -> None:
    """Of a dark corridor and of noise, of long pieces and short ones."""
    dark = np.zeros((270, 480, 3), np.uint8)
    still = filmed(recordings, "h264", noisy([dark] * 50))
    wild = filmed(recordings, "h264", noisy([np.random.default_rng(n).integers(0, 256, (270, 480, 3), np.uint8)
                                             for n in range(50)]))  # fmt: skip
    assert clips.init(still) == clips.init(wild)
    for path, end in itertools.product((still, wild), (0.2, 2)):
        assert len(frames(clips.init(path) + made(path, 0, end))) == round(end * 25)


def test_key_frames_alone_last_until_the_next(recordings: Recordings) -> None:
    path = filmed(recordings, "h264", encode("h264", SIZE, 100, gop=25, counter=True))
    data = clips.init(path) + made(path, 0, 4, what="keys")
    assert [read for _, read in frames(data)] == [0, 25, 50, 75]
    (samples,) = walk_samples(io.BytesIO(data))
    assert [sample.duration for sample in samples] == [SECOND] * 4
    quick = filmed(recordings, "h264", encode("h264", SIZE, 50, gop=1, counter=True))
    (samples,) = walk_samples(io.BytesIO(clips.init(quick) + made(quick, 0, 2, what="keys")))
    assert len(samples) <= 8
    assert sum(sample.duration for sample in samples) == 2 * SECOND


@pytest.mark.parametrize("what", ["clip", "keys"])
@pytest.mark.parametrize("size", [(1920, 1080), (270, 480)])
def test_nothing_of_what_is_beneath_is_left(recordings: Recordings, size: tuple[int, int], what: str) -> None:
    noise = np.random.default_rng(5).integers(0, 256, (size[1], size[0], 3), np.uint8)
    path = filmed(recordings, "h264", noisy([noise] * 26), size)
    bare = made(path, 0, 2, what=what)
    assert min(seen_beneath(clips.init(path) + bare, noise)) > 0.8
    masked = clips.init(path) + made(path, 0, 2, what=what, masks=LEFT)
    assert max(seen_beneath(masked, noise)) < 0.05
    with av.open(io.BytesIO(masked)) as container:
        assert max(container.streams.video[0].width, container.streams.video[0].height) == min(1280, max(size))


def test_damage_is_bridged_and_what_cannot_be_decoded_is_said(recordings: Recordings) -> None:
    path = filmed(recordings, "h264", encode("h264", SIZE, 100, gop=25, counter=True))
    keys = [samples[0] for samples in walk_samples(io.BytesIO(path.read_bytes())) if samples[0].keyframe]
    data = bytearray(path.read_bytes())
    data[keys[2].offset + 4 : keys[2].offset + keys[2].size] = bytes(keys[2].size - 4)
    path.write_bytes(data)
    (samples,) = walk_samples(io.BytesIO(clips.init(path) + made(path, 1, 2)))
    assert len(samples) == 25, "the piece before it is whole"
    assert [read for _, read in frames(clips.init(path) + made(path, 3, 4))] == list(range(75, 100))
    poison(path)
    for what in ("clip", "keys"):
        with pytest.raises(NoPicture, match="undecodable"):
            made(path, 0, 1, what=what)


def test_what_takes_too_long_ends_with_its_last_picture_standing(recordings: Recordings) -> None:
    path = filmed(recordings, "h264", encode("h264", SIZE, 100, gop=100, counter=True))
    data = clips.init(path) + made(path, 0, 4, patience=30)
    (samples,) = walk_samples(io.BytesIO(data))
    assert 28 <= len(samples) <= 32
    assert sum(sample.duration for sample in samples) == 4 * SECOND


def test_a_long_group_stays_small_enough_for_the_bus(recordings: Recordings, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = np.random.default_rng(3)
    wild = noisy([chance.integers(0, 256, (270, 480, 3), np.uint8) for _ in range(100)], gop=100)
    path = filmed(recordings, "h264", wild)
    whole = made(path, 0, 4)
    assert len(whole) < clips.MOST_RATE * 4 / 8 * 1.5
    monkeypatch.setattr(clips, "MOST_BYTES", len(whole) // 2)
    (samples,) = walk_samples(io.BytesIO(clips.init(path) + made(path, 0, 4)))
    assert sum(sample.size for sample in samples) <= len(whole) // 2
    assert sum(sample.duration for sample in samples) == 4 * SECOND


def test_a_growing_file_and_one_that_is_gone(recordings: Recordings) -> None:
    run = recordings.grow("h264", encode("h264", SIZE, 60, counter=True), START, SIZE)
    (part,) = recordings.files()
    path = part.with_suffix(".mp4")
    growing = made(path, 0, 1)
    recordings.end(run)
    assert made(path, 0, 1) == growing
    assert clips.init(path)
    for start, end in ((5, 6), (1, 1)):
        with pytest.raises(NoPicture, match="no_footage"):
            made(path, start, end)
    path.unlink()
    for make in (lambda: made(path, 0, 1), lambda: clips.init(path)):
        with pytest.raises(NoPicture, match="no_footage"):
            make()
    path.write_bytes(b"no head")
    with pytest.raises(NoPicture, match="undecodable"):
        clips.init(path)


def test_what_is_no_picture_is_not_repainted() -> None:
    for given in (b"", b"\xff\xd8\xff", b"\xff\xd8" + bytes(300)):
        with pytest.raises(NoPicture, match="undecodable"):
            repaint(given, LEFT, 80)

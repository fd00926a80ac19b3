"""A film that is damaged amid is named with its time before anything is scored; one that is only unusual is not."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from click.testing import CliRunner
from film_script import CODECS, FRAMES, check, coded, damaged_after, film, overwrite, recording, rewritten, without

from detectors.evaluation.sequence import footage_of
from detectors.inference.motion import MotionBackend
from vms.cli.models import models
from vms.domain.errors import ConfigurationError

#: What only tells something: no picture is in it.
MESSAGES = {"h264": b"\x06\x05\x14" + b"x" * 20 + b"\x80", "hevc": b"\x4e\x01\x05\x14" + b"x" * 20 + b"\x80"}


def still(n: int) -> int:
    """Every second picture, and two stills of 2.5 s, behind one of which lies a key frame."""
    return -1 if n % 2 or 40 < n < 66 or 90 < n < 116 else n


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize(
    "how",
    [
        {},
        {"bframes": 3},
        {"gop": 1},
        {"gop": 80, "bframes": 3},
        {"bframes": 3, "more": ":open-gop=1"},
        {"times": still, "gop": 17},
        {"times": still, "gop": 500, "bframes": 2},
        {"times": lambda n: n + n * n // 40},
        {"times": lambda n: 20 * n, "gop": 1},
    ],
    ids=["plain", "B", "all keys", "keys 8 s apart", "open", "stills", "stills, B", "slower and slower", "time lapse"],
)
def test_a_film_that_is_only_unusual_is_whole(tmp_path: Path, codec: str, how: dict[str, object]) -> None:
    shares: list[float] = []
    check(film(tmp_path / "video.mp4", codec, **how), shares.append)  # type: ignore[arg-type]
    assert shares == sorted(shares)
    assert 0.9 < shares[-1] <= 1


@pytest.mark.parametrize(("codec", "format_"), [("h264", "mp4"), ("hevc", "mp4"), ("hevc", "mpegts")])
def test_a_film_cut_at_a_key_frame_is_whole(tmp_path: Path, codec: str, format_: str) -> None:
    """Pictures that are shown before it refer to what was cut away."""
    source = film(tmp_path / "source.mp4", codec, bframes=3, gop=20, more=":open-gop=1:b-adapt=0")
    second = [n for n, packet in enumerate(coded(source)) if packet.key][1]
    path = rewritten(source, tmp_path / "video.mp4", keep=lambda n: n >= second, format_=format_)
    packets = coded(path)
    assert min(packet.at for packet in packets) < packets[0].at
    check(path)


@pytest.mark.parametrize("codec", CODECS)
def test_pictures_that_a_cut_film_does_not_show_are_not_missed(tmp_path: Path, codec: str) -> None:
    """Its first picture lies between key frames: those before it are in the file, and an edit list skips them."""
    source = film(tmp_path / "source.mp4", codec, bframes=3)
    path = rewritten(source, tmp_path / "video.mp4", earlier=17, before=MESSAGES[codec])
    with av.open(str(path)) as container:
        assert sum(packet.is_discard for packet in container.demux(video=0)) > 10
        container.seek(0)
        given = [frame.time for frame in container.decode(video=0)]
    assert check(path) == pytest.approx(given)


def test_a_message_beside_pictures_may_make_no_sense(tmp_path: Path) -> None:
    message = b"\x4e\x01\x05\x04abcd\x80"  # user_data_unregistered, too short for its identifier
    check(rewritten(film(tmp_path / "source.mp4", "hevc"), tmp_path / "video.mp4", before=message))


@pytest.mark.parametrize("codec", CODECS)
def test_packets_that_hold_no_picture_are_none(tmp_path: Path, codec: str) -> None:
    source = film(tmp_path / "source.mp4", codec)
    path = rewritten(source, tmp_path / "video.mp4", behind=MESSAGES[codec])
    assert len(coded(path)) == 2 * FRAMES
    check(path)
    assert damaged_after(rewritten(source, path, keep=lambda n: n != 65, behind=MESSAGES[codec])) == pytest.approx(
        6.4, abs=0.2
    )


@pytest.mark.parametrize(("codec", "head"), [("h264", b"\x06\x05"), ("h264", b"\x1e"), ("hevc", b"\x7c\x01")])
def test_messages_and_private_units_may_hold_zeros(tmp_path: Path, codec: str, head: bytes) -> None:
    unit = head + bytes([117]) + b"x" * 16 + bytes(101) + b"\x80"
    check(rewritten(film(tmp_path / "source.mp4", codec), tmp_path / "video.mp4", before=unit))


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("whole", [False, True])
def test_zeros_over_the_head_of_a_unit_are_named(tmp_path: Path, codec: str, whole: bool) -> None:
    """Its length is still there: what is left must not pass for one that tells something."""
    path = film(tmp_path / "video.mp4", codec)
    still = coded(path)[50]
    overwrite(path, still.begin + 4, bytes(still.end - still.begin - 4 if whole else 100))
    assert damaged_after(path) == pytest.approx(4.9)


def test_a_film_cut_where_a_decoder_recovers_is_whole(tmp_path: Path) -> None:
    """No picture of it is a key frame: the first are withheld. What is damaged behind them is told all the same."""
    source = film(tmp_path / "source.mp4", "h264", more=":intra-refresh=1")
    path = rewritten(source, tmp_path / "video.mp4", keep=lambda n: n >= 30)
    with av.open(str(path)) as container:
        given = [frame.time for frame in container.decode(video=0)]
    assert len(given) < 80 < len(coded(path))
    assert check(path) == pytest.approx(given)
    overwrite(path, coded(path)[60].begin + 200, bytes(512))
    assert 5.5 <= damaged_after(path) <= 6


@pytest.mark.parametrize("bframes", [0, 3])
@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("filling", ["noise", "zeros"])
def test_overwritten_packets_are_named(tmp_path: Path, codec: str, bframes: int, filling: str) -> None:
    path = film(tmp_path / "video.mp4", codec, bframes=bframes)
    first, last = coded(path)[50], coded(path)[53]
    length = (last.begin + last.end) // 2 - (begin := (first.begin + first.end) // 2)
    overwrite(path, begin, np.random.default_rng(5).bytes(length) if filling == "noise" else bytes(length))
    assert damaged_after(path) == pytest.approx(first.at, abs=0.6)


@pytest.mark.parametrize("codec", CODECS)
def test_noise_within_slices_is_named(tmp_path: Path, codec: str) -> None:
    """Each still begins and ends where it did; of H.265 about a third of them is told, so more than one is needed."""
    path = film(tmp_path / "video.mp4", codec)
    noise = np.random.default_rng(5)
    slices = coded(path)[61 : 62 if codec == "h264" else 90]
    for packet in slices:
        third = (packet.end - packet.begin) // 3
        overwrite(path, packet.begin + third, noise.bytes(third))
    assert slices[0].at - 0.2 <= damaged_after(path) <= slices[-1].at


def test_what_a_transport_stream_lost_is_named(tmp_path: Path) -> None:
    path = rewritten(film(tmp_path / "source.mp4", "hevc"), tmp_path / "video.mp4", format_="mpegts")
    key = [packet for packet in coded(path) if packet.key][2]
    data, place = path.read_bytes(), key.begin + 4 * 188
    path.write_bytes(data[:place] + data[place + 188 :])
    assert damaged_after(path) == pytest.approx(5.9, abs=0.2)


@pytest.mark.parametrize("codec", CODECS)
def test_a_sector_of_zeros_amid_one_slice_is_named(tmp_path: Path, codec: str) -> None:
    """The decoder of H.265 is content with what it makes of them."""
    path = film(tmp_path / "video.mp4", codec)
    key = [packet for packet in coded(path) if packet.key][2]
    assert key.end - key.begin > 1500
    overwrite(path, key.begin + 500, bytes(512))
    assert damaged_after(path) == pytest.approx(key.at, abs=0.2)


@pytest.mark.parametrize("bframes", [0, 3])
@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize(("begin", "end"), [(46, 53), (46, 60), (46, 90), (60, 90), (60, 61), (60, 67)])
def test_missing_packets_are_named(tmp_path: Path, codec: str, bframes: int, begin: int, end: int) -> None:
    source = film(tmp_path / "source.mp4", codec, bframes=bframes)
    assert [n for n, packet in enumerate(coded(source)) if packet.key] == [0, 30, 60, 90]
    path = without(source, tmp_path / "video.mp4", begin, end)
    assert damaged_after(path) == pytest.approx(coded(source)[begin].at, abs=0.6)


@pytest.mark.parametrize("codec", CODECS)
def test_a_recording_that_lacks_fragments_is_named(tmp_path: Path, codec: str) -> None:
    head, fragments = recording(codec)
    path = tmp_path / "video.mp4"
    path.write_bytes(head + b"".join(fragments))
    assert footage_of(path).first == 10
    shares: list[float] = []
    check(path, shares.append)
    assert shares == sorted(shares)
    assert 0.9 < shares[-1] <= 1
    for begin, end in ((11, 13), (8, 15)):  # until amid a group; until a key frame
        path.write_bytes(head + b"".join(fragments[:begin] + fragments[end:]))
        assert damaged_after(path) == pytest.approx(begin / 5, abs=0.1)


@pytest.mark.parametrize("codec", CODECS)
def test_a_film_that_was_not_copied_to_its_end_is_named(tmp_path: Path, codec: str) -> None:
    path = film(tmp_path / "video.mp4", codec)
    last = coded(path)[70]
    path.write_bytes(path.read_bytes()[: last.begin])
    with pytest.raises(ConfigurationError, match=rf"{path} (is damaged|ends) after [67]\.[0-9] s"):
        check(path)


def test_a_film_in_which_another_stream_begins_amid_is_named(tmp_path: Path) -> None:
    path = rewritten(film(tmp_path / "source.mp4", "h264"), tmp_path / "video.mp4", format_="flv")
    whole = path.read_bytes()
    text = bytearray(whole[13 : 13 + 15 + int.from_bytes(whole[14:17], "big")])  # the first tag, behind FLV's header
    text[4:7] = (12_000).to_bytes(3, "big")  # ms: no more about the film, but a text in it
    path.write_bytes(whole + text)
    with pytest.raises(ConfigurationError, match=r"is damaged after 11\.9 s: another stream begins there"):
        check(path)


def test_no_figure_is_printed_while_one_film_is_damaged(tmp_path: Path) -> None:
    for name in ("sound", "damaged"):
        (tmp_path / name).mkdir()
        film(tmp_path / name / "video.mp4", "h264")
        (tmp_path / name / "gt.txt").write_text("1,1,100,50,60,100\n", encoding="utf-8")
    arguments = ["evaluate", str(tmp_path / "sound"), "--model", MotionBackend.model, "--data", str(tmp_path)]
    assert CliRunner().invoke(models, arguments).exit_code == 0
    path = tmp_path / "damaged" / "video.mp4"
    overwrite(path, coded(path)[50].begin, bytes(4096))
    done = CliRunner().invoke(models, [*arguments, str(path.parent)])
    assert isinstance(done.exception, ConfigurationError)
    assert f"{path} is damaged after 4.9 s" in str(done.exception)
    assert "\n" not in str(done.exception)
    assert done.stdout == ""

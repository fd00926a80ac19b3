"""Recordings as a player gets them: a real recorder's files over the bus and web, read by libav's own HLS client."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import os
import re
from typing import Any

import av
import httpx
import pytest

from tests.integration.web.playing import Played
from tests.support.footage import decode_mp4, encode
from tests.support.past import counted
from tests.support.waiting import until_async
from vms.demo.counter import read_counter
from vms.domain.clock import from_epoch, rfc3339
from vms.domain.messages import Segment
from web.playback import recorders

HOUR = 1_790_000_000 // 3600 * 3600


def numbers(text: str, what: str) -> list[float]:
    return [float(found) for found in re.findall(rf"#{what}:([\d.]+)", text)]


def counters(frames: list[av.VideoFrame]) -> list[int | None]:
    return [read_counter(frame.to_ndarray(format="bgr24")) for frame in frames]


async def test_every_frame_comes_across_files_runs_and_a_gap(played: Played) -> None:
    units = counted((480, 272), 500, 25)
    played.past.record("h264", units, HOUR, 500, size=(480, 272))  # two files
    played.past.record("h264", units, HOUR + 60, 125, size=(480, 272))  # after a gap: another run
    await played.told()
    text = await played.playlist(HOUR, HOUR + 100)
    assert text.splitlines()[0] == "#EXTM3U"
    assert "#EXT-X-VERSION:7" in text
    assert text.endswith("#EXT-X-ENDLIST\n")
    assert "#EXT-X-PLAYLIST-TYPE:EVENT" in text
    assert text.count("#EXT-X-MAP:") == text.count("#EXT-X-PROGRAM-DATE-TIME:") == 3
    assert text.count("#EXT-X-DISCONTINUITY\n") == 1
    assert sum(numbers(text, "EXTINF")) == pytest.approx(25)
    assert max(numbers(text, "EXTINF")) <= numbers(text, "EXT-X-TARGETDURATION")[0] == 4
    assert f"#EXT-X-PROGRAM-DATE-TIME:{rfc3339(from_epoch(HOUR + 60))}" in text
    first, second = await played.stretches(text)
    assert counters(first) == list(range(500))
    assert counters(second) == list(range(125))
    assert counters(await played.frames(HOUR, HOUR + 30)) == list(range(500))
    assert counters(await played.frames(HOUR + 30, HOUR + 100)) == list(range(125))
    # From the key frame at or before the start, to the group that holds the end.
    inner = counters(await played.frames(HOUR + 8.5, HOUR + 11.1))
    assert inner == list(range(200, 300))
    assert "#EXT-X-START:TIME-OFFSET=0.500" in await played.playlist(HOUR + 8.5, HOUR + 11.1)


async def test_key_frames_alone(played: Played) -> None:
    units = counted((480, 272), 500, 25)
    played.past.record("h264", units, HOUR, 500, size=(480, 272))
    await played.told()
    frames = await played.frames(HOUR, HOUR + 100, frames="key")
    assert counters(frames) == list(range(0, 500, 25))
    times = [float(frame.pts * frame.time_base) for frame in frames]
    assert [round(b - a, 3) for a, b in itertools.pairwise(times)] == [1.0] * 19
    (uri, *_) = [row for row in (await played.playlist(HOUR, HOUR + 100, frames="key")).splitlines() if "from=" in row]
    assert (await played.rig.http.get(uri.split("?")[0], params={"from": 10**12, "to": 2 * 10**12})).status_code == 404


async def test_another_codec_is_a_discontinuity(played: Played) -> None:
    played.past.record("h264", encode("h264", bframes=2), HOUR, 100)
    played.past.record("hevc", encode("hevc"), HOUR + 4, 100)
    await played.told()
    text = await played.playlist(HOUR, HOUR + 60)
    assert text.count("#EXT-X-DISCONTINUITY\n") == 1
    assert [len(frames) for frames in await played.stretches(text)] == [100, 100]
    for segment, codec in zip(played.past.segments(), ("h264", "hevc"), strict=True):
        begin = segment.start.timestamp()
        frames = await played.frames(begin + 0.1, begin + 3.9)
        assert len(frames) == 100
        with av.open(str(played.past.root / segment.path)) as container:
            assert container.streams.video[0].codec_context.name == codec


async def test_a_growing_file_only_ever_grows_at_its_end(played: Played) -> None:
    begin = played.rig.clock.utc() // 10 * 10 - 20
    played.past.begin("h264", encode(), begin)
    played.past.feed(140)
    await played.told()
    first = await played.playlist(begin, begin + 3600)
    assert "#EXT-X-ENDLIST" not in first
    assert sum(numbers(first, "EXTINF")) == 4.0  # whole groups that cannot become longer
    address = f"/api/segments/{played.past.segments()[0].id}/media"
    growing = await played.rig.http.get(address)
    assert growing.headers["cache-control"] == "no-store"
    assert "etag" not in growing.headers
    assert len(decode_mp4(growing.content)) == 135  # and all of its whole fragments
    played.past.feed(200)  # the file is closed and renamed, the next one grows
    await played.told()
    second = await played.playlist(begin, begin + 3600)
    played.past.end()
    await played.told()
    last = await played.playlist(begin, begin + 3600)
    for earlier, later in ((first, second), (second, last)):
        assert later[later.index("#EXT-X-MAP") :].startswith(earlier[earlier.index("#EXT-X-MAP") :])
        assert "#EXT-X-MEDIA-SEQUENCE:0" in later
    assert sum(numbers(last, "EXTINF")) == pytest.approx(340 / 25)
    closed = await played.rig.http.get(address)
    assert closed.content.startswith(growing.content)


async def test_a_file_that_has_only_begun_is_nothing_to_see_yet(played: Played) -> None:
    """Its table is known and empty; key frames were asked of it all the same, and then it was an error of ours."""
    begin = played.rig.clock.utc() // 10 * 10 - 20
    played.past.begin("h264", encode(gop=50), begin)
    played.past.feed(11)
    await played.past.publish(played.bus)
    (one,) = played.past.segments()
    (played.past.root / one.path).with_suffix(".part").write_bytes(b"")

    async def answered() -> bool:
        asked = {"from": 0, "to": 10**6}
        answer = await played.rig.http.get(f"/api/segments/{one.id}/keyframes", params=asked)
        return answer.status_code == 404 and bool(answer.json()["type"] == "about:blank#no-footage")

    await until_async(answered, 20, "web knows the file")
    assert await answered(), "with the table that it has now"


async def test_media_by_range(played: Played) -> None:
    played.past.record("h264", encode(size=(640, 360), gop=5), HOUR, 200)
    await played.told()
    (one,) = played.past.segments()
    data = (played.past.root / one.path).read_bytes()
    assert len(data) > 300_000
    address, http = f"/api/segments/{one.id}/media", played.rig.http
    whole = await http.get(address)
    assert hashlib.sha256(whole.content).hexdigest() == one.sha256
    assert whole.headers["content-type"] == "video/mp4"
    assert "immutable" in whole.headers["cache-control"]
    for asked, begin, end in (
        ("bytes=0-0", 0, 1), ("bytes=100-200099", 100, 200_100), ("bytes=5-", 5, len(data)),
        ("bytes=-1000", len(data) - 1000, len(data)), (f"bytes=7-{10**12}", 7, len(data)),
    ):  # fmt: skip
        part = await http.get(address, headers={"Range": asked})
        assert part.status_code == 206, asked
        assert part.content == data[begin:end], asked
        assert part.headers["content-range"] == f"bytes {begin}-{end - 1}/{len(data)}"
    for asked in ("bytes=0-1,5-6", "bytes=-", "lines=0-1", "bytes=a-b"):
        assert (await http.get(address, headers={"Range": asked})).content == data, asked
    beyond = await http.get(address, headers={"Range": f"bytes={len(data)}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(data)}")
    head = await http.head(address, headers={"Range": "bytes=10-19"})
    assert (head.status_code, head.headers["content-length"], head.content) == (206, "10", b"")
    etag = whole.headers["etag"]
    assert (await http.get(address, headers={"If-None-Match": etag})).status_code == 304
    assert (await http.get(address, headers={"Range": "bytes=0-9", "If-Range": '"other"'})).status_code == 200
    assert (await http.get(address, headers={"Range": "bytes=0-9", "If-Range": etag})).status_code == 206


async def test_what_is_not_there_is_said(played: Played) -> None:
    played.past.record("h264", encode(), HOUR, 100)
    await played.told()
    (one,) = played.past.segments()
    http = played.rig.http

    async def problem(address: str, status: int, word: str) -> httpx.Response:
        answer = await http.get(address)
        assert (answer.status_code, answer.json()["type"]) == (status, f"about:blank#{word}"), answer.text
        return answer

    await problem(played.address(HOUR + 7200, HOUR + 7300), 404, "no-footage")
    await problem(played.address(HOUR, HOUR + 7200.5), 422, "invalid")
    await problem(played.address(HOUR, HOUR), 422, "invalid")
    await problem(played.address(HOUR, HOUR + 60).replace("/c/", "/nowhere/"), 404, "not-found")
    await problem("/api/segments/c.20200101T000000000Z/media", 404, "not-found")
    await problem("/api/segments/..%2F..%2Fx/media", 404, "not-found")
    (played.past.root / one.path).unlink()  # deleted a moment ago
    await problem(f"/api/segments/{one.id}/media", 404, "not-found")
    kept = {"If-None-Match": f'"{(one.sha256 or "")[:32]}"'}  # a browser that has it asks whether it may show it
    assert (await http.get(f"/api/segments/{one.id}/media", headers=kept)).status_code == 404
    async with httpx.AsyncClient(base_url=http.base_url) as stranger:
        assert (await stranger.get(f"/api/segments/{one.id}/media")).status_code == 401
        assert (await stranger.get(played.address(HOUR, HOUR + 60))).status_code == 401


async def test_a_damaged_file_is_known_before_it_is_sent(played: Played) -> None:
    played.past.record("h264", encode(size=(640, 360), gop=5), HOUR, 200)
    await played.told()
    (one,) = played.past.segments()
    path = played.past.root / one.path
    address, http = f"/api/segments/{one.id}", played.rig.http
    keys = {"from": 6 * one.timescale, "to": 8 * one.timescale}
    assert (await http.get(f"{address}/keyframes", params=keys)).status_code == 200
    with path.open("r+b") as file:
        file.truncate(200_000)
    assert (await http.get(f"{address}/media", headers={"Range": "bytes=0-199999"})).status_code == 206
    for beyond in ({"Range": "bytes=200000-210000"}, {"Range": "bytes=0-200000"}, {}):
        lost = await http.get(f"{address}/media", headers=beyond)
        assert (lost.status_code, lost.json()["type"]) == (410, "about:blank#damaged"), "no reason to try again"
    lost = await http.get(f"{address}/keyframes", params=keys)
    assert (lost.status_code, lost.json()["type"]) == (410, "about:blank#damaged")


async def test_a_file_that_breaks_off_closes_the_connection(played: Played) -> None:
    played.past.record("h264", encode(size=(1280, 720), gop=1, extra=(("qp", "1"),)), HOUR, 200)
    await played.told()
    one = max(played.past.segments(), key=lambda segment: segment.bytes)

    async def read_on() -> None:
        async with played.rig.http.stream("GET", f"/api/segments/{one.id}/media") as answer:
            async for _ in answer.aiter_bytes():
                os.truncate(played.past.root / one.path, 200_000)

    with pytest.raises(httpx.RemoteProtocolError):
        await read_on()


async def test_who_goes_away_or_takes_nothing_holds_up_nobody(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    played.past.record("h264", encode(size=(1280, 720), gop=1, extra=(("qp", "1"),)), HOUR, 200)
    await played.told()
    one = max(played.past.segments(), key=lambda segment: segment.bytes)
    assert one.bytes > 20_000_000

    read = recorders.Recorders.read

    async def counted_read(self: Any, footage: Segment, offset: int, length: int, reach: int = 0) -> bytes:
        asked.append(offset)
        return await read(self, footage, offset, length, reach)

    monkeypatch.setattr(recorders.Recorders, "read", counted_read)
    address = f"/api/segments/{one.id}/media"
    token = played.rig.http.cookies["vms_session"]
    idle = []
    for _ in range(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", played.rig.port, limit=1024)
        writer.write(f"GET {address} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        idle.append((reader, writer))
    whole = await played.rig.http.get(address)  # while ten others take nothing
    assert len(whole.content) == one.bytes
    for _, writer in idle:
        writer.close()
    reads = -1

    async def quiet() -> bool:
        nonlocal reads
        before, reads = reads, len(asked)
        return before == reads

    await until_async(quiet, 10, "nothing is read for clients that are gone")
    beyond = [offset for offset in asked if offset > 12_000_000]
    assert len(beyond) == len(set(beyond))  # the idle ones never came so far: sockets are full long before

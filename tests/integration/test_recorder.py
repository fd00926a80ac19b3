"""The recorder process with a real bus and GStreamer cameras: states, recordings, live, reads, crashes, outages."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from nats.aio.msg import Msg

from recorder import journal
from tests.support.footage import decode_mp4
from tests.support.gst_camera import GstServer, gst_server
from tests.support.nats_bus import NatsServer
from tests.support.ports import free_port
from tests.support.recorder_rig import Viewer, camera, killable, recorder, revision, room_in_the_minute
from tests.support.waiting import until, until_async
from vms.bus import subjects
from vms.bus.connection import Bus
from vms.domain.messages import Gap, Segment
from vms.media.reading import scan_fragments

#: No file is cut at a minute while files are counted.
A_DAY_S = 86_400.0


@pytest.fixture
def viewer(bus: Bus) -> Viewer:
    return Viewer(bus)


@pytest.fixture
def gst() -> Iterator[GstServer]:
    mounts = {"/a": {"gop": 25}, "/b": {"codec": "h265", "gop": 25}, "/audio": {"codec": "audio"}}
    with gst_server(mounts) as one:
        yield one


def journaled(data: Path, name: str) -> list[Segment | Gap]:
    return [e.record for day in journal.days(data / "recordings", "s", name) for e in journal.read(day)]


def alike(one: list[Segment | Gap], other: list[Segment | Gap]) -> bool:
    """The same records; a gap is told at once, its journal line waits for the disk."""
    return sorted(r.encode() for r in one) == sorted(r.encode() for r in other)


async def test_states_recordings_and_reads(
    nats: NatsServer, viewer: Viewer, gst: GstServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VMS_TEST_NOWHERE", raising=False)
    monkeypatch.setattr("recorder.segments.SEGMENT_S", A_DAY_S)
    data = tmp_path / "data"
    cameras = [
        camera("a", gst.url("/a")),
        camera("b", gst.url("/b", "u:geheim")),
        camera("audio", gst.url("/audio")),
        camera("gone", f"rtsp://127.0.0.1:{free_port()}/x"),
        camera("refused", "rtsp://${VMS_TEST_NOWHERE}@127.0.0.1/x"),
        camera("off", gst.url("/off"), enabled=False),
    ]
    await viewer.configure(revision(1, *cameras))
    async with recorder(data, nats):
        await viewer.until_state("a", "recording")
        await viewer.until_state("b", "recording")
        await viewer.until_state("audio", "offline", "no_video")
        await viewer.until_state("gone", "offline", "unreachable")
        refused = await viewer.until_state("refused", "offline", "configuration")
        assert "VMS_TEST_NOWHERE" in refused.detail
        await viewer.until_state("off", "disabled")

        async def steady() -> bool:
            state = await viewer.state("a")
            return state is not None and 23 <= state.fps <= 27 and state.bitrate > 0

        await until_async(steady, 15)
        state = await viewer.state("b")
        assert state
        assert (state.codec, state.width, state.height, state.revision) == ("hevc", 640, 360, 1)
        assert state.free_bytes
        assert state.last_frame_at
        assert state.last_frame_at > (await viewer.segments("b"))[0].start

        # A new zone does not touch the stream; a camera that goes is closed.
        zone = {"id": "z", "kind": "area", "polygon": [[0, 0], [1, 0], [1, 1]]}
        (growing,) = await viewer.segments("a")
        await viewer.configure(revision(2, camera("a", gst.url("/a"), zones=[zone])))

        async def applied() -> bool:
            state = await viewer.state("a")
            return state is not None and state.revision == 2

        await until_async(applied, 10)
        assert [s.id for s in await viewer.segments("a")] == [growing.id]
        (closed,) = await viewer.segments("b")
        assert closed.end is not None

        # Reads: a growing file, a closed one, and what is none.
        part, grows = await viewer.whole("a", growing.id)
        assert grows
        assert (sum(f.samples for f in scan_fragments(io.BytesIO(part)))) > 10
        whole, grows = await viewer.whole("b", closed.id)
        assert not grows
        assert hashlib.sha256(whole).hexdigest() == closed.sha256
        assert len(decode_mp4(whole)) == closed.frames
        for name, segment, error in (
            ("a", closed.id, "bad_request"),
            ("a", "../../../etc/passwd", "bad_request"),
            ("a", "a.20200101T000000000Z", "not_found"),
        ):
            assert (await viewer.read(name, segment)).headers == {"Vms-Error": error}
        assert (await viewer.read("b", closed.id, offset=10**9)).data == b""

        begun = time.monotonic()
    print(f"the recorder stopped in {time.monotonic() - begun:.1f} s")
    (ended,) = await viewer.segments("a")
    assert ended.end is not None
    assert (data / "recordings" / ended.path).stat().st_size == ended.bytes
    assert [(g.cause, g.reason) for g in await viewer.gaps("a")] == [("recorder", "starting"), ("recorder", "stopped")]
    for name in ("a", "b", "gone", "audio"):
        assert alike(journaled(data, name), await viewer.records(name)), name

    # The stopped gap goes on over the restart, and ends where footage begins again.
    async with recorder(data, nats):

        async def resumed() -> list[Gap]:
            return [g for g in await viewer.gaps("a") if g.end is not None and g.reason != "starting"]

        (gap,) = await until_async(resumed, 20, "the gap ends")
        assert (gap.start, gap.reason) == (ended.end, "stopped")

        async def abuts() -> bool:  # its settled start comes a moment later
            return gap.end in [segment.start for segment in await viewer.segments("a")]

        await until_async(abuts, 10)
        assert (await viewer.whole("a", ended.id))[1] is False
    assert list((data / "recordings").glob("**/*.part")) == []


async def test_live_while_watched(nats: NatsServer, viewer: Viewer, gst: GstServer, tmp_path: Path) -> None:
    heard: list[tuple[str, int, bool, datetime, bytes]] = []

    async def hear(msg: Msg) -> None:
        headers = msg.headers or {}
        at = datetime.fromisoformat(headers["Vms-At"])
        heard.append((msg.subject, int(headers["Vms-Seq"]), headers["Vms-Key"] == "1", at, msg.data))

    await viewer.configure(revision(1, camera("a", gst.url("/a"))))
    inbox = viewer.bus.bulk.new_inbox()
    live = subjects.live("s", "a", "main")
    await viewer.bus.bulk.subscribe(inbox, cb=hear)
    await viewer.bus.bulk.subscribe(live, cb=hear)
    async with recorder(tmp_path / "data", nats):
        await viewer.until_state("a", "recording")
        assert heard == []  # nobody asked
        reply = await viewer.watch("a", inbox, ttl_s=4)
        assert reply.mime
        assert reply.mime.startswith('video/mp4; codecs="avc1.')
        assert (reply.width, reply.height, reply.timescale) == (640, 360, 90000)
        await until(lambda: len([h for h in heard if h[0] == live]) >= 50, 10)
        frames = {seq: (key, fragment) for _, seq, key, _, fragment in sorted(heard, key=lambda h: h[1])}
        numbers = list(frames)
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))  # the group, then live, without a hole
        assert frames[numbers[0]][0]
        backlog = [seq for subject, seq, *_ in heard if subject == inbox]
        assert backlog == sorted(backlog)
        assert backlog[0] == numbers[0]
        pictures = decode_mp4((reply.init or b"") + b"".join(fragment for _, fragment in frames.values()))
        assert len(pictures) == len(numbers)

        # The lease runs out: nothing more is published, though recording goes on.
        async def ran_out() -> bool:
            before = len(heard)
            state = await viewer.state("a")
            packets = state.packets if state else 0

            async def recorded() -> bool:
                now = await viewer.state("a")
                return now is not None and now.packets >= packets + 40

            await until_async(recorded, 10)
            return len(heard) == before

        await until_async(ran_out, 20, "the lease runs out")


async def test_killed_and_started_again(nats: NatsServer, viewer: Viewer, gst: GstServer, tmp_path: Path) -> None:
    data = tmp_path / "data"
    received: list[datetime] = []

    async def hear(msg: Msg) -> None:
        received.append(datetime.fromisoformat((msg.headers or {})["Vms-At"]))

    await viewer.configure(revision(1, camera("a", gst.url("/a"))))
    await viewer.bus.bulk.subscribe(subjects.live("s", "a", "main"), cb=hear)
    await room_in_the_minute()
    with killable(data, nats):
        await viewer.until_state("a", "recording")
        await viewer.watch("a", viewer.bus.bulk.new_inbox())  # tells what the recorder has, frame by frame
        (part,) = await until(lambda: list((data / "recordings").glob("**/*.part")), 10)
        await until(lambda: part.stat().st_size > 60_000 and len(received) > 50, 20)
    async with recorder(data, nats):

        async def mended() -> list[Gap]:
            return [g for g in await viewer.gaps("a") if g.end is not None and g.reason != "starting"]

        (gap,) = await until_async(mended, 20, "the gap ends")

        async def abuts() -> bool:
            return gap.end in [segment.start for segment in await viewer.segments("a")]

        await until_async(abuts, 10)
        before, _ = await viewer.segments("a")
        assert (gap.start, gap.cause, gap.reason) == (before.end, "recorder", "crashed")
        lost = (received[-1] - gap.start).total_seconds()
        print(f"killed: {lost:.2f} s of what had come in were lost")
        assert lost <= 0.5
        recording = (data / "recordings" / before.path).read_bytes()
        assert before.sha256 == hashlib.sha256(recording).hexdigest()
        assert len(decode_mp4(recording)) == before.frames
        assert not part.exists()


async def test_without_a_bus_and_with_one_that_comes_and_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recorder.segments.SEGMENT_S", A_DAY_S)
    data = tmp_path / "data"
    server = NatsServer(tmp_path / "nats")
    with gst_server({"/a": {"gop": 25}}) as gst:
        cache = data / "cache" / "config-recorder.json"
        cache.parent.mkdir(parents=True)
        cache.write_bytes(revision(7, camera("a", gst.url("/a"))))
        async with recorder(data, server):
            # Recording begins from the cache, without anybody to tell.
            (part,) = await until(lambda: list((data / "recordings").glob("**/*.part")), 20)
            await until(lambda: part.stat().st_size > 20_000, 20)
            server.start()
            try:
                viewer = Viewer(await Bus.connect(server.address, "viewer"))
                await viewer.bus.keep_storage()
                state = await viewer.until_state("a", "recording")
                assert state.revision == 7

                async def announced() -> bool:
                    return [s.end for s in await viewer.segments("a")] == [None]

                await until_async(announced, 20, "its segment is told of")
                server.kill()
                await until(lambda: not viewer.bus.connected, 10)
                # What happens while the bus is away is told when it is back.
                gst.kill()
                await until(lambda: len([r for r in journaled(data, "a") if isinstance(r, Gap)]) > 0, 15)
                gst.start()
                await until(lambda: [r for r in journaled(data, "a") if isinstance(r, Gap) and r.end], 20)
                server.start()

                async def told() -> bool:
                    return alike(await viewer.records("a"), journaled(data, "a"))

                await until(lambda: viewer.bus.connected, 10)
                await until_async(told, 20, "nothing was lost")
                await viewer.bus.close()
            finally:
                server.kill()

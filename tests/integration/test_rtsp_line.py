"""What comes on the line beside pictures, and in which pieces: replies, requests, garbage, farewells, keepalives."""

from __future__ import annotations

import random
import re
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.footage import Unit, looped
from tests.support.pulling import Pull, pulling
from tests.support.scripted_rtsp import UNITS, Connection, ScriptedCamera, h264_sdp, scripted
from tests.support.waiting import wait_until
from vms.media import nal


@pytest.fixture
def pulls() -> Iterator[Callable[[str], Pull]]:
    with pulling() as pull:
        yield pull


def units_of(payload: bytes) -> list[bytes]:
    return list(nal.split(payload))


def same(pull: Pull, units: list[Unit]) -> bool:
    got = [units_of(packet.payload) for _, packet in pull.sink.packets]  # faster than true: its labels begin anew
    return got[: len(units)] == [units_of(unit.payload) for unit in units]


class Chopped:
    """A line that carries few bytes at a time, and breaks them anywhere."""

    def __init__(self, link: Any) -> None:
        self._link = link
        self._dice = random.Random(1)
        self.fileno, self.recv = link.fileno, link.recv

    def sendall(self, data: bytes) -> None:
        while data:
            size = self._dice.randrange(1, 60)
            self._link.sendall(data[:size])
            data = data[size:]


def chopped(connection: Connection) -> None:
    if connection.shake_hands():
        connection.link = Chopped(connection.link)  # type: ignore[assignment]
        connection.play(looped(UNITS, 2), fps=100)
        connection.wait_until_left()


def talkative(connection: Connection) -> None:
    """Replies to nothing, requests of its own, other channels and garbage between the pictures."""
    if not connection.shake_hands():
        return
    for number, unit in enumerate(looped(UNITS, 2)):
        connection.play([unit], fps=1000)
        connection.link.sendall(
            (
                connection.answer(body="nothing\r\n\r\n$ here"),
                b"ANNOUNCE rtsp://x RTSP/1.0\r\nCSeq: 3\r\n\r\n",
                b"\x00\xff\x01" * 5,
                b"",
            )[number % 4]
        )
        connection.interleaved(4, b"another channel")
        connection.interleaved(0, b"\x80")
    connection.wait_until_left()


def early(connection: Connection) -> None:
    """Pictures come before the answer to PLAY."""
    while (method := connection.request()) is not None:
        if method == "DESCRIBE":
            connection.reply(body=h264_sdp(connection.port))
        elif method == "SETUP":
            connection.reply(Session="1", Transport="RTP/AVP/TCP;unicast;interleaved=6-7")
        else:
            connection.channel = 6
            connection.play(UNITS[:20], fps=500)
            connection.reply(Session="1")
            connection.play(UNITS[20:], fps=500)
            connection.wait_until_left()


@pytest.mark.parametrize("behaviour", [chopped, talkative, early])
def test_every_picture_comes_whole(pulls: Any, behaviour: Any) -> None:
    wanted = list(UNITS) if behaviour is early else looped(UNITS, 2)
    with scripted(behaviour) as (camera,):
        pull = pulls(camera.url)
        wait_until(lambda: pull.got(len(wanted)), 30)
        assert same(pull, wanted)
        assert pull.sink.troubles == []


def left_out(number: int) -> bool:
    return number % 10 in (3, 4, 8)


def leaky(connection: Connection) -> None:
    """Packets are numbered before the line turns out to be full."""
    if connection.shake_hands():
        for number, unit in enumerate(looped(UNITS, 2)):
            if left_out(number):
                connection.leave_out(unit)
            else:
                connection.play([unit], fps=1000)
        connection.wait_until_left()


def test_what_a_camera_leaves_out_is_told_with_the_picture_behind_it(pulls: Any) -> None:
    sent = [unit for number, unit in enumerate(looped(UNITS, 2)) if not left_out(number)]
    with scripted(leaky) as (camera,):
        pull = pulls(camera.url)
        wait_until(lambda: pull.got(len(sent)), 30)
        assert same(pull, sent)
        missed = [packet.missed for _, packet in pull.sink.packets]
        assert missed[:7] == [0, 0, 0, 2, 0, 0, 1]
        assert missed[7:] == missed[:7] * 19


def goodbye(connection: Connection) -> None:
    if connection.shake_hands():
        connection.play(UNITS[:30], fps=100)
        connection.interleaved(1, b"\x81\xcb\x00\x01\x00\x00\x00\x07")
        connection.wait_until_left()


def forgetting(connection: Connection) -> None:
    if connection.shake_hands():
        connection.play(UNITS[:30], fps=100)
        connection.reply("454 Session Not Found")
        connection.wait_until_left()


def raving(connection: Connection) -> None:
    """After some pictures nothing that one could read."""
    if connection.shake_hands():
        connection.play(UNITS[:30], fps=100)
        while True:
            connection.link.sendall(b"\x00\xff" * 5000)
            connection.pause(0.01)


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [(goodbye, "ended"), (forgetting, "ended"), (raving, "corrupt")],
    ids=["goodbye", "forgetting", "raving"],
)
def test_a_session_ends_with_its_reason_and_the_next_one_begins(pulls: Any, behaviour: Any, reason: str) -> None:
    with scripted(behaviour) as (camera,):
        pull = pulls(camera.url)
        wait_until(lambda: pull.sink.troubles, 15)
        assert pull.sink.reasons[0] == reason
        assert pull.sink.ends[-1][1] == reason
        wait_until(lambda: camera.connections > 1, 15, "it is pulled again")
        assert same(pull, list(UNITS[:30])), "what came before is kept"


def test_a_session_is_kept_alive_in_the_cameras_way(pulls: Any) -> None:
    """It ends after four seconds unless it is asked something; the nonce of the login changes in between."""
    said: list[tuple[str, str]] = []

    def behave(connection: Connection) -> None:
        if not connection.shake_hands(timeout=4):
            return
        nonces = iter(("one", "two"))
        for unit in looped(UNITS, 20):
            connection.pause(1 / 25)
            connection.play([unit])
            while (method := connection.asked()) is not None:
                login = re.search(r'nonce="(\w+)"', connection.headers.get("authorization", ""))
                said.append((method, "" if login is None else login.group(1)))
                nonce = next(nonces, None)
                if nonce is not None:
                    connection.reply("401 Unauthorized", WWW_Authenticate=f'Digest realm="c", nonce="{nonce}"')
                else:
                    connection.reply(Public="OPTIONS, GET_PARAMETER, PLAY")

    with scripted(behave) as (camera,):
        pull = pulls(camera.url)
        wait_until(lambda: len(said) >= 4, 20)
        assert said[:4] == [("OPTIONS", ""), ("OPTIONS", "one"), ("OPTIONS", "two"), ("GET_PARAMETER", "two")]
        assert pull.sink.ends == []


@pytest.mark.parametrize("alone", [False, True])
def test_an_encrypted_line(tmp_path: Path, alone: bool) -> None:
    """The camera's certificate is its own; large pictures, so that what TLS has taken off the socket counts."""
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=camera"]
    subprocess.run(["openssl", *words, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    large = [Unit(one.payload + b"\x7f" * 50_000, one.pts, one.dts, one.key) for one in UNITS]

    def behave(connection: Connection) -> None:
        if connection.shake_hands():
            connection.play(large, fps=200)
            connection.wait_until_left()

    camera = ScriptedCamera(behave, tls=context)
    try:
        with pulling(alone=alone) as pulls:
            pull = pulls(camera.url)
            wait_until(lambda: len(pull.sink.packets) >= len(large) - 1, 30)
            assert same(pull, large[: len(pull.sink.packets)])
            assert pull.sink.troubles == []
    finally:
        camera.close()


def test_a_keepalive_that_is_refused_for_ever_is_no_storm(pulls: Any) -> None:
    asked: list[str] = []

    def behave(connection: Connection) -> None:
        if not connection.shake_hands(timeout=4):
            return
        for unit in looped(UNITS, 20):
            connection.pause(1 / 25)
            connection.play([unit])
            while (method := connection.asked()) is not None:
                asked.append(method)
                connection.reply("401 Unauthorized", WWW_Authenticate=f'Digest realm="c", nonce="{len(asked)}"')

    with scripted(behave) as (camera,):
        pull = pulls(camera.url)
        wait_until(lambda: pull.got(25 * 7), 30)  # two or three keepalives
        assert 3 <= len(asked) <= 6
        assert pull.sink.ends == []


def test_much_that_comes_before_the_answer_to_play(pulls: Any) -> None:
    large = [Unit(one.payload + b"\x7f" * 30_000, one.pts, one.dts, one.key) for one in UNITS[:20]]

    def behave(connection: Connection) -> None:
        while (method := connection.request()) is not None:
            if method == "DESCRIBE":
                connection.reply(body=h264_sdp(connection.port))
            elif method == "SETUP":
                connection.reply(Session="1", Transport="RTP/AVP/TCP;unicast;interleaved=0-1")
            else:
                connection.play(large, fps=1000)
                connection.reply(Session="1")
                connection.play(UNITS[20:], fps=500)
                connection.wait_until_left()

    with scripted(behave) as (camera,):
        pull = pulls(camera.url)
        wait_until(lambda: pull.got(len(UNITS)), 30)
        assert same(pull, [*large, *UNITS[20:]])

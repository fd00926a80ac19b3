"""Where a reader connects to: names that are pointed elsewhere, redirects, and URLs that say more than an address."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.footage import looped
from tests.support.pulling import Pull, pulling
from tests.support.scripted_rtsp import UNITS, Behaviour, Connection, closing_after, good, scripted, silent
from tests.support.waiting import wait_until
from vms.settings.environment import LOOPBACK

NAME = "camera.example"


@pytest.fixture
def pulls() -> Iterator[Callable[[str], Pull]]:
    with pulling() as pull:
        yield pull


class Names:
    """A name server of somebody else: it answers the questions about ``NAME`` in turn, the last answer for ever."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers: list[str] = []
        self.asked = 0
        self._real = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", self._resolve)

    def _resolve(self, host: str, *more: Any, **options: Any) -> Any:
        if host == NAME:
            host = self.answers[min(self.asked, len(self.answers) - 1)]
            self.asked += 1
        return self._real(host, *more, **options)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    return Names(monkeypatch)


def test_a_name_is_resolved_once_a_session_and_looked_at_in_each(
    pulls: Any, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First the camera, then something else: the session goes to what was looked at, and the next one nowhere."""
    monkeypatch.setenv(LOOPBACK, "1")
    names.answers = ["127.0.0.1", "169.254.169.254"]
    with scripted(closing_after(20)) as (camera,):
        pull = pulls(f"rtsp://{NAME}:{camera.port}/x")
        wait_until(lambda: "configuration" in pull.sink.reasons, 20)
        assert pull.got(10)
        assert (names.asked, camera.connections, len(pull.sink.runs)) == (2, 1, 1)
        told = dict(pull.sink.troubles)["configuration"]
        assert told.startswith(f"{NAME} (169.254.169.254) is link-local or a cloud's metadata service")


def test_a_name_that_is_this_host_is_refused_unless_that_is_meant(
    pulls: Any, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    names.answers = ["127.0.0.1"]
    with scripted(good) as (camera,):
        url = f"rtsp://{NAME}:{camera.port}/x"
        refused = pulls(url)
        wait_until(lambda: refused.sink.troubles, 10)
        assert refused.sink.reasons == ["configuration"]
        assert f"write 127.0.0.1 into the URL, or set {LOOPBACK}=1" in refused.sink.troubles[0][1]
        assert camera.connections == 0
        monkeypatch.setenv(LOOPBACK, "1")
        allowed = pulls(url)
        wait_until(lambda: allowed.got(5), 15)


def answering(method: str, status: str, **headers: str) -> Behaviour:
    """Like a camera, but for one method."""

    def behave(connection: Connection) -> None:
        real = connection.reply
        asked = connection.request

        def request() -> str | None:
            name = asked()
            connection.reply = real if name != method else lambda *_, **__: real(status, **headers)  # type: ignore[method-assign]
            return name

        connection.request = request  # type: ignore[method-assign]
        connection.shake_hands()

    return behave


@pytest.mark.parametrize("method", ["DESCRIBE", "SETUP", "PLAY"])
@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Moved Temporarily", "305 Use Proxy"])
def test_no_redirect_is_followed_whenever_it_comes(pulls: Any, method: str, status: str) -> None:
    with scripted(silent) as (elsewhere,):
        target = f"rtsp://127.0.0.1:{elsewhere.port}/x"
        with scripted(answering(method, status, Location=target)) as (camera,):
            pull = pulls(camera.url)
            wait_until(lambda: pull.sink.troubles, 10)
            assert pull.sink.reasons == ["redirected"]
            assert elsewhere.connections == 0


def test_nor_one_that_the_camera_asks_for_while_it_plays(pulls: Any) -> None:
    with scripted(silent) as (elsewhere,):

        def sending_away(connection: Connection) -> None:
            if connection.shake_hands():
                connection.play(UNITS[:20], fps=100)
                order = (
                    f"REDIRECT rtsp://x/ RTSP/1.0\r\nCSeq: 9\r\nLocation: rtsp://127.0.0.1:{elsewhere.port}/x\r\n\r\n"
                )
                connection.link.sendall(order.encode())
                connection.play(looped(UNITS, 2), fps=100)
                connection.wait_until_left()

        with scripted(sending_away) as (camera,):
            pull = pulls(camera.url)
            wait_until(lambda: pull.got(60), 15)
            assert pull.sink.troubles == []
            assert elsewhere.connections == 0


@pytest.mark.parametrize(
    "path",
    ["x?rtsp_transport=udp&listen_timeout=1", "x|file:///etc/passwd", "x,y=1#-f%20lavfi", "-i%0d%0aCSeq:%209", "$(id)"],
)
def test_what_stands_behind_the_host_is_the_cameras_and_no_option(pulls: Any, path: str) -> None:
    asked: list[str] = []

    def listening(connection: Connection) -> None:
        while connection.request() is not None:
            asked.append(connection.target)
            connection.reply("404 Not Found")

    with scripted(listening) as (camera,):
        pull = pulls(f"rtsp://127.0.0.1:{camera.port}/{path}")
        wait_until(lambda: pull.sink.troubles, 10)
        assert pull.sink.reasons == ["not_found"]
        assert asked == [f"rtsp://127.0.0.1:{camera.port}/{path}"]

"""Events for many at once: framed as the server would, shared by those who are told the same, in bounded parts."""

from __future__ import annotations

from websockets.client import ClientProtocol
from websockets.frames import Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from web.events import bundles
from web.events.bundles import Bundles, parts
from web.events.feed import Entry


def entries(count: int, size: int = 10) -> list[Entry]:
    return [Entry(seq, f"{seq}:" + "ữ" * size, f"s{seq % 2}", None) for seq in range(1, count + 1)]


def read(data: bytes) -> list[str]:
    """As a client does."""
    client = ClientProtocol(parse_uri("ws://h/"), state=State.OPEN)
    client.receive_data(data)
    frames = client.events_received()
    assert all(frame.opcode is Opcode.TEXT and frame.fin for frame in frames)  # type: ignore[union-attr]
    return [bytes(frame.data).decode() for frame in frames]  # type: ignore[union-attr]


def test_each_event_is_a_message_of_its_own_whatever_its_length() -> None:
    for size in (1, 60, 70, 40_000):
        some = entries(3, size)
        assert read(Bundles().of(some, "all", lambda _: True)) == [one.text for one in some]


def test_those_who_are_told_the_same_share_it_and_others_do_not() -> None:
    kept, some = Bundles(), entries(4)
    all_of_it = kept.of(some, "all", lambda _: True)
    assert kept.of(some, "all", lambda _: False) is all_of_it
    assert read(kept.of(some, "s1", lambda one: one.site == "s1")) == [some[0].text, some[2].text]
    assert kept.of(some[:1], "s0", lambda one: one.site == "s0") == b""
    assert read(kept.of(some[1:], "all", lambda _: True)) == [one.text for one in some[1:]]


def test_what_is_kept_is_bounded() -> None:
    kept, some = Bundles(), entries(2000, 1000)
    for part in parts(some):
        kept.of(part, "all", lambda _: True)
        assert sum(map(len, kept._kept.values())) <= bundles.KEPT_BYTES


def test_a_part_ends_with_the_event_that_fills_it() -> None:
    some = entries(100, 1000)
    found = list(parts(some))
    assert [one for part in found for one in part] == some
    assert len(found) > 2
    for part in found:
        assert sum(len(one.text) for one in part[:-1]) < bundles.MOST_BYTES
    assert list(parts([])) == []

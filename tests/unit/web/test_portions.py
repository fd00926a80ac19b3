"""A database's transaction takes a bounded part of what a stream delivers."""

from __future__ import annotations

from itertools import chain

from nats.aio.client import Client
from nats.aio.msg import Msg

from web.consumers.stream import MOST_BYTES, portions


def test_a_large_message_ends_its_part_and_small_ones_go_together() -> None:
    sizes = [300, 300, MOST_BYTES, 300, MOST_BYTES // 2, MOST_BYTES // 2, *[300] * 200]
    messages = [Msg(Client(), data=b" " * size) for size in sizes]
    parts = list(portions(messages))
    assert list(chain.from_iterable(parts)) == messages
    assert [len(part) for part in parts] == [3, 3, 200]
    assert list(portions([])) == []

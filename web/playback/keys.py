"""Key frames alone, each lasting until the next: what is played at eight times the speed and more."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from vms.domain.reading import FragmentTable
from vms.media.fragmenter import Sample, fragment
from vms.media.reading import first_sample
from web.playback.footage import Footage
from web.playback.recorders import CHUNK, Damaged, Recorders

#: A camera that sends nothing but key frames: more of them a second nobody sees at that speed.
LEAST_S = 0.25


def chosen(table: FragmentTable, start: int, end: int, timescale: int) -> list[tuple[int, int]]:
    """``(row of the table, duration in ticks)`` of the key frames from ``start`` to before ``end``, in ticks."""
    rows: list[int] = []
    for i, tfdt in enumerate(table.tfdts):
        if start <= tfdt < end and (not rows or tfdt - table.tfdts[rows[-1]] >= LEAST_S * timescale):
            rows.append(i)
    if not rows:
        return []
    until = min(end, table.tfdts[-1] + table.durations[-1])
    ends = [*(table.tfdts[i] for i in rows[1:]), max(until, table.tfdts[rows[-1]] + 1)]
    return [(i, finish - table.tfdts[i]) for i, finish in zip(rows, ends, strict=True)]


async def fragments(
    recorders: Recorders, footage: Footage, table: FragmentTable, rows: list[tuple[int, int]]
) -> AsyncGenerator[bytes]:
    """A fragment of one sample for each row; ``Damaged`` or ``BusError`` when the file cannot be read."""
    places = [(table.offsets[i], min(CHUNK, table.sizes[i])) for i, _ in rows]
    number = 0
    reach = table.offsets[rows[-1][0]] + table.sizes[rows[-1][0]]
    async for data in recorders.pieces(footage, places, reach):
        row, duration = rows[number]
        number += 1
        size = int.from_bytes(data[:4], "big")
        try:
            length, offset = first_sample(data[:size])
        except ValueError as err:
            raise Damaged("the file is not what its table says") from err
        begin = size + 8
        end = begin + length
        if end > table.sizes[row]:
            raise Damaged("the file is not what its table says")
        at = len(data)
        parts = [data[begin:end]]
        while at < end:
            parts.append(await recorders.read(footage, table.offsets[row] + at, min(CHUNK, end - at)))
            at += len(parts[-1])
        tfdt = table.tfdts[row]
        yield fragment(number, [Sample(b"".join(parts), tfdt, tfdt + offset, duration, keyframe=True)])

"""Any one alteration of any chain is found where it is; and what a damaged database leaves of one."""

from __future__ import annotations

import dataclasses
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.support.audit_log import LAN, opened, write
from tests.support.clocks import ManualClock
from vms.settings.environment import Environment
from web.audit.entry import GENESIS, canonical, hash_of, made, told
from web.audit.verify import Alteration, Link, Root, Verifier, check
from web.database import damaged

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def linked(words: list[str]) -> list[Link]:
    """A chain with an entry a word."""
    found: list[Link] = []
    prev = GENESIS
    for seq, word in enumerate(words, 1):
        entry = made(_EPOCH + timedelta(seconds=seq), LAN, "hold.put", object=word, detail={"reason": word})
        said = told(seq, entry)
        hashed = hash_of(prev, canonical(said))
        rest = {name: value for name, value in said.items() if name not in ("seq", "at", "detail")}
        found.append(Link(seq, seq * 1_000_000, canonical(said["detail"]), rest, prev, hashed))
        prev = hashed
    return found


def verified(links: list[Link], roots: list[Root] | None = None) -> Alteration | None:
    verifier = Verifier(roots or [])
    for link, following in zip(links, [*links[1:], None], strict=True):
        if (found := verifier.take(link, following)) is not None:
            return found
    return verifier.end()


def renumbered(links: list[Link]) -> list[Link]:
    return [dataclasses.replace(link, seq=seq) for seq, link in enumerate(links, 1)]


CHAINS = st.lists(st.text(max_size=8), min_size=3, max_size=12)


@settings(max_examples=60, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))  # a miss takes a search
@given(words=CHAINS, data=st.data())
def test_one_alteration_is_found_where_it_is(words: list[str], data: st.DataObject) -> None:
    links = linked(words)
    assert verified(links) is None
    at = data.draw(st.integers(0, len(links) - 2))
    other = data.draw(st.integers(at + 1, len(links) - 1))
    changed, link = links.copy(), links[at]
    what = data.draw(st.sampled_from(("changed", "made anew", "missing", "inserted", "reordered", "cut off")))
    renumber = data.draw(st.booleans())
    match what:
        case "changed":
            changed[at] = dataclasses.replace(link, rest={**link.rest, "user": "hoa"})
        case "made anew":
            rest = {**link.rest, "user": "hoa"}
            said = {**told(link.seq, made(_EPOCH + timedelta(seconds=link.seq), LAN, "hold.put")), **rest}
            said["detail"] = {"reason": words[at]}
            changed[at] = dataclasses.replace(link, rest=rest, hash=hash_of(link.prev, canonical(said)))
            what = "changed"
        case "missing":
            del changed[at]
        case "inserted":
            changed.insert(at, dataclasses.replace(link, rest={**link.rest, "user": "hoa"}))
            renumber = True
        case "reordered":
            changed[at], changed[other] = changed[other], changed[at]
            renumber = True
        case "cut off":
            del changed[at + 1 :]
            roots = [Root("2026-03-01", len(links), links[-1].hash)]
            assert verified(changed) is None
            found = verified(changed, roots)
            assert found is not None
            assert (found.seq, found.what) == (at + 2, "cut off")
            return
    found = verified(renumbered(changed) if renumber else changed)
    assert found is not None
    assert (found.seq, found.what) == (at + 1, what)


@given(words=CHAINS, data=st.data())
def test_a_chain_that_was_made_anew_is_found_by_the_first_root_behind(words: list[str], data: st.DataObject) -> None:
    links = linked(words)
    at = data.draw(st.integers(0, len(links) - 1))
    marks = sorted(data.draw(st.sets(st.integers(1, len(links)), min_size=1)))
    roots = [Root(f"day {seq}", seq, links[seq - 1].hash) for seq in marks]
    found = verified(linked([word + "!" if number >= at else word for number, word in enumerate(words)]), roots)
    if marks[-1] <= at:
        assert found is None, "nothing outside tells of what came later"
        return
    assert found is not None
    held = max((seq for seq in marks if seq <= at), default=0)
    assert (found.seq, found.what) == (held + 1, "changed")


async def test_a_database_that_was_damaged_takes_its_log_along(tmp_path: Path) -> None:
    environment, clock = Environment.read(tmp_path, {}), ManualClock()
    async with opened(tmp_path) as database:
        await write(database, 5)
    for table, left in (("holds", 5), ("audit_entries", 0)):
        with closing(sqlite3.connect(tmp_path / "vms.db", isolation_level=None)) as raw:
            raw.execute(f"DROP TABLE {table}")
        database, is_new = await damaged.open_whole(environment, clock)
        async with database.read() as connection:
            assert (is_new, *await check(connection)) == (True, left, None)
            _, lost = await check(connection, [Root("2026-03-01", 5, "")])
        assert lost is not None
        await database.close()
        clock.advance(60)

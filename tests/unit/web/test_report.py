"""The report of a shift, by itself and over HTTP."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from tests.support.duty_desk import Desk, duty_desk
from vms.domain.node import NODE_SITE
from web.accounts.sessions import hash_of
from web.alerts import report
from web.alerts.report import Told, deadline_s, is_missed, percentile
from web.api.exported import MOST_EXPORTS
from web.audit.entry import SERVICE
from web.database.schema import Alert
from web.database.schema_duty import Delivery
from web.duty.policy import DEFAULT, Ladder, Rung

OPENED = datetime(2027, 1, 15, tzinfo=UTC)
PATH = "/api/reports/shift"


def after(seconds: float | None) -> datetime | None:
    return None if seconds is None else OPENED + timedelta(seconds=seconds)


def told(kind: str = "zone_breach", severity: str = "critical", **seconds: Any) -> Told:
    """Named moments are seconds after it was opened."""
    moments = ("ended_at", "acknowledged_at", "resolved_at", "first_acknowledged_at", "first_resolved_at")
    values: dict[str, Any] = {name: after(seconds.get(name)) for name in moments}
    values |= {name: seconds.get(name) for name in ("acknowledged_by", "resolved_by", "chain", "quiet")}
    where = {"id": "a", "site": "s1", "camera": "cam-1", "rule": "breach", "persons": 1}
    return Told(kind=kind, severity=severity, opened_at=OPENED, **where, **values)


@given(st.lists(st.floats(0, 1e6), min_size=1), st.sampled_from([Fraction(1, 2), Fraction(19, 20), Fraction(1)]))
def test_a_percentile_is_the_least_value_that_so_many_do_not_exceed(values: list[float], share: Fraction) -> None:
    found = percentile(sorted(values), float(share))
    enough = [one for one in values if Fraction(sum(other <= one for other in values), len(values)) >= share]
    assert found == min(enough)


def test_the_percentile_of_nothing() -> None:
    assert percentile([], 0.5) is None


def test_the_first_deadline_is_when_somebody_else_is_called() -> None:
    first, second = Rung(duty="officer", after_s=20), Rung(duty="site_lead", after_s=90)
    assert deadline_s(Ladder(rungs=(first, second), repeat_s=600)) == 110
    assert deadline_s(Ladder(rungs=(first,), repeat_s=600)) == 620
    assert deadline_s(Ladder(rungs=(first,))) == 320


@pytest.mark.parametrize(
    ("alert", "missed"),
    [
        (told(), True),
        (told(acknowledged_at=90), False),
        (told(acknowledged_at=91), True),
        (told(resolved_at=89), False),
        (told(acknowledged_at=91, resolved_at=80), False),
        (told(ended_at=5), True),  # a person is to look at it all the same
        (told(severity="warning", acknowledged_at=599), False),
        (told(severity="warning", acknowledged_at=601), True),
        (told(severity="info"), False),
        (told("camera_offline", ended_at=299), False),  # it mended itself
        (told("camera_offline", ended_at=301), True),
        (told("camera_offline", "warning", ended_at=329), False),
        (told("camera_offline", "warning", acknowledged_at=331), True),
        (told(quiet={"id": "q"}), False),
        (told(chain="none"), False),
        (told(chain="joined", first_acknowledged_at=-30), False),
        (told(chain="joined", first_resolved_at=60), False),
        (told(chain="joined", first_acknowledged_at=91), True),
        (told("of-tomorrow"), True),
        (told(severity="of-tomorrow"), False),
    ],
)
def test_missed_is_what_nobody_took_on_in_time(alert: Told, missed: bool) -> None:
    assert is_missed(alert, DEFAULT, OPENED + timedelta(days=1)) is missed


def test_nothing_is_missed_before_its_deadline() -> None:
    assert not is_missed(told(), DEFAULT, OPENED + timedelta(seconds=89))
    assert is_missed(told(), DEFAULT, OPENED + timedelta(seconds=90))


def alert(desk: Desk, number: str, minutes: float, site: str = "s1", **more: Any) -> dict[str, Any]:
    """One that was opened so many minutes ago; moments are seconds after that."""
    opened = desk.now - timedelta(minutes=minutes)
    row: dict[str, Any] = {
        "id": number, "site": site, "camera": "cam-1", "rule": "breach", "kind": "zone_breach", "zone": "z",
        "severity": "critical", "state": "open", "opened_at": opened, "updated_at": opened, "persons": 1, "boxes": [],
        "detail": {}, "has_snapshot": False,
    }  # fmt: skip
    for name, value in more.items():
        row[name] = opened + timedelta(seconds=value) if name.endswith("_at") else value
    return row


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with duty_desk(tmp_path) as one:
        await one.put(
            Alert,
            *(
                alert(one, f"quick-{number}", 60 + number, acknowledged_at=number, acknowledged_by="lan")
                for number in range(1, 21)
            ),
            alert(one, "slow", 59, acknowledged_at=1000, acknowledged_by="minh", resolved_at=2000, resolved_by="lan"),
            alert(one, "nobody", 58, ended_at=10),
            alert(one, "warned", 57, severity="warning", kind="loitering", resolved_at=50, resolved_by="minh"),
            alert(one, "fresh", 0.5),
            alert(one, "snoozed", 56, quiet={"id": "q", "kind": "snooze", "reason": "=thử máy"}),
            alert(one, "away", 55, kind="camera_offline", ended_at=600),
            alert(one, "elsewhere", 54, site="s2", camera="=cmd"),
            alert(one, "disk", 53, site=NODE_SITE, camera="local", kind="storage", severity="warning"),
            alert(one, "before", 200),
        )
        sent = {"rung": 0, "round": 0, "duty": "officer", "channel": "x", "attempt": 1, "due_at": one.now}
        lan = {"user_id": await one.id_of("lan"), "username": "lan"}
        extra = {"stand_in": False} if "stand_in" in Delivery.__table__.columns else {}
        for number, state in (
            ("slow", "sent"),
            ("slow", "sent"),
            ("nobody", "sent"),
            ("fresh", "failed"),
            ("before", "sent"),
        ):
            await one.put(Delivery, {"alert_id": number, "state": state, **sent, **lan, **extra})
        yield one


async def asked(desk: Desk, name: str = "quan", **more: Any) -> dict[str, Any]:
    async with desk.as_(name) as client:
        answer = await client.get(PATH, params={**desk.span(-2, 0), **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_report_counts_what_was_opened_in_its_span(desk: Desk) -> None:
    found = await asked(desk)
    assert (found["start"], found["end"]) == (desk.at(-2), desk.at(0))
    first, second = found["sites"]
    assert first == {
        "site": "s1", "opened": 25, "by_severity": {"critical": 24, "warning": 1},
        "by_kind": {"zone_breach": 24, "loitering": 1}, "acknowledged": 22, "missed": 2, "open": 2,
        "ack_p50_s": 11.0, "ack_p95_s": 50.0, "ack_max_s": 1000.0, "quiet": 1,
    }  # fmt: skip
    assert (second["site"], second["opened"], second["missed"], second["ack_p50_s"]) == ("s2", 1, 1, None)
    assert found["people"] == [
        {"user": "lan", "acknowledged": 20, "resolved": 1, "called": 2, "ack_p50_s": 10.0},
        {"user": "minh", "acknowledged": 1, "resolved": 1, "called": 0, "ack_p50_s": 1000.0},
    ]
    assert (found["technical"]["opened"], found["technical"]["missed"]) == (2, 2)
    assert [one["id"] for one in found["missed"]] == ["disk", "elsewhere", "away", "nobody", "slow"]
    assert found["missed"][0]["node"] == "local", "as any list of alerts has it"


async def test_a_report_is_of_the_sites_within(desk: Desk) -> None:
    found = await asked(desk, "hoa")
    assert [one["site"] for one in found["sites"]] == ["s2"]
    assert [one["id"] for one in found["missed"]] == ["disk", "elsewhere"]  # the node serves both
    assert found["people"] == []
    found = await asked(desk, site="s2")
    assert ([one["site"] for one in found["sites"]], [one["id"] for one in found["missed"]]) == (["s2"], ["elsewhere"])
    async with desk.as_("hoa") as client:
        for path in (PATH, f"{PATH}.csv"):
            assert (await client.get(path, params=desk.span(-2, 0) | {"site": "s1"})).status_code == 404
            assert (await client.get(path, params=desk.span(0, -2))).status_code == 422
            assert (await client.get(path, params=desk.span(-32 * 24, 0))).status_code == 422


async def test_who_was_called_is_told_to_who_may_see_the_roster(desk: Desk) -> None:
    async with desk.context.database.change() as change:
        gone = {"alert_id": "nobody", "rung": 0, "round": 0, "duty": "officer", "user_id": 9, "username": "khanh"}
        sent = {"stand_in": False, "channel": "ntfy", "attempt": 1, "due_at": change.now, "state": "sent"}
        await change.connection.execute(insert(Delivery).values(**gone, **sent))
    assert [one["user"] for one in (await asked(desk))["people"]] == ["khanh", "lan", "minh"]
    told = (await asked(desk, "xem"))["people"]
    assert [(one["user"], one["called"]) for one in told] == [("lan", None), ("minh", None)]


async def test_an_hour_without_alerts(desk: Desk) -> None:
    async with desk.as_("quan") as client:
        found = (await client.get(PATH, params=desk.span(-30, -29))).json()
        text = (await client.get(f"{PATH}.csv", params=desk.span(-30, -29))).text
    assert [one["opened"] for one in found["sites"]] == [0, 0]
    assert (found["people"], found["missed"]) == ([], [])
    assert len(text.splitlines()) == 1


@pytest.mark.parametrize("page", [1, 7, 1000])
async def test_pages_make_no_difference(desk: Desk, monkeypatch: pytest.MonkeyPatch, page: int) -> None:
    whole = await asked(desk), await lines(desk)
    monkeypatch.setattr(report, "PAGE", page)
    assert (await asked(desk), await lines(desk)) == whole


async def lines(desk: Desk, **more: Any) -> list[dict[str, str]]:
    async with desk.as_("quan") as client:
        answer = await client.get(f"{PATH}.csv", params={**desk.span(-2, 0), **more})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


async def test_the_file_has_a_line_for_each_alert_in_the_facilitys_time(desk: Desk) -> None:
    rows = await lines(desk)
    assert [one["Mã cảnh báo"] for one in rows][-5:] == ["snoozed", "away", "elsewhere", "disk", "fresh"]
    slow = next(one for one in rows if one["Mã cảnh báo"] == "slow")
    # 2027-01-15 08:00 UTC, less 59 minutes, seven hours ahead
    assert (slow["Phát hiện lúc"], slow["Nhận xử lý lúc"]) == ("2027-01-15 14:01:00", "2027-01-15 14:17:40")
    assert (slow["Nhận sau (giây)"], slow["Bỏ lỡ"], slow["Khu"], slow["Tên khu"]) == (
        "1000",
        "có",
        "s1",
        "Khu Vị Thanh",
    )
    assert [slow[name] for name in ("Loại", "Mức độ", "Trạng thái")] == ["Xâm nhập vùng", "Nghiêm trọng", "Đã xử lý"]
    english = await lines(desk, language="en")
    said = {"Kind", "Severity", "State", "Missed"}
    assert [[text for name, text in one.items() if name not in said] for one in english] == [
        [text for name, text in one.items() if name not in {"Loại", "Mức độ", "Trạng thái", "Bỏ lỡ"}] for one in rows
    ]
    assert sum(one["Missed"] == "yes" for one in english) == 5
    cells = [cell for one in rows for cell in one.values()]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    assert {"'=cmd", "'=thử máy"} <= set(cells)
    async with desk.as_("quan") as client:
        assert (await client.get(f"{PATH}.csv", params=desk.span(-2, 0) | {"language": "fr"})).status_code == 422


async def test_a_report_has_an_end(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk.as_("quan") as client:
        for path in (PATH, f"{PATH}.csv"):
            monkeypatch.setattr(report, "MOST_ALERTS", 27)
            assert (await client.get(path, params=desk.span(-2, 0))).status_code == 422
            monkeypatch.setattr(report, "MOST_ALERTS", 28)
            assert (await client.get(path, params=desk.span(-2, 0))).status_code == 200
            desk.context.exports = MOST_EXPORTS
            assert (await client.get(path, params=desk.span(-2, 0))).status_code == 503
            desk.context.exports = 0


async def test_a_file_ends_with_the_session(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "PAGE", 2)
    async with desk.as_("quan") as client:
        cookie = client.headers["Cookie"]
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)
        if len(sent) == 3:  # the headings and a page
            await desk.context.sessions.logout(hash_of(cookie.partition("=")[2]), SERVICE)

    async def receive() -> Any:
        await asyncio.Event().wait()

    query = "&".join(f"{name}={value}" for name, value in desk.span(-2, 0).items()).encode()
    where = {"path": f"{PATH}.csv", "query_string": query, "client": ("192.0.2.9", 1), "method": "GET"}
    scope = {"type": "http", "headers": [(b"cookie", cookie.encode())], "asgi": {"spec_version": "2.4"}, **where}
    await desk.app(scope, receive, send)
    assert len([one for one in sent if one.get("body")]) == 2
    assert sent[-1]["more_body"], "left without its end"
    assert desk.context.exports == 0

"""Gateways and push services of the environment: what is refused at the start, and what an address may look like."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.web.walking import BROWSER
from vms.domain.errors import ConfigurationError
from web.channels.endpoints import Subscription, permitted
from web.channels.gateways import Ways
from web.channels.redacting import hidden_parts, said
from web.channels.vapid import KeyPair

SECRET = "bi-mat-0123"
MAIL = f"mailtos://vms:{SECRET}@mail.example.vn?to={{address}}&from=vms@example.vn"


def test_each_asks_for_what_its_service_takes() -> None:
    env = {
        "VMS_NOTIFY_MAIL": MAIL, "VMS_NOTIFY_TELEGRAM": "tgram://123:abc/{address}", "VMS_NOTIFY_LAN":
        "ntfy://ntfy.lan/{address}", "VMS_NOTIFY_SMS": "jsons://sms.example.vn/send?:to={address}",
        "VMS_NOTIFY_HOOK": "jsons://h/x?:who={address}", "VMS_NOTIFY_CANARY": "jsons://monitor/alive",
        "VMS_NOTIFY_EMPTY": "",
    }  # fmt: skip
    ways = Ways.of(env)
    asked = {one.name: one.asks for one in ways.gateways.values()}
    assert asked == {"mail": "email", "telegram": "chat_id", "lan": "topic", "sms": "phone", "hook": "text"}
    assert ways.canary is not None
    assert SECRET not in repr(ways)


@pytest.mark.parametrize(
    ("gateway", "good", "bad"),
    [
        (
            MAIL,
            ["lan@example.vn", "a.b+c@x-y.gov.vn"],
            ["lan", "a@b", "a@b.vn,c@d.vn", "a b@c.vn", "@b.vn"],
        ),
        ("tgram://1:x/{address}", ["123456", "-1001234567", "@kenh_truc"], ["abc", "1 2", "12/34", "@x"]),
        ("ntfy://h/{address}", ["truc-khu_A"], ["a/b", "a b", "", "x" * 65, "../x"]),
        ("jsons://h/x?:who={address}", ["bất kỳ", "a/b?c"], ["", " x", "a\nb", "x" * 201, "a\x00", "a\u202eb"]),
    ],
)
def test_addresses(gateway: str, good: list[str], bad: list[str]) -> None:
    one = Ways.of({"VMS_NOTIFY_X": gateway}).gateways["x"]
    assert [address for address in good if one.fault(address)] == []
    assert [address for address in bad if not one.fault(address)] == []


def test_an_address_stays_one_part_of_the_url() -> None:
    one = Ways.of({"VMS_NOTIFY_X": "jsons://h/x?:who={address}&:key=k"}).gateways["x"]
    assert (
        one.url("a&:key=b/../?#@ü{address}")
        == "jsons://h/x?:who=a%26%3Akey%3Db%2F..%2F%3F%23%40%C3%BC%7Baddress%7D&:key=k"
    )


@pytest.mark.parametrize(
    ("env", "why"),
    [
        ({"VMS_NOTIFY_MAIL": SECRET}, "no URL"),
        ({"VMS_NOTIFY_MAIL": f"mailtos://x:{SECRET}@h?to=a@b.vn"}, "has no {address}"),
        ({"VMS_NOTIFY_HOOK": f"json://{{address}}/{SECRET}"}, "where the host does"),
        ({"VMS_NOTIFY_HOOK": f"json://x:{SECRET}@{{address}}:80/"}, "where the host does"),
        ({"VMS_NOTIFY_CANARY": f"json://h/{SECRET}?to={{address}}"}, "leave {address} out"),
        ({"VMS_NOTIFY_WEBPUSH": f"json://h/{SECRET}/{{address}}"}, "WEBPUSH"),
        ({"VMS_NOTIFY_a-b": f"json://h/{SECRET}/{{address}}"}, "32 letters"),
        ({"VMS_NOTIFY_X": f"json://h/{SECRET} /{{address}}"}, "no URL"),
        ({"VMS_NOTIFY_X": MAIL, "VMS_NOTIFY_X_FILE": "/x"}, "both set"),
        ({"VMS_NOTIFY_X_FILE": "/nowhere"}, "cannot be read"),
        ({"VMS_PUBLIC_URL": f"https://u:{SECRET}@vms.example.vn"}, "VMS_PUBLIC_URL"),
        ({"VMS_PUBLIC_URL": "vms.example.vn"}, "VMS_PUBLIC_URL"),
        ({"VMS_VAPID_CONTACT": "truc"}, "VMS_VAPID_CONTACT"),
        ({"VMS_PUSH_SERVICES": "http://push.example.vn"}, "VMS_PUSH_SERVICES"),
        ({"VMS_PUSH_SERVICES": "http://127.0.0.1"}, "VMS_PUSH_SERVICES"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line_without_secrets(env: dict[str, str], why: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Ways.of(env)
    text = str(caught.value)
    assert why in text
    assert SECRET not in text
    assert "\n" not in text


def test_a_url_comes_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mail"
    path.write_text(f"{MAIL}\n", encoding="utf-8")
    path.chmod(0o600)
    assert Ways.of({"VMS_NOTIFY_MAIL_FILE": str(path)}).gateways["mail"].template == MAIL


def test_push_services_are_told_of_somebody() -> None:
    assert Ways.of({}).contact == "mailto:vms@localhost"
    assert Ways.of({"VMS_PUBLIC_URL": "https://vms.example.vn:8443/x/"}).contact == "https://vms.example.vn"
    assert Ways.of({"VMS_PUBLIC_URL": "https://vms.example.vn/"}).public_url == "https://vms.example.vn"


GOOD = (
    "https://fcm.googleapis.com/fcm/send/abc:def-_", "https://updates.push.services.mozilla.com/wpush/v2/gAAA=",
    "https://wns2-sg2p.notify.windows.com/w/?token=BQYA%2b", "https://web.push.apple.com/QGuQyavXutnMH",
)  # fmt: skip
BAD = (
    "http://fcm.googleapis.com/x", "https://fcm.googleapis.com:444/x", "https://fcm.googleapis.com",
    "https://u@fcm.googleapis.com/x", "https://fcm.googleapis.com@127.0.0.1/x", "https://fcm.googleapis.com.evil.vn/x",
    "https://evilfcm.googleapis.com/x", "https://notify.windows.com/x", "https://evil-notify.windows.com/x",
    "https://127.0.0.1/x", "https://[::1]/x", "https://169.254.169.254/latest", "http://127.0.0.1:4222/x",
    "https://web.push.apple.com\\@127.0.0.1/x", "https://web.push.apple.com/x\r\nHost: y", "https://web.push.apple.com/x#y",
    "file:///etc/passwd", "https://WEB.push.apple.com/x", "https://web.push.apple.com./x", "//web.push.apple.com/x", "",
    "https://fcm.googleapis.com/" + "x" * 2000, "https://fcm.googleapis.com/é", "gopher://fcm.googleapis.com/x",
)  # fmt: skip


def test_only_known_push_services_are_sent_to() -> None:
    assert [one for one in GOOD if not permitted(one, frozenset())] == []
    assert [one for one in BAD if permitted(one, frozenset())] == []
    more = Ways.of({"VMS_PUSH_SERVICES": "push.example.vn, push.lan:8443 ,http://127.0.0.1:9000"}).push_origins
    for one in ("https://push.example.vn/x", "https://push.lan:8443/x", "http://127.0.0.1:9000/x"):
        assert permitted(one, more), one
    for one in (
        "http://push.example.vn/x",
        "https://push.lan/x",
        "http://127.0.0.1:9001/x",
        "https://a.push.example.vn/x",
    ):
        assert not permitted(one, more), one


def test_keys_that_are_none_are_refused() -> None:
    point, auth = BROWSER["keys"]["p256dh"], BROWSER["keys"]["auth"]  # type: ignore[index]
    endpoint = str(BROWSER["endpoint"])
    one = Subscription.checked(endpoint, point, auth, frozenset())
    assert Subscription.stored(one.text()) == one
    assert auth not in repr(one)
    off_curve = point[:-4] + ("AAAA" if not point.endswith("AAAA") else "BBBB")
    for keys in (
        (off_curve, auth),
        (point, auth[:-4]),
        (point[:-4], auth),
        ("", auth),
        (point, "ü" * 16),
        (auth, point),
    ):
        with pytest.raises(ValueError, match="keys"):
            Subscription.checked(endpoint, *keys, frozenset())


@pytest.mark.parametrize("text", ["", "x", "AAAA", "A" * 43, "AAECAw", "é"])
def test_a_key_file_that_is_none_is_said_with_the_remedy(tmp_path: Path, text: str) -> None:
    KeyPair.load(tmp_path)
    (tmp_path / "state" / "vapid.key").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"vapid\.key cannot be used: .*; restore it, or remove it"):
        KeyPair.load(tmp_path)


def test_words_of_an_answer_stay_and_parts_of_the_url_go() -> None:
    url = f"json://vms:{SECRET}@sms.example.vn:8080/api/send/khoa77?:to=%2B84901234567&+X-Key=chia%20khoa"
    hidden = hidden_parts(url, "+84901234567")
    text = f"Failed to send JSON notification to sms.example.vn: {SECRET} khoa77 84901234567 chia khoa vms:{SECRET} 401"
    assert said(text, hidden) == "Failed to send JSON notification to ***: *** *** *** *** *** 401"
    assert len(said("x" * 999, [])) == 300
    assert said("a\n\x1b[31mb\u202ec", []) == "a \\x1b[31mb\\u202ec"

"""Each kind of channel for real: what arrives at an endpoint that speaks its protocol, and what the answer says."""

from __future__ import annotations

import base64
import os
import re
import ssl
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.support.certificates import made
from tests.support.ports import free_port
from tests.support.post_office import Ntfy, basic, receiving
from tests.support.push_service import Browser, PushService
from tests.support.sending import (
    BODY,
    JPEG,
    KEY,
    MAIL,
    PASSWORD,
    PHONE,
    TITLE,
    channel,
    couriers,
    mail,
    message,
    sms,
    subscribed,
)  # fmt: skip
from tests.support.smtp_office import smtp_office
from web.channels.vapid import KeyPair
from web.channels.webpush import MOST_BYTES

PUBLIC = "https://vms.example.vn"
LINKED = f"{BODY}\n{PUBLIC}/alerts/a-1"


def letter_of(letter: EmailMessage) -> tuple[str, str, list[bytes]]:
    """Subject, text and attachments."""
    text = letter.get_body(("plain",))
    assert text is not None
    attached = [one.get_payload(decode=True) for one in letter.iter_attachments()]
    return letter["Subject"], text.get_content().replace("\r\n", "\n").strip(), [bytes(one) for one in attached]  # type: ignore[arg-type]


async def test_a_webhook_gets_text_picture_and_link(tmp_path: Path) -> None:
    with receiving() as hook:
        env = {"VMS_NOTIFY_SMS": sms(hook.port), "VMS_PUBLIC_URL": f"{PUBLIC}/"}
        async with couriers(tmp_path, env) as sender:
            answer = await sender.send(channel("sms", PHONE), message())
        assert (answer.outcome, answer.text) == ("sent", "200 OK")
        (got,) = hook.got
        assert (got.path, got.headers["x-key"], got.headers["authorization"]) == ("/send", KEY, basic("vms", PASSWORD))
        told = got.json
        assert (told["title"], told["message"], told["to"]) == ("", f"{TITLE}\n{LINKED}", PHONE)  # one text
        assert [base64.b64decode(one["base64"]) for one in told["attachments"]] == [JPEG]


async def test_ntfy_gets_the_picture_in_its_topic_and_says_who_may_not(tmp_path: Path) -> None:
    with receiving(Ntfy(token="tk_geheim-1234")) as ntfy:
        env = {"VMS_NOTIFY_NTFY": f"ntfy://tk_geheim-1234@127.0.0.1:{ntfy.port}/{{address}}?auth=token"}
        async with couriers(tmp_path, env) as sender:
            assert (await sender.send(channel("ntfy", "truc_khu-a"), message())).outcome == "sent"
            assert (await sender.send(channel("ntfy", "truc_khu-a"), message(picture=None))).outcome == "sent"
            ntfy.token = "another"
            refused = await sender.send(channel("ntfy", "truc_khu-a"), message())
        whole, bare = ntfy.published
        assert (whole.topic, whole.title, whole.message, whole.attachment) == ("truc_khu-a", TITLE, BODY, JPEG)
        assert (bare.title, bare.message, bare.attachment) == (TITLE, BODY, None)
        assert refused.outcome == "failed"
        assert "403" in refused.text
        assert "forbidden" in refused.text.lower()


async def test_mail_over_starttls_with_a_login(tmp_path: Path) -> None:
    pair = made(tmp_path / "tls")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    with smtp_office(("vms", PASSWORD), context) as office:
        url = mail(office.port, "starttls", "&verify=no").replace("mailto:", "mailtos:")
        env = {"VMS_NOTIFY_MAIL": url, "VMS_PUBLIC_URL": PUBLIC}
        async with couriers(tmp_path, env) as sender:
            assert (await sender.send(channel("mail", MAIL), message())).outcome == "sent"
        assert letter_of(office.letters[0]) == (TITLE, LINKED, [JPEG])
        assert (office.letters[0]["To"], office.secured) == (MAIL, [True])


async def test_a_certificate_that_nobody_knows_gets_no_password(tmp_path: Path) -> None:
    pair = made(tmp_path / "tls")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    with smtp_office(("vms", PASSWORD), context) as office:
        url = mail(office.port, "starttls").replace("mailto:", "mailtos:")
        async with couriers(tmp_path, {"VMS_NOTIFY_MAIL": url}) as sender:
            answer = await sender.send(channel("mail", MAIL), message())
        assert (answer.outcome, office.letters) == ("failed", [])
        assert "certificate" in answer.text.lower()


async def test_mail_says_what_the_server_did(tmp_path: Path) -> None:
    with smtp_office() as office:
        url = f"mailto://127.0.0.1:{office.port}?mode=insecure&to={{address}}&from=vms@example.vn"
        async with couriers(tmp_path, {"VMS_NOTIFY_MAIL": url}) as sender:
            assert (await sender.send(channel("mail", MAIL), message(picture=None))).outcome == "sent"
            office.refused = {MAIL}
            refused = await sender.send(channel("mail", MAIL), message())
        assert letter_of(office.letters[0]) == (TITLE, BODY, [])
        assert refused.outcome == "failed"
        assert "550" in refused.text
        assert "no such mailbox" in refused.text


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # in the clear on purpose
async def test_a_wrong_password_and_a_refused_connection_are_said(tmp_path: Path) -> None:
    with smtp_office(("vms", "another")) as office:
        closed = free_port()
        env = {"VMS_NOTIFY_MAIL": mail(office.port), "VMS_NOTIFY_SMS": sms(closed)}
        async with couriers(tmp_path, env) as sender:
            wrong = await sender.send(channel("mail", MAIL), message())
            nobody = await sender.send(channel("sms", PHONE), message())
        assert (wrong.outcome, office.letters) == ("failed", [])
        assert "535" in wrong.text
        assert nobody.outcome == "failed"
        assert "refused" in nobody.text.lower()


async def test_web_push_is_signed_encrypted_and_read_by_its_browser_alone(tmp_path: Path) -> None:
    keys = KeyPair.load(tmp_path)
    with receiving(PushService(public_key=keys.public)) as service:
        env = {"VMS_PUSH_SERVICES": service.origin, "VMS_VAPID_CONTACT": "mailto:truc@example.vn"}
        async with couriers(tmp_path, env) as sender:
            answer = await sender.send(subscribed(service), message())
            silent = await sender.send(subscribed(service, Browser("/other")), message(picture=None, silent=True))
        assert [(one.outcome, one.text) for one in (answer, silent)] == [("sent", "201 Created")] * 2
        loud, quiet = service.shown
        assert loud.data == {
            "title": TITLE, "body": BODY, "path": "/alerts/a-1", "tag": "alert-a-1", "urgent": True, "alert": "a-1",
            "silent": False, "language": "vi", "picture": "/api/alerts/a-1/snapshot.jpg",
        }  # fmt: skip
        assert (loud.claims["sub"], loud.urgency, quiet.urgency) == ("mailto:truc@example.vn", "high", "low")
        assert loud.topic == quiet.topic  # the later takes the earlier's place where the phone was off
        assert "picture" not in quiet.data
        assert BODY.encode() not in service.got[0].body


async def test_web_push_says_what_has_ended_and_what_was_not_taken(tmp_path: Path) -> None:
    keys = KeyPair.load(tmp_path)
    with receiving(PushService(public_key=keys.public)) as service, receiving() as inside:
        async with couriers(tmp_path, {"VMS_PUSH_SERVICES": service.origin}) as sender:
            row = subscribed(service)
            service.public_key = "another"
            assert (await sender.send(row, message())).outcome == "failed"
            service.browsers.clear()
            gone = await sender.send(row, message())
            assert (gone.outcome, gone.text[:8]) == ("gone", "410 Gone")
            for status in (301, 302, 307, 308):
                service.answer, service.headers = (status, b""), {"Location": f"http://127.0.0.1:{inside.port}/x"}
                answer = await sender.send(row, message())
                assert (answer.outcome, answer.text[:3]) == ("failed", str(status))
        assert inside.got == []


async def test_a_long_message_is_cut_to_what_services_take(tmp_path: Path) -> None:
    keys = KeyPair.load(tmp_path)
    with receiving(PushService(public_key=keys.public)) as service:
        async with couriers(tmp_path, {"VMS_PUSH_SERVICES": service.origin}) as sender:
            long = message()
            long = type(long)(long.title, "người " * 5000, long.path, long.tag, True, long.alert)
            assert (await sender.send(subscribed(service), long)).outcome == "sent"
        (shown,) = service.shown
        assert shown.data["body"].startswith("người người")
        assert shown.data["title"] == TITLE
        assert shown.size <= MOST_BYTES + 200


async def test_a_subscription_of_a_service_that_is_not_known_is_not_asked(tmp_path: Path) -> None:
    with receiving(PushService()) as service:
        row = subscribed(service)
        async with couriers(tmp_path, {}) as sender:  # known once, and not any more
            answer = await sender.send(row, message())
            assert (await sender.send(channel("webpush", "{}"), message())).outcome == "failed"
            assert (await sender.send(channel("mail", MAIL), message())).outcome == "failed"
        assert (answer.outcome, service.got) == ("failed", [])


async def test_a_canary_goes_to_its_own_place(tmp_path: Path) -> None:
    with receiving() as monitor:
        async with couriers(tmp_path, {"VMS_NOTIFY_CANARY": f"json://127.0.0.1:{monitor.port}/alive"}) as sender:
            assert sender.has_monitor
            told = await sender.send_canary(message(picture=None))
            assert (await sender.send(channel("canary", "x"), message())).outcome == "failed"
        assert (told.outcome, len(monitor.got)) == ("sent", 1)
    async with couriers(tmp_path, {}) as sender:
        assert (await sender.send_canary(message())).outcome == "failed"


@pytest.mark.skipif(os.name != "posix", reason="files have modes")
def test_the_key_pair_is_made_once_and_nobody_elses(tmp_path: Path) -> None:
    first = KeyPair.load(tmp_path)
    path = tmp_path / "state" / "vapid.key"
    assert (path.stat().st_mode & 0o777, KeyPair.load(tmp_path)) == (0o600, first)
    assert len(base64.urlsafe_b64decode(first.public + "=")) == 65


async def test_examples_of_the_handbook_are_taken_and_mean_what_it_says(tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "docs" / "channels.md").read_text(encoding="utf-8")
    examples = dict(re.findall(r"`([A-Z]+)=([a-z]+://[^`]+)`", text))
    assert examples.keys() == {"MAIL", "TELEGRAM", "SMS", "NTFY", "CANARY"}
    env = {f"VMS_NOTIFY_{name}": url for name, url in examples.items()}
    with receiving() as hook:
        here = examples["SMS"].replace("jsons:", "json:").replace("@sms.example.vn/", f"@127.0.0.1:{hook.port}/")
        async with couriers(tmp_path, env | {"VMS_NOTIFY_SMS_HERE": here}) as sender:
            assert (await sender.send(channel("sms_here", PHONE), message(picture=None))).outcome == "sent"
        (got,) = hook.got
        assert (got.path, got.headers["x-api-key"]) == ("/v1/send", "KEY")
        assert (got.json["to"], got.json["text"], "title" in got.json) == (PHONE, f"{TITLE}\n{BODY}", False)

"""What fails over there, or dies here, is one message's failure: it is said, others go on, and no secret comes out."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.integration.web.rig import SkippingClock
from tests.support.post_office import receiving
from tests.support.push_service import PushService
from tests.support.sending import KEY, PASSWORD, PHONE, channel, couriers, message, sms, subscribed
from tests.support.waiting import until, wait_until
from vms.domain.errors import ConfigurationError
from web.channels import couriers as module
from web.channels.couriers import MOST
from web.channels.push import Answer
from web.channels.vapid import KeyPair

ROOT = Path(__file__).parents[3]
SECRETS = (PASSWORD, KEY, PHONE, PHONE[1:])


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "JOB_S", 2.0)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("mood", ["hang", "trickle"])
async def test_who_never_answers_is_given_up_and_its_process_killed(tmp_path: Path, mood: str) -> None:
    with receiving() as hook:
        hook.mood = mood
        async with couriers(tmp_path, {"VMS_NOTIFY_SMS": sms(hook.port)}) as sender:
            (before,) = sender.pids
            answer = await sender.send(channel("sms", PHONE), message())
            assert (answer.outcome, answer.text) == ("failed", "no answer within 2 s")
            assert sender.pids == []
            assert not psutil.pid_exists(before)
            hook.mood = "good"
            hook.over.set()
            assert (await sender.send(channel("sms", PHONE), message())).outcome == "sent"


async def test_a_process_that_is_killed_amid_a_message_fails_that_one(tmp_path: Path) -> None:
    with receiving() as hook:
        hook.mood = "hang"
        async with couriers(tmp_path, {"VMS_NOTIFY_SMS": sms(hook.port)}) as sender:
            sending = asyncio.create_task(sender.send(channel("sms", PHONE), message()))
            await until(lambda: bool(hook.got), 20, "the message is under way")
            os.kill(sender.pids[0], signal.SIGKILL)
            answer = await sending
            assert (answer.outcome, "ended" in answer.text) == ("failed", True)
            hook.mood = "good"
            assert (await sender.send(channel("sms", PHONE), message())).outcome == "sent"


async def test_one_that_was_killed_while_it_had_nothing_to_do_is_not_noticed(tmp_path: Path) -> None:
    with receiving() as hook:
        async with couriers(tmp_path, {"VMS_NOTIFY_SMS": sms(hook.port)}) as sender:
            (pid,) = sender.pids
            os.kill(pid, signal.SIGKILL)
            await until(lambda: not psutil.pid_exists(pid), 20, "it is gone")
            assert (await sender.send(channel("sms", PHONE), message())).outcome == "sent"


async def test_a_dead_gateway_holds_up_no_other(tmp_path: Path) -> None:
    with receiving() as dead, receiving() as good:
        dead.mood = "hang"
        env = {"VMS_NOTIFY_DEAD": sms(dead.port), "VMS_NOTIFY_GOOD": sms(good.port)}
        async with couriers(tmp_path, env) as sender:
            stuck = [asyncio.create_task(sender.send(channel("dead", PHONE), message())) for _ in range(12)]
            await until(lambda: len(dead.got) == 2, 20, "as many as may hang in it")
            answers = await asyncio.gather(*(sender.send(channel("good", PHONE), message()) for _ in range(20)))
            assert {one.outcome for one in answers} == {"sent"}
            assert (len(dead.got), len(sender.pids) <= MOST) == (2, True)
            for one in stuck:
                one.cancel()
            await asyncio.gather(*stuck, return_exceptions=True)
            dead.mood = "good"
            assert (await sender.send(channel("dead", PHONE), message())).outcome == "sent"


async def test_who_gets_no_turn_in_time_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TURN_S", 0.5)
    with receiving() as dead:
        dead.mood = "hang"
        async with couriers(tmp_path, {"VMS_NOTIFY_DEAD": sms(dead.port)}) as sender:
            stuck = [asyncio.create_task(sender.send(channel("dead", PHONE), message())) for _ in range(2)]
            await until(lambda: len(dead.got) == 2, 20, "both hang")
            answer = await sender.send(channel("dead", PHONE), message())
            assert (answer.outcome, answer.text[:7]) == ("failed", "no turn")
            await sender.close()  # who is stopped waits for none of them
            assert {one.outcome for one in await asyncio.gather(*stuck)} == {"failed"}


async def test_idle_processes_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_S", 0.1)
    clock = SkippingClock()
    with receiving() as hook:
        async with couriers(tmp_path, {"VMS_NOTIFY_SMS": sms(hook.port)}, clock) as sender:
            running = asyncio.create_task(sender.run())
            await sender.send(channel("sms", PHONE), message())
            assert len(sender.pids) == 1
            clock.skipped += module.IDLE_S
            await until(lambda: sender.pids == [], 20, "it ended")
            running.cancel()


async def test_secrets_are_in_no_argument_no_environment_no_log_and_no_answer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    keys = KeyPair.load(tmp_path)
    with receiving() as hook, receiving(PushService(public_key=keys.public)) as service:
        row = subscribed(service)
        hidden = (*SECRETS, keys.private, *json.loads(row.address).values())
        env = {"VMS_NOTIFY_SMS": sms(hook.port), "VMS_PUSH_SERVICES": service.origin}
        async with couriers(tmp_path, env) as sender:
            hook.mood = "hang"
            sending = asyncio.create_task(sender.send(channel("sms", PHONE), message()))
            await until(lambda: bool(hook.got), 20, "the message is under way")
            for pid in sender.pids:
                told = _told_of(pid)
                assert b"courier_process" in told
                assert b"HOME=" in told
                assert not [one for one in hidden if one.encode() in told]
            os.kill(sender.pids[0], signal.SIGKILL)
            await sending
            hook.mood, hook.answer = "good", (500, b"")
            echo = " ".join(hook.got[0].headers.values()) + hook.got[0].body.decode() + PHONE
            answers: list[Answer] = []
            for said in (echo, f"to {PHONE} by vms:{PASSWORD} with {KEY}", PASSWORD.upper(), "x" * 9000):
                hook.answer = (500, said.encode())
                answers.append(await sender.send(channel("sms", PHONE), message()))
            service.answer = (400, f"bad {row.address} {keys.private}".encode())
            answers.append(await sender.send(row, message()))
        for one in answers:
            assert one.outcome == "failed"
            assert len(one.text) <= 300
            assert not [secret for secret in hidden if secret.lower() in one.text.lower()], one.text
    printed = capfd.readouterr()
    for text in (caplog.text, printed.out, printed.err):
        assert not [one for one in hidden if one in text]


async def test_a_url_that_apprise_does_not_take_is_refused_at_the_start_without_showing_it(tmp_path: Path) -> None:
    for url in (f"nonsense://vms:{PASSWORD}@h/{{address}}", f"tgram://{PASSWORD}/{{address}}"):
        with pytest.raises(ConfigurationError, match="VMS_NOTIFY_X is no URL that apprise can send to") as caught:
            async with couriers(tmp_path, {"VMS_NOTIFY_X": url}):
                pass
        assert PASSWORD not in str(caught.value)
        assert "\n" not in str(caught.value)


async def test_without_a_process_to_be_had_a_message_fails_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiving() as hook:
        monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
        async with couriers(tmp_path, {"VMS_NOTIFY_SMS": sms(hook.port)}) as sender:
            answer = await sender.send(channel("sms", PHONE), message())
            assert (answer.outcome, "does not start" in answer.text) == ("failed", True)
        monkeypatch.setattr(sys, "executable", "/bin/true")
        async with couriers(tmp_path, {"VMS_NOTIFY_SMS": sms(hook.port)}) as sender:
            assert (await sender.send(channel("sms", PHONE), message())).outcome == "failed"
            assert sender.pids == []


_PARENT = """
import asyncio, sys
from pathlib import Path
from tests.support.sending import *
async def main():
    async with couriers(Path(sys.argv[1]), {"VMS_NOTIFY_SMS": sms(int(sys.argv[2]))}) as sender:
        await sender.send(channel("sms", PHONE), message())
asyncio.run(main())
"""


def test_they_die_with_who_started_them_amid_a_message(tmp_path: Path) -> None:
    with receiving() as hook:
        hook.mood = "hang"
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
        argv = [sys.executable, "-c", _PARENT, str(tmp_path), str(hook.port)]
        with subprocess.Popen(argv, env=env, cwd=ROOT) as parent:
            hook.wait()
            (child,) = psutil.Process(parent.pid).children()
            parent.kill()
        wait_until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, 20, "it is gone")


def _told_of(pid: int) -> bytes:
    """Its arguments and its environment, as others on the host may see them."""
    return b"".join(Path(f"/proc/{pid}/{name}").read_bytes() for name in ("cmdline", "environ"))

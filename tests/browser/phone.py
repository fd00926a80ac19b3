"""A telephone in Chromium: a signed-in page, its service worker, and the push service's end of it.

What is pushed is handed to the worker by the browser's own debugger: a push service of the outside world gives no
address to a browser that a test started. Everything after that is the browser's own.
"""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import BrowserContext, Page

from tests.browser.bare import Running
from tests.integration.web.rig import PASSWORD
from tests.support.waiting import wait_until

SIZE = {"width": 390, "height": 844}


def base(running: Running) -> str:
    return f"http://127.0.0.1:{running.rig.port}"


def sign_in(page: Page) -> None:
    page.locator("input").nth(0).fill("admin")
    page.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.locator(".shell").wait_for()


class Phone:
    """``path``: where it is opened."""

    def __init__(self, context: BrowserContext, running: Running, path: str = "/alerts") -> None:
        self.base = base(running)
        self.page = context.new_page()
        self.page.goto(self.base + path)
        sign_in(self.page)
        self.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        self.worker = context.service_workers[0]
        self._cdp = context.new_cdp_session(self.page)
        found: list[str] = []
        self._cdp.on(
            "ServiceWorker.workerRegistrationUpdated",
            lambda told: found.extend(one["registrationId"] for one in told["registrations"]),
        )
        self._cdp.send("ServiceWorker.enable")
        wait_until(lambda: self.page.evaluate("1") and found, 20, "the worker's registration")
        self._registration = found[0]

    def push(self, told: dict[str, Any]) -> None:
        data = json.dumps(told)
        given = {"origin": self.base, "registrationId": self._registration, "data": data}
        self._cdp.send("ServiceWorker.deliverPushMessage", given)

    def shown(self) -> list[dict[str, Any]]:
        """The messages as they stand on the telephone."""
        found: list[dict[str, Any]] = self.worker.evaluate(
            """async () => (await registration.getNotifications()).map((one) => ({
                title: one.title, body: one.body, silent: one.silent, held: one.requireInteraction,
                image: (one.image ?? '').slice(0, 23), actions: one.actions.map((act) => act.action) }))"""
        )
        return found

    def await_shown(self, *titles: str) -> list[dict[str, Any]]:
        """Once they are these and no others."""
        wait_until(lambda: sorted(one["title"] for one in self.shown()) == sorted(titles), 20, f"shown is {titles}")
        return self.shown()

    def tap(self, action: str = "") -> None:
        """As a finger does it, which the debugger has not; returns when the worker has done what it does."""
        self.worker.evaluate(
            """async (action) => {
                const [notification] = await registration.getNotifications()
                const event = new NotificationEvent('notificationclick', { notification, action })
                let under
                event.waitUntil = (work) => { under = work }
                dispatchEvent(event)
                await under
            }""",
            action,
        )

"""hls.js on a page of the service's own origin: plays a playlist, seeks, and tells when a picture was painted."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, Route

#: ``HLS_JS`` names another one.
HLS_JS = Path(
    os.environ.get("HLS_JS", Path(__file__).parents[2] / "web" / "ui" / "node_modules/hls.js/dist/hls.min.js")
)
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run",
    "--disable-component-update", "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip

_HTML = """<!doctype html><video muted playsinline width=640></video><script src="/hls-test/hls.js"></script>
<script src="/hls-test/page.js"></script>"""

_PAGE = """
const video = document.querySelector('video');
const state = {errors: [], hls: null};
function load(url, start) {
  if (state.hls) state.hls.destroy();
  const hls = state.hls = new Hls({enableWorker: false, startPosition: start, maxBufferLength: 10});
  hls.on(Hls.Events.ERROR, (_, e) => state.errors.push([e.type, e.details, e.fatal, String(e.error || '')]));
  hls.loadSource(url);
  hls.attachMedia(video);
}
// While it plays, the first frame behind the position may be a later one: the element drops what came too late.
function painted(position) {
  return new Promise(done => {
    const late = () => video.paused ? 0.1 : 3;
    const look = (_, frame) => frame.mediaTime > position - 0.1 && frame.mediaTime < position + late()
      ? done(performance.now()) : video.requestVideoFrameCallback(look);
    video.requestVideoFrameCallback(look);
  });
}
async function open(url, position) {
  const begun = performance.now();
  const picture = painted(position);
  load(url, position);
  return await picture - begun;
}
async function seek(position) {
  const begun = performance.now();
  const picture = painted(position);
  video.currentTime = position;
  return await picture - begun;
}
function details() {
  const level = state.hls && state.hls.levels[0] && state.hls.levels[0].details;
  return level ? {live: level.live, total: level.totalduration, edge: level.edge, first: level.fragments[0].start,
    count: level.fragments.length, sn: level.startSN} : null;
}
function utc() { return state.hls.playingDate ? state.hls.playingDate.getTime() / 1000 : null; }
function picture() {
  if (!video.videoWidth) return null;
  const copy = document.createElement('canvas');
  copy.width = video.videoWidth; copy.height = video.videoHeight;
  copy.getContext('2d').drawImage(video, 0, 0);
  return copy.toDataURL('image/png');
}
"""


def hls_page(context: BrowserContext, base: str, token: str) -> Page:
    """A page with ``load``, ``open``, ``seek``, ``details``, ``utc`` and ``picture``; logged in by ``token``."""
    context.add_cookies([{"name": "vms_session", "value": token, "url": base}])

    def serve(route: Route) -> None:
        name = route.request.url.rsplit("/", 1)[-1]
        answers: dict[str, dict[str, Any]] = {
            "page.js": {"body": _PAGE, "content_type": "text/javascript"},
            "hls.js": {"path": HLS_JS, "content_type": "text/javascript"},
        }
        route.fulfill(**answers.get(name, {"body": _HTML, "content_type": "text/html"}))

    context.route("**/hls-test/**", serve)
    page = context.new_page()
    page.goto(f"{base}/hls-test/")
    return page

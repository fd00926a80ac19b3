"""What the watch for tampering costs, how soon it finds what, how often it is wrong: ``python -m tests.bench.tamper``.

Drawn places, and the footage of ``../shared`` where it is; looks are key frames that were really encoded, two seconds
apart; time is simulated. ``--minutes`` of each harmless thing a place.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np

from detectors import pictures
from detectors.sampling.tamper import SIZE, TamperWatch
from tests.support.tampering import Scene, Sensor, Watched, blurred, drawn, filmed, turned
from tests.unit.detectors.test_tamper import FALSE, SIZE_IN, TAMPERED

FOOTAGE = Path(__file__).resolve().parents[3] / "shared" / "footage"


def places() -> dict[str, Scene]:
    """Each as the camera sees it while nothing is wrong."""

    def still(number: int) -> Scene:
        light = drawn(number, SIZE_IN)
        return lambda _t: light

    def moving(path: Path) -> Scene:
        frames = filmed(path, SIZE_IN)
        return lambda t: frames[int(2 * t) % len(frames)]

    found = {f"drawn {number}": still(number) for number in (0, 1, 2, 7)}
    return found | {path.stem: moving(path) for path in sorted(FOOTAGE.glob("*.mp4"))}


def cost() -> None:
    """Microseconds of this thread, the least of five rounds."""

    def least(work: Callable[[], object], times: int) -> float:
        rounds = []
        for _ in range(5):
            begun = time.thread_time()
            for _ in range(times):
                work()
            rounds.append((time.thread_time() - begun) / times * 1e6)
        return min(rounds)

    print("| cost | µs |\n|---|---|")
    for width, height in ((640, 360), (1280, 720), (1920, 1080)):
        planes = np.random.default_rng(1).integers(16, 235, (height * 3 // 2, width), np.uint8)
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        large, small = (
            least(lambda f=frame: pictures.grey(f, *SIZE), 200),
            least(lambda f=frame: pictures.grey(f, 80, 45), 200),
        )
        print(f"| {width}×{height} → 160×90 (→ 80×45, which was made before: {small:.0f}) | {large:.0f} |")
    sensor, light = Sensor(SIZE), drawn(0, SIZE)
    greys = [sensor.see(light, 1.0) for _ in range(64)]
    for name, seen in (("as learnt", greys), ("another view", [grey[:, ::-1].copy() for grey in greys])):
        for apart in (2.0, 1.0):
            watch, moment = TamperWatch(), 0.0
            for grey in greys:
                watch.look(grey, moment := moment + 2)

            def look(watch: TamperWatch = watch, seen: list[np.ndarray] = seen, apart: float = apart) -> None:
                nonlocal moment
                for grey in seen:
                    watch.look(grey, moment := moment + apart)

            print(f"| a look, {name}, every {apart:g} s, with its share of the windows' | {least(look, 5) / 64:.0f} |")


def delays(scenes: dict[str, Scene]) -> None:
    """Seconds until it was found, of each place; at a moment that is the worst for it."""
    changes = TAMPERED | {
        f"blur of {share:.1%} of the width": ("defocused", lambda light, share=share: blurred(light, share))
        for share in (0.006, 0.008, 0.01)
    } | {
        f"turned by {share:.0%}, {turn}°": ("moved", lambda light, s=share, a=turn: turned(light, s, 0, a, 1 + a / 60))
        for share, turn in ((0.02, 0), (0.03, 0), (0.04, 0), (0, 10), (0, 20))
    }  # fmt: skip
    print("\n| done to it | " + " | ".join(scenes) + " |\n|---|" + "---|" * len(scenes))
    for name, (kind, change) in changes.items():
        row = []
        for scene in scenes.values():
            watched = Watched(SIZE_IN).show(scene, 123)
            began = watched.moment
            watched.show(lambda t, scene=scene, change=change: change(scene(t)), 90)
            delay = watched.delay(kind, began)
            row.append(f"{delay:.0f}" if delay < 1e3 else ", ".join(sorted(watched.said)) or "–")
        print(f"| {name} ({kind}) | " + " | ".join(row) + " |", flush=True)
    row = []
    for scene in scenes.values():
        watched = Watched(SIZE_IN).show(scene, 123)
        began = watched.moment
        row.append(f"{watched.stand_still(scene(0), 90).delay('frozen', began):.0f}")
    print("| frozen | " + " | ".join(row) + " |")


def wrong(scenes: dict[str, Scene], minutes: float) -> None:
    """Findings where nothing was done to the camera."""
    print("\n| harmless | findings | camera-hours |\n|---|---|---|")
    hours, findings = 0.0, 0
    harmless: dict[str, Callable[[Scene], Scene]] = {"quiet": lambda scene: scene, **FALSE}
    for name, change in harmless.items():
        said = []
        for place, scene in scenes.items():
            for noise, crf in ((2.0, 30), (4.0, 36)):
                watched = Watched(SIZE_IN, noise=noise, crf=crf).show(scene, 120).show(change(scene), 60 * minutes)
                said += [f"{kind} ({place})" for _, kind in watched.findings if kind is not None]
                hours += minutes / 60
        findings += len(said)
        print(
            f"| {name} | {len(said)} {', '.join(sorted(set(said)))} | {2 * len(scenes) * minutes / 60:.1f} |",
            flush=True,
        )
    print(f"| together | {findings}: {findings / hours:.3f} an hour | {hours:.1f} |")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--cost-only", action="store_true")
    asked = parser.parse_args()
    cost()
    if not asked.cost_only:
        scenes = places()
        delays(scenes)
        wrong(scenes, asked.minutes)


if __name__ == "__main__":
    main()

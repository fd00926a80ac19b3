"""One camera's analyst: the sink of its stream, and the place where its results come together.

Packets come in the reading thread: what a ``Looker`` wants of them is handed to the batcher. Results come in a batching
thread, one at a time. Not here: connecting (``vms.ingest``), what is looked at (``looker``), the model (``inference``).
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass

import av

from detectors import pictures
from detectors.alerts import AlertWriter, snapshot_of
from detectors.analysis import Analysis, Observation
from detectors.decoding import CameraDecoder, Decoding
from detectors.inference.backend import Backend, Detections
from detectors.inference.batching import Batcher, Sample
from detectors.looker import Look, Looker
from detectors.outputs import Outputs
from detectors.plan import CameraPlan
from detectors.sampling.apart import DecoderDied, NotStarted
from detectors.sampling.decoder import CorruptStream, Group
from detectors.sampling.flow import Flow
from detectors.sampling.lateness import Lateness
from detectors.status import Status, known
from vms.domain.clock import Clock
from vms.domain.masks import outlines
from vms.domain.messages import DetectorState
from vms.ingest.stream import TIMESCALE, MediaPacket, Run

log = logging.getLogger(__name__)

#: Where alerts are open, the disk knows when the camera was looked at last, as exactly as this (seconds).
STAMP_S = 10.0


@dataclass(frozen=True, slots=True)
class Latest:
    """The last decoded picture."""

    frame: av.VideoFrame
    at: float  # UTC seconds
    moment: float  # monotonic seconds


class CameraAnalyst:
    """A ``PacketSink`` for the sub stream, or for key frames of the main one."""

    def __init__(
        self,
        plan: CameraPlan,
        batcher: Batcher,
        writer: AlertWriter,
        clock: Clock,
        analysis: Analysis,
        decoding: Decoding,
    ) -> None:
        self.plan = plan
        self._batcher = batcher
        self._writer = writer
        self._clock = clock
        self.analysis = analysis
        self._retired = False
        self._looker: Looker[MediaPacket] = Looker(analysis, plan.rates, plan.camera.id, self.left_out)
        self._looker.attend(clock.utc())
        self._lateness = Lateness()
        self._decoding = decoding
        self._decoder: CameraDecoder | None = None
        self._run: Run | None = None
        self._run_began: tuple[float, int] = (0.0, 0)
        self._last_moment = 0.0
        self._stamped = -math.inf  # moment
        self._outputs: Outputs | None = None
        self._shown: str | None = None  # the run that the live sub stream knows
        self.status = Status(clock)
        self.latest: Latest | None = None
        self.seen: Observation | None = None  # what ``persons`` was said of
        self.flow = Flow(clock.monotonic())

    # --- the reading thread ------------------------------------------------------------------------------------

    def begin(self, run: Run) -> None:
        """A new run."""
        self._run = run

        def decoder() -> CameraDecoder:
            made = self._decoder = self._decoding.decoder(self.plan.camera.id, run.info.codec, run.info.extradata)
            return made

        self._looker.begin(decoder)
        self._run_began = (0.0, -1)
        self._lateness = Lateness()

    def packet(self, run: Run, packet: MediaPacket) -> None:
        """One access unit: shown to watchers, and decoded if its picture is due."""
        moment = self._moment(packet)
        late = self._lateness.late(packet.arrival, packet.dts / TIMESCALE)
        outputs = self._outputs
        if outputs is not None and outputs.sub is not None:
            if self._shown != run.id and packet.keyframe:
                outputs.sub.begin(run)
                self._shown = run.id
            if self._shown == run.id:
                outputs.sub.packet(run, packet)
        show = outputs is not None and outputs.masked.wants(run, packet, moment, self._decoder)
        tile_fps = outputs.tile_fps if outputs is not None else 0.0
        try:
            look = self._looker.packet(packet, moment, tile_fps=tile_fps, show=show, late=late)
        except CorruptStream as err:
            self._set_aside(err)
            return
        if look is None or look.frame is None:
            return
        if show and outputs is not None:
            outputs.masked.frame(run, look.frame)
        if look.looked:
            self._hand_on(run, look, look.frame, moment)

    def end(self, _run: Run, reason: str) -> None:
        """The run is over; another may follow at once."""
        self._run = None
        self._shown = None
        if self._outputs is not None:
            self._outputs.masked.end(known(reason))
            if self._outputs.sub is not None:
                self._outputs.sub.end(known(reason))

    def trouble(self, reason: str, detail: str) -> None:
        """No pictures until the next run."""
        self._decoder = None
        if self._looker.stop():
            self._decoding.blame(self.plan.camera.id, "hung")
            reason, detail = "corrupt", "the decoder does not come back from the pictures; decoded apart from now on"
            if self._decoding.why_apart(self.plan.camera.id) is None:
                reason, detail = "decoder", "the decoder does not come back, nor do many others: it is the machine"
        self.status.offline(known(reason), detail)

    def left_out(self, count: int = 1) -> None:
        """Pictures were due for the model and will not be decoded."""
        now = self._clock.monotonic()
        for _ in range(count):
            self.flow.left_out(now)

    def _moment(self, packet: MediaPacket) -> float:
        """The packet's place on the monotonic clock: arrival of the run's first one, then the stream's own time."""
        began, first = self._run_began
        if first < 0:
            # The camera's clock may have got ahead of ours: a run that began behind its last moment would stand still.
            began, first = self._run_began = (max(packet.arrival, self._last_moment), packet.dts)
        self._last_moment = max(self._last_moment, began + (packet.dts - first) / TIMESCALE)
        return self._last_moment

    def _hand_on(self, run: Run, look: Look, frame: av.VideoFrame, moment: float) -> None:
        size = (frame.width, frame.height)
        self.status.online(*size)
        at = run.utc(frame.pts) if frame.pts is not None else self._clock.utc()
        self.latest = Latest(frame, at, self._clock.monotonic())
        self.flow.sampled(self._clock.monotonic())
        if look.wanted:
            backend = self._batcher.backend
            wanted = backend.picture_size(*size) if backend is not None else None
            sample = Sample(self.plan.camera.id, pictures.bgr(frame, wanted), frame, at, moment, size)
            took_slot = self._batcher.submit(sample, self.inferred)
            self.flow.hand(self._clock.monotonic(), replaced=not took_slot)
        if look.tile and (outputs := self._outputs) is not None:
            outputs.tile(frame, at, moment, self.persons)

    def _set_aside(self, err: CorruptStream) -> None:
        wait_s = self._looker.aside_for
        log.warning("decoder.set_aside camera=%s error=%s retry_s=%.0f", self.plan.camera.id, err, wait_s)
        if isinstance(err, NotStarted):
            self.status.offline("decoder", f"{err}; tried again after {wait_s:.0f} s")
            return
        trouble = "bring the decoder down" if isinstance(err, DecoderDied) else "cannot be decoded"
        self.status.offline("corrupt", f"the pictures {trouble} ({err}); tried again after {wait_s:.0f} s")

    # --- a batching thread -------------------------------------------------------------------------------------

    def inferred(self, sample: Sample, found: Detections, backend: Backend) -> None:
        """The model's finding for one sample; in order, one at a time."""
        with self.analysis.lock:  # told within it as well: an end must not overtake its beginning
            if self._retired:
                return
            seen = self._looker.observe(found, backend.scale, sample.size, sample.at, sample.moment)
            for event in seen.events:
                self._writer.tell(event, snapshot_of(sample.frame) if event.word == "opened" else None)
            if sample.moment - self._stamped >= STAMP_S and self.analysis.rules.open_alerts:
                self._stamped = sample.moment
                self._writer.looked(self.plan.camera.id, self._clock.utc())
        self.flow.inferred(self._clock.monotonic())
        if self.status.reason is None:
            self.seen = seen
        if seen.minute is not None:
            self._writer.minute(seen.minute)
        if (outputs := self._outputs) is not None:
            outputs.boxes(seen.persons, seen.at)

    # --- the event loop ----------------------------------------------------------------------------------------

    def show(self, outputs: Outputs | None) -> None:
        """From now on watchers can be served; None: no longer."""
        self._outputs = outputs
        self._shown = None

    def change(self, plan: CameraPlan) -> None:
        """Takes other zones, rules or rates; the stream goes on."""
        if self._outputs is not None:
            self._outputs.cover(outlines(plan.camera.masks))
        self.plan = plan
        self._looker.sampler.rates = plan.rates
        now = self._clock.utc()
        with self.analysis.lock:
            for event in self.analysis.change(plan.camera, plan.zone_info, now):
                self._writer.tell(event)
            self._looker.attend(now)

    def retire(self, cause: str | None) -> None:
        """The analyst is needed no longer. ``cause`` ends its alerts; without one they go on after a restart."""
        now = self._clock.utc()
        with self.analysis.lock:
            self._retired = True  # a batch that is under way may still deliver
            for event in self.analysis.rules.end_all(now, cause) if cause is not None else []:
                self._writer.tell(event)
            minute = self.analysis.minutes.close(now)
        if minute is not None:
            self._writer.minute(minute)
        self._batcher.forget(self.plan.camera.id)

    @property
    def persons(self) -> int | None:
        """Persons in the picture; None while that is not known."""
        return self._looker.persons

    @property
    def active(self) -> bool:
        """Whether pictures come and something happens in them."""
        return self.status.reason is None and self._looker.sampler.active(self._last_moment)

    def govern(self, scale: float) -> None:
        """From now on so much of the active rate is granted."""
        self._looker.sampler.scale = scale

    def tick(self) -> None:
        """Every few seconds, without a picture: what is over is told, a rule that is armed now attended to."""
        now = self._clock.utc()
        with self.analysis.lock:
            for event in self.analysis.rules.drop_orphans(now):
                self._writer.tell(event)
            minute = self.analysis.minutes.roll(now - 2.0)
            self._looker.attend(now)  # its schedule may have begun
        if minute is not None:
            self._writer.minute(minute)

    def group(self) -> Group | None:
        """The newest group of pictures, to decode elsewhere; None without a stream."""
        decoder = self._decoder
        return decoder.group() if decoder is not None else None

    def moment_utc(self, pts: int | None) -> float | None:
        """UTC seconds of a frame of the present run."""
        run = self._run
        return run.utc(pts) if run is not None and pts is not None else None

    def state(self, node: str, revision: int) -> DetectorState:
        """The heartbeat, but for what is the model's."""
        now = self._clock.monotonic()
        with self.analysis.lock:
            open_alerts = tuple(alert.id for alert in self.analysis.rules.open_alerts)
        return self.status.state(
            self.plan, node, revision,
            latest=self.latest.at if self.latest is not None else None,
            persons=self.persons,
            tamper=self._looker.tampering.now,
            seen=self.seen,
            figures=self.flow.figures(now, self.plan.rates.min_fps),
            scale=self._looker.sampler.scale,
            loaded=self._batcher.backend is not None,
            open_alerts=open_alerts,
            slow_keys=self._looker.sampler.slow_keys(self._last_moment),
            apart=self._decoding.why_apart(self.plan.camera.id),
        )  # fmt: skip

"""Figures for Prometheus. No camera names and no secrets: this page needs no login."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from fastapi import APIRouter
from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from starlette.responses import Response

from vms.domain.messages import DetectorState
from web.access import permit_everyone
from web.context import Context, Here

router = APIRouter(tags=["system"])


class _Present(Collector):
    """Reads the figures when they are asked for."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def collect(self) -> Iterator[Metric]:
        context = self._context
        cameras = GaugeMetricFamily("vms_cameras", "Cameras by state", labels=["state"])
        views = context.cameras.views()
        found = Counter(view.state for view in views)
        for state in ("recording", "online", "offline", "disabled"):
            cameras.add_metric([state], found[state])
        yield cameras
        # Sums over the cameras that report: a restarted worker counts from nothing, as Prometheus expects.
        shed = CounterMetricFamily("vms_shed", "Pictures that came and were not used", labels=["by"])
        shed.add_metric(["recorder"], sum(v.recorder.state.packets_dropped for v in views if v.recorder is not None))
        shed.add_metric(["detector"], sum(v.detector.state.samples_dropped for v in views if v.detector is not None))
        yield shed
        yield from _analysis([v.detector.state for v in views if v.detector is not None and v.detector.fresh])
        missed = sum(v.recorder.state.packets_missed for v in views if v.recorder is not None)
        yield CounterMetricFamily("vms_packets_missed", "Packets of video that cameras left out", missed)
        sockets = GaugeMetricFamily("vms_web_sockets", "Open websockets by kind", labels=["kind"])
        sockets.add_metric(["alerts"], context.alert_sockets)
        sockets.add_metric(["wall"], context.wall.clients)
        sockets.add_metric(["live"], context.live.watchers)
        yield sockets
        yield GaugeMetricFamily("vms_web_bus_connected", "1 while the bus answers", int(context.link.connected))
        yield GaugeMetricFamily("vms_config_revision", "Configuration in force", context.current.revision)
        yield GaugeMetricFamily("vms_web_event_seq", "Number of the newest event", context.feed.head)
        applied = CounterMetricFamily("vms_web_messages_applied", "Stored messages applied", labels=["stream"])
        refused = CounterMetricFamily("vms_web_messages_refused", "Stored messages refused", labels=["stream"])
        for name, consumer in context.consumers.items():
            applied.add_metric([name], consumer.counters.applied)
            refused.add_metric([name], consumer.counters.refused)
        yield applied
        yield refused
        yield CounterMetricFamily("vms_audit_lost", "Entries of the audit log counted, not written", context.audit.lost)


def _analysis(states: list[DetectorState]) -> Iterator[Metric]:
    """How much of what the cameras ask for the model sees, by node."""
    rates = GaugeMetricFamily("vms_detector_fps", "Pictures a second over 10 s", labels=["node", "what"])
    scale = GaugeMetricFamily("vms_detector_scale", "Share of the active rate that is granted", labels=["node"])
    behind = GaugeMetricFamily("vms_detector_behind", "Cameras that get less than detector.min_fps", labels=["node"])
    for node in sorted({state.node for state in states}):
        here = [state for state in states if state.node == node]
        rates.add_metric([node, "sampled"], sum(state.sampled_fps for state in here))
        rates.add_metric([node, "wanted"], sum(state.wanted_fps for state in here))
        rates.add_metric([node, "inferred"], sum(state.inferred_fps for state in here))
        scale.add_metric([node], min(state.scale for state in here))
        behind.add_metric([node], sum(state.behind for state in here))
    yield from (rates, scale, behind)


@router.get(
    "/metrics",
    dependencies=[permit_everyone()],
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}},
)
async def metrics(context: Here) -> Response:
    """Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_Present(context))
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)

"""Every camera asked for its streams, as the service would ask: DESCRIBE over TCP, with its login."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from vms.doctor.finding import Finding
from vms.domain.errors import ConfigurationError, IngestError
from vms.domain.facility import Camera, Facility
from vms.ingest.address import target_of
from vms.ingest.opening import describe
from vms.settings.facility_file import stream_url

AT_ONCE = 16
#: One of these says nothing about the path or the login: the other stream would only wait for it again.
_HOST_IS_AWAY = ("unreachable", "timeout")
_REMEDIES = {
    "unauthorized": "check user and password of the camera in the environment",
    "forbidden": "give this user the right to see video, in the camera's own settings",
    "not_found": "correct the path in the facility file; the camera's manual names it",
    "busy": "the camera serves others: end their sessions, or raise its limit of streams",
    "timeout": "check that it is switched on, that the address is its own, and the network between",
    "unreachable": "check that it is switched on, its address and port, and the network between",
    "redirected": "put the final address into the facility file",
    "no_video": "switch the video stream on in the camera, or correct the path",
    "unsupported_codec": "set the stream to H.264 or H.265 in the camera",
    "corrupt": "check that the port is the camera's RTSP port (554 on most)",
    "configuration": "correct the URL in the facility file",
}


def check(facility: Facility, env: Mapping[str, str]) -> list[Finding]:
    """One finding for each camera, in the file's order; ``AT_ONCE`` of them are asked at a time."""
    cameras = [camera for _, camera in facility.cameras()]
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="doctor") as pool:
        return list(pool.map(lambda camera: _camera(camera, env), cameras))


def _camera(camera: Camera, env: Mapping[str, str]) -> Finding:
    subject = f"camera {camera.id}"
    if not camera.enabled:
        return Finding("ok", subject, "disabled in the facility file, not asked")
    said: list[str] = []
    worst: str | None = None
    for profile, template in (("main", camera.streams.main), ("sub", camera.streams.sub)):
        if template is None:
            said.append("no sub stream: analysed from main's key frames")
            continue
        try:
            said.append(f"{profile} {describe(target_of(stream_url(template, env), env))}")
        except ConfigurationError as err:
            return Finding("warning", subject, f"not asked; {profile}: {err}", "correct it and ask again")
        except IngestError as err:
            said.append(f"{profile}: {err}")
            worst = worst or err.reason
            if err.reason in _HOST_IS_AWAY:
                break
        except (ValueError, OSError) as err:
            # A host name that the resolver cannot even encode, and the like: this camera's fault alone.
            said.append(f"{profile}: {type(err).__name__}")
            worst = worst or "configuration"
    text = ", ".join(said)
    if worst is None:
        return Finding("ok", subject, text)
    return Finding("problem", subject, text, _REMEDIES.get(worst, "see the camera's own log"))

"""GStreamer's RTSP server as the independent peer: run by the system's Python, which has its bindings.

``python3 gst_rtsp.py '{"mounts": {"/cam1": {"codec": "h264", "fps": 25, "gop": 50, "size": [640, 360]}}}'`` prints
its port as one line, then serves until its standard input closes. One mount a client: a second client on a
shared mount restarts it for all. ``"logins": [[user, password], …]`` asks for one of these, ``"digest": true`` for
its Digest.
"""

import json
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

PAYLOADERS = {
    "h264": "x264enc tune=zerolatency speed-preset=ultrafast bitrate={kbit} key-int-max={gop} bframes={b} "
    "! video/x-h264,profile={profile} ! rtph264pay name=pay0 pt=96 config-interval={inband}",
    "h265": "x265enc tune=zerolatency speed-preset=ultrafast bitrate={kbit} key-int-max={gop} "
    "! rtph265pay name=pay0 pt=96 config-interval={inband}",
    "mjpeg": "videoconvert ! video/x-raw,format=I420 ! jpegenc ! rtpjpegpay name=pay0 pt=26",
}


def launch_line(mount: dict) -> str:
    if mount.get("codec") == "audio":
        return "( audiotestsrc is-live=true ! alawenc ! rtppcmapay name=pay0 pt=8 )"
    width, height = mount.get("size", [640, 360])
    encoder = PAYLOADERS[mount.get("codec", "h264")].format(
        kbit=mount.get("kbit", 500),
        gop=mount.get("gop", 50),
        b=mount.get("bframes", 0),
        profile="high" if mount.get("bframes") else "constrained-baseline",
        inband=mount.get("config_interval", -1),
    )
    return (
        f"( videotestsrc is-live=true pattern={mount.get('pattern', 'ball')} "
        f"! video/x-raw,width={width},height={height},framerate={mount.get('fps', 25)}/1 ! {encoder} )"
    )


def main() -> None:
    Gst.init(None)
    spec = json.loads(sys.argv[1])
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(spec.get("port", 0)))
    logins = spec.get("logins") or ([[spec["user"], spec["password"]]] if spec.get("user") else [])
    if logins:
        auth = GstRtspServer.RTSPAuth()
        if spec.get("digest"):
            auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "user")
        for user, password in logins:
            if spec.get("digest"):
                auth.add_digest(user, password, token)
            else:
                auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
        server.set_auth(auth)
    for path, mount in spec["mounts"].items():
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(launch_line(mount))
        factory.set_shared(True)
        if logins:
            permissions = GstRtspServer.RTSPPermissions()
            permissions.add_permission_for_role("user", "media.factory.access", True)
            permissions.add_permission_for_role("user", "media.factory.construct", True)
            factory.set_permissions(permissions)
        server.get_mount_points().add_factory(path, factory)
    loop = GLib.MainLoop()
    server.attach(None)
    print(server.get_bound_port(), flush=True)
    GLib.io_add_watch(sys.stdin, GLib.IO_HUP | GLib.IO_IN, lambda *_: loop.quit() or False)
    loop.run()


main()

"""``python -m vms.demo``: simulated cameras alone, without the service. Arguments only; the rest is ``service``."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

from vms.demo.facility import PASSWORD_VARIABLE, USER_VARIABLE
from vms.demo.plan import DemoSpec
from vms.demo.service import run_cameras
from vms.domain.errors import ConfigurationError, VmsError


def parse(arguments: list[str] | None = None) -> DemoSpec:
    """The spec that ``arguments`` and the environment ask for. Exits with 2 on wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m vms.demo", description=__doc__)
    parser.add_argument("--cameras", type=int, default=8, metavar="N")
    parser.add_argument("--sites", type=int, default=None, metavar="M")
    parser.add_argument("--rtsp-port", type=int, default=0, metavar="P", help="0: a free one (default)")
    parser.add_argument("--phones-port", type=int, default=0, metavar="P", help="of the officers' telephones; 0: none")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--data", type=Path, default=Path("data"), metavar="DIR")
    parser.add_argument("--video", type=Path, nargs="+", default=[], metavar="FILE", help="your own footage")
    parser.add_argument("--h265", type=int, default=0, metavar="K", help="the last K cameras send H.265")
    parser.add_argument("--min-loop", type=float, default=20.0, metavar="S", help="repeat shorter footage to S seconds")
    parser.add_argument(
        "--quiet", type=float, default=0.0, metavar="S", help="nobody comes for S seconds after a drawn camera's visits"
    )
    given = parser.parse_args(arguments)
    if not 0 <= given.rtsp_port <= 65535:
        raise ConfigurationError(f"--rtsp-port {given.rtsp_port}: a port is between 0 and 65535")
    footage = os.environ.get("VMS_DEMO_FOOTAGE")
    return DemoSpec(
        cameras=given.cameras,
        sites=given.sites,
        rtsp_port=given.rtsp_port,
        phones_port=given.phones_port,
        data=given.data,
        videos=tuple(given.video),
        footage=Path(footage) if footage else None,
        h265=given.h265,
        host=given.host,
        user=os.environ.get(USER_VARIABLE) or None,
        password=os.environ.get(PASSWORD_VARIABLE),
        min_loop_s=given.min_loop,
        quiet_s=given.quiet,
    )


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 after a signal, 1 on failure, 2 on wrong usage."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        return run_cameras(parse(arguments))
    except ConfigurationError as err:
        sys.stderr.write(f"error: {err}\n")
        return 2
    except VmsError as err:
        sys.stderr.write(f"error: {err}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())

"""Simulated cameras: footage or drawn scenes, served over real RTSP, and the facility file that fits them."""

from __future__ import annotations

from vms.demo.facility import facility_dict, facility_yaml
from vms.demo.plan import CameraPlan, DemoSpec, make_plan
from vms.demo.service import plans_of, run_cameras

__all__ = ["CameraPlan", "DemoSpec", "facility_dict", "facility_yaml", "make_plan", "plans_of", "run_cameras"]

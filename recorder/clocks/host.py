"""The kernel's word on the host's clock: adjtimex(2), asked without changing anything. Nothing is judged here."""

from __future__ import annotations

import ctypes
import logging

from vms.domain.node import HostClock

log = logging.getLogger(__name__)

# <sys/timex.h>
_STA_UNSYNC, _STA_NANO = 0x0040, 0x2000
_PPM = 1 << 16  # a frequency of one part in a million


class _Timex(ctypes.Structure):
    """``struct timex``; its tail (pulse per second, reserved) is only room."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),  # µs, or ns with STA_NANO
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),  # µs
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("rest", ctypes.c_byte * 256),
    )


def read_host_clock() -> HostClock:
    """Everything None where the kernel does not say (no Linux, a sandbox that forbids the question)."""
    told = _Timex(modes=0)
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.adjtimex(ctypes.byref(told)) < 0:
            return HostClock()
    except (OSError, AttributeError):
        return HostClock()
    return HostClock(
        synchronized=not told.status & _STA_UNSYNC,
        # What is still to be added to the clock: by so much it is behind.
        offset_s=-told.offset / (1e9 if told.status & _STA_NANO else 1e6) + 0.0,
        max_error_s=told.maxerror / 1e6,
        frequency_ppm=round(told.freq / _PPM, 3),
    )

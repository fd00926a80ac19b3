"""The one door to the library ``ultralytics`` (the extra ``yolo``), which brings torch: opened only when it is used.

Left to itself it asks the internet whether it is there, reports its use to its maker, installs packages that it
misses, fetches weights that it does not find, and unpickles whatever a ``.pt`` holds, which runs any code in it. A
camera service wants none of these: they are switched off before the import, because it reads them only then.
"""

from __future__ import annotations

import importlib
import os
import re
from pathlib import Path
from typing import Any

from vms.domain.errors import ConfigurationError

INSTALL = "'make yolo' installs it (torch too: some gigabytes)"

#: docs.ultralytics.com, "Environment variables"; ``ULTRALYTICS_SAFE_LOAD``: ultralytics.nn.tasks, weights only.
SWITCHES = {
    "YOLO_OFFLINE": "true",
    "YOLO_AUTOINSTALL": "false",
    "YOLO_VERBOSE": "false",
    "ULTRALYTICS_SAFE_LOAD": "true",
    "NNCF_CI": "1",  # no usage report from the library that makes int8 models
}


def load(settings: Path) -> Any:
    """The module ``ultralytics``; what it writes at import goes to the folder ``settings``.

    Raises ``ConfigurationError`` when it is not installed, too old, or does not load.
    """
    os.environ.update(SWITCHES)
    # The home folder of a service, its own choice, may be missing or read-only.
    os.environ.setdefault("YOLO_CONFIG_DIR", str(settings))
    try:
        settings.mkdir(parents=True, exist_ok=True)
        library = importlib.import_module("ultralytics")
        switches = importlib.import_module("ultralytics.utils")
        serialization = importlib.import_module("torch.serialization")
    except ImportError as err:
        if err.name == "ultralytics":
            raise ConfigurationError(f"the extra 'yolo' is not installed: {INSTALL}") from err
        raise ConfigurationError(f"the extra 'yolo' does not load ({first_line(err)}): {INSTALL}") from err
    except Exception as err:  # a library of this size fails in its own ways: each is "does not load" here
        raise ConfigurationError(f"the extra 'yolo' does not load ({first_line(err)}): {INSTALL}") from err
    # Both together load weights only; with one of them too old, a file is unpickled as it is, without a word.
    if not (getattr(switches, "SAFE_LOAD", False) and hasattr(serialization, "get_unsafe_globals_in_checkpoint")):
        raise ConfigurationError(f"the extra 'yolo' is too old: it would run code from a .pt file; {INSTALL}")
    return library


def first_line(err: Exception) -> str:
    """The first line of a library's error, bounded, without what decorates it."""
    lines = [line for line in (re.sub(r"^\s*(ERROR[^\w/\[]*)?", "", line) for line in str(err).splitlines()) if line]
    return (lines[0] if lines else type(err).__name__)[:200]

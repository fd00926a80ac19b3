"""What keeps a process's files and memory from others on its host. Not here: what a container or systemd adds."""

from __future__ import annotations

import os
import resource


def keep_private() -> None:
    """From now on, also for children: new files are this user's alone, and a crash leaves no core file.

    Footage of patients and accounts are nobody else's on this host; a core file has every password that was in memory.
    """
    os.umask(0o077)
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, most))

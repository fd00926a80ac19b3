"""A process that is not root, has no capabilities and may write one folder: what the unit and the image promise.

The whole root file system is mounted anew in a namespace of its own, read-only; ``/tmp`` is empty and its own.
"""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
_SYSTEM = ("/bin", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/proc", "/sbin", "/usr")


def uid() -> int:
    """Who runs in it."""
    return pwd.getpwnam("nobody").pw_uid


def caged(root: Path, writable: Path) -> tuple[str, ...]:
    """What to put in front of a command; it is then the same process. ``root`` is an empty folder for the mounts.

    ``writable`` is given to ``uid()``, what is in it now as well. Skips where namespaces cannot be made.
    """
    wanted = ("unshare", "mount", "chroot", "setpriv")
    if os.geteuid() != 0 or not all(shutil.which(one) for one in wanted):
        pytest.skip("mount namespaces need root, util-linux and coreutils")
    for path in (writable, *writable.rglob("*")):
        os.chown(path, uid(), uid())
    readable = [Path(one) for one in _SYSTEM if Path(one).exists()]
    readable += [Path(sys.prefix), Path(sys.base_prefix), REPOSITORY]
    lines = ["set -e", f"mount -t tmpfs -o mode=755 none {shlex.quote(str(root))}"]
    for path in _outermost(readable):
        if path.is_symlink():  # /bin, where it is that of /usr
            lines.append(f"ln -s {shlex.quote(str(path.readlink()))} {_in(root, path)}")
            continue
        lines += [f"mkdir -p {_in(root, path)}", f"mount --bind {shlex.quote(str(path))} {_in(root, path)}"]
        if path.name != "dev":
            lines.append(f"mount -o remount,bind,ro {_in(root, path)}")
    lines += [f"mkdir -p {_in(root, writable)} {_in(root, Path('/tmp'))}"]
    lines += [f"mount -t tmpfs -o mode=1777,nosuid,nodev none {_in(root, Path('/tmp'))}"] if _apart(writable) else []
    lines += [f"mount --bind {shlex.quote(str(writable))} {_in(root, writable)}"]
    lines += [f"mount -o remount,ro {shlex.quote(str(root))}"]
    user = f"--reuid={uid()} --regid={uid()} --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all"
    lines += [f'cd / && exec chroot {shlex.quote(str(root))} setpriv {user} "$@"']
    return ("unshare", "--mount", "--propagation", "private", "sh", "-c", "\n".join(lines), "caged")


def _in(root: Path, path: Path) -> str:
    return shlex.quote(f"{root}{path}")


def _apart(writable: Path) -> bool:
    """A /tmp of its own would hide what lies in /tmp."""
    return not any(path.is_relative_to("/tmp") for path in (writable, REPOSITORY, Path(sys.prefix)))


def _outermost(paths: Sequence[Path]) -> list[Path]:
    return [
        one for one in dict.fromkeys(paths) if not any(one != other and one.is_relative_to(other) for other in paths)
    ]

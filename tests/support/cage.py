"""A process that is not root, has no capabilities and may write one folder: what the unit and the image promise.

The whole root file system is mounted anew in a namespace of its own, read-only, with nothing in it but what the
program needs; there is not even a ``/tmp`` to write to.
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
    for path in (one for outer in _outermost(readable) for one in _passable(outer)):
        if path.is_symlink():  # /bin, where it is that of /usr
            lines.append(f"mkdir -p {_in(root, path.parent)}")
            lines.append(f"ln -s {shlex.quote(str(path.readlink()))} {_in(root, path)}")
            continue
        made = f"mkdir -p {_in(root, path)}" if path.is_dir() else f"touch {_in(root, path)}"
        lines += [
            f"mkdir -p {_in(root, path.parent)}",
            made,
            f"mount --bind {shlex.quote(str(path))} {_in(root, path)}",
        ]
        if path.name != "dev":
            lines.append(f"mount -o remount,bind,ro {_in(root, path)}")
    lines += [f"mkdir -p {_in(root, writable)}"]
    lines += [f"mount --bind {shlex.quote(str(writable))} {_in(root, writable)}"]
    lines += [f"mount -o remount,ro {shlex.quote(str(root))}"]
    user = f"--reuid={uid()} --regid={uid()} --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all"
    lines += [f'cd / && exec chroot {shlex.quote(str(root))} setpriv {user} "$@"']
    return ("unshare", "--mount", "--propagation", "private", "sh", "-c", "\n".join(lines), "caged")


def _in(root: Path, path: Path) -> str:
    return shlex.quote(f"{root}{path}")


def _passable(path: Path) -> list[Path]:
    """Itself, or what is in it: a checkout in a folder that is its owner's alone is laid out in one that is not."""
    if path.is_symlink() or path.stat().st_mode & 0o5 == 0o5:
        return [path]
    return list(path.iterdir())


def _outermost(paths: Sequence[Path]) -> list[Path]:
    return [
        one for one in dict.fromkeys(paths) if not any(one != other and one.is_relative_to(other) for other in paths)
    ]

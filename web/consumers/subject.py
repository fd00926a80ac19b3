"""Whether a message says of itself what its subject says: credentials bind a node to subjects, not to bodies."""

from __future__ import annotations

from vms.bus import subjects
from web.consumers.stream import Poison


def check_sender(subject: str, site: str, camera: str, kind: subjects.Stored) -> None:
    """Raises ``Poison`` for a message in another camera's name."""
    if subject != subjects.stored(site, camera, kind):
        raise Poison(f"the body is of site '{site[:63]}' and camera '{camera[:63]}', the subject is {subject}")

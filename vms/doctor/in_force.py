"""The configuration that a data folder's database holds, looked at as a file is: nothing is migrated."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError
from sqlalchemy import create_engine, select
from sqlalchemy.exc import SQLAlchemyError

from vms.doctor.finding import Finding
from vms.domain.facility import Facility
from vms.settings.facility_file import FacilityFaults, dump, parse
from web.configuration import revisions
from web.database.schema import Revision

_EXPORTED = "'vms config export --data {data} > FILE' writes it out; name that with --config FILE"


def read(data: Path, env: Mapping[str, str]) -> tuple[str, Facility | None, list[Finding]]:
    """What it is called, the facility (None: there is none, or it cannot be read) and what is wrong with it."""
    path = data / "vms.db"
    name = f"configuration in {path}"
    if env.get("VMS_DATABASE_URL") or env.get("VMS_DATABASE_URL_FILE"):
        return name, None, [_unchecked("the configuration in VMS_DATABASE_URL", data)]
    if not path.exists():
        return name, None, []
    try:
        facility = _facility(path)
        parse(dump(facility), name)
    except FacilityFaults as err:
        remedy = "the service runs with it; correct it in the dashboard, or by 'vms config export' and 'import'"
        return name, facility, [Finding("problem", "configuration", line, remedy) for line in err.lines]
    except PermissionError:
        remedy = "run it as the user that the service runs as, or name a facility file with --config"
        return name, None, [Finding("warning", "configuration", f"{path} belongs to another user: not checked", remedy)]
    except (SQLAlchemyError, ValidationError):
        return name, None, [_unchecked(f"what {path} holds cannot be read: it", data)]
    return name, facility, []


def _facility(path: Path) -> Facility:
    if path.stat().st_uid != os.geteuid():  # reading may make files beside it, which the service could not use
        raise PermissionError
    # Not mode=ro: who may not write cannot remove those files either.
    engine = create_engine(f"sqlite:///file:{path.absolute()}?mode=rw&uri=true")
    try:
        with engine.connect() as connection:
            newest = select(Revision.facility).order_by(Revision.revision.desc()).limit(1)
            return revisions.load(connection.execute(newest).scalar_one())
    finally:
        engine.dispose()


def _unchecked(what: str, data: Path) -> Finding:
    said = f"{what} and its cameras were not checked"
    return Finding("warning", "configuration", said, _EXPORTED.format(data=data))

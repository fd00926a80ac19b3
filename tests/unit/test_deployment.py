"""The unit and the compose files: least privilege, secrets as files, nothing open that need not be."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from vms.settings.environment import Environment
from vms.settings.facility_file import load
from vms.settings.templates import variables
from web.database.elsewhere import check_line
from web.tls import Pair

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "deploy" / "systemd" / "vms.service"
COMPOSE = [ROOT / "docker-compose.yml", *sorted((ROOT / "deploy" / "compose").glob("*.yml"))]
#: Of ten; an unconfined unit has 9.6.
EXPOSURE = 2.0
#: In a container of their own they say nothing that could be asked from within it.
SILENT = {"detector", "renderer"}


def stated() -> list[Any]:
    """Each service of each file; an overlay's addition to one of another file is none by itself."""
    found = []
    for file in COMPOSE:
        whole = yaml.safe_load(file.read_text(encoding="utf-8"))
        for name, service in whole["services"].items():
            if "image" in service:
                found.append(pytest.param(name, service, whole, id=f"{file.stem}-{name}"))
    return found


@pytest.mark.parametrize(("name", "service", "whole"), stated())
def test_a_container_has_no_more_than_it_needs(name: str, service: dict[str, Any], whole: dict[str, Any]) -> None:
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"]), "not root"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.keys() & {"privileged", "cap_add", "devices", "network_mode", "pid", "ipc", "userns_mode"}
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert service["restart"] == "unless-stopped"
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}, "its log does not fill the disk"
    assert all("noexec,nosuid,nodev" in one for one in service["tmpfs"])
    assert ("healthcheck" in service) is not (name in SILENT)
    for volume in service["volumes"]:
        target = re.sub(r"\$\{[^}]*\}", "", volume)
        assert target.endswith(("/data", "/data/recordings", ":ro", "/postgresql/data")), volume
        assert "docker.sock" not in volume
    assert re.fullmatch(r"[a-z]+:\d+\.\d+(\.\d+)?(-[a-z]+)?", service["image"]), "pinned, and of no other registry"


@pytest.mark.parametrize(("name", "service", "whole"), stated())
def test_secrets_are_files_and_every_file_is_handed_over(
    name: str, service: dict[str, Any], whole: dict[str, Any]
) -> None:
    secrets = set(service.get("secrets", ()))
    assert secrets <= whole["secrets"].keys()
    assert all(one["file"].startswith("./secrets/") for one in whole["secrets"].values())
    named = set(re.findall(r"/run/secrets/(\w+)", f"{service.get('environment')} {service.get('command')}"))
    assert named == secrets
    for variable, value in service.get("environment", {}).items():
        assert variable.endswith("_FILE") or not re.search("PASS|URL|SECRET|KEY|TOKEN", variable) or "{" in value, (
            variable
        )


@pytest.mark.parametrize(("name", "service", "whole"), stated())
def test_bus_and_database_are_reached_from_within_alone(
    name: str, service: dict[str, Any], whole: dict[str, Any]
) -> None:
    inside = [one for one, how in (whole.get("networks") or {}).items() if how and how.get("internal")]
    if name in ("nats", "postgres", "renderer"):
        assert service["networks"] == inside == ["inside"]
        assert not service.get("ports")
    for port in service.get("ports", ()):
        assert port == "${VMS_LISTEN:-127.0.0.1:8000}:8000"  # to this host alone, unless somebody says otherwise


@pytest.mark.parametrize("file", COMPOSE, ids=lambda one: one.stem)
def test_compose_takes_the_files(file: Path) -> None:
    base = ["-f", str(ROOT / "docker-compose.yml")] if file.stem == "postgresql" else []
    known = (
        shutil.which("docker")
        and not subprocess.run(
            ["docker", "compose", "version"], capture_output=True, timeout=30, check=False
        ).returncode
    )
    if not known:
        assert yaml.safe_load(file.read_text(encoding="utf-8"))["services"]  # what can be seen without it
        return
    command = ["docker", "compose", "--project-directory", str(ROOT), *base, "-f", str(file), "config", "--quiet"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("file", "name"), [("docker-compose.yml", "vms"), ("deploy/compose/roles.yml", "web")])
def test_what_serves_browsers_is_told_of_proxies_and_certificates(file: str, name: str) -> None:
    service = yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))["services"][name]
    handed = {one: service["environment"][one] for one in ("VMS_TRUSTED_PROXIES", "VMS_TLS_CERT", "VMS_TLS_KEY")}
    assert handed == {one: f"${{{one}:-}}" for one in handed}
    empty = dict.fromkeys(handed, "")
    assert Pair.of(empty) is None
    assert Environment.read(Path(), empty).trusted_proxies == ()
    assert "${VMS_TLS:-./tls}:/etc/vms/tls:ro" in service["volumes"]
    asked = " ".join(service["healthcheck"]["test"])
    assert "VMS_TLS_CERT" in asked
    assert "https" in asked


def test_the_database_url_that_is_written_down_is_taken() -> None:
    (url,) = re.findall(
        r"postgresql://\S+", (ROOT / "deploy" / "compose" / "postgresql.yml").read_text(encoding="utf-8")
    )
    check_line(url)


def test_the_image_is_pinned_and_not_root() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    bases = [line.split()[1] for line in lines if line.startswith("FROM ")]
    assert all(re.fullmatch(r"(node|python):\d+\.\d+(\.\d+)?-(bookworm-)?slim(-bookworm)?", one) for one in bases), (
        bases
    )
    last = max(number for number, line in enumerate(lines) if line.startswith("FROM "))
    assert "USER 10001:10001" in lines[last:]
    assert not [line for line in lines if re.match(r"(ARG|ENV) .*(PASS|SECRET|TOKEN|INDEX)", line)]


def unit() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in UNIT.read_text(encoding="utf-8").splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith(("#", ";")):
            found.setdefault(key, []).append(value)
    return found


def test_the_example_facility_has_its_secrets_in_the_unit_and_in_compose() -> None:
    cameras = load(ROOT / "config" / "hau-giang.yaml").cameras()
    wanted = {name for _, camera in cameras for name in variables(camera.streams.main)} | {"VMS_ADMIN_PASSWORD"}
    handed = {value.partition(":")[0] for value in unit()["LoadCredential"]}
    named = dict(one.split("=") for line in unit()["Environment"] for one in line.split() if "_FILE=" in one)
    assert named == {f"{name}_FILE": f"%d/{name}" for name in handed}
    assert handed == wanted
    service = yaml.safe_load(COMPOSE[0].read_text(encoding="utf-8"))["services"]["vms"]
    assert {f"{name}_FILE" for name in wanted} == {one for one in service["environment"] if one.endswith("_FILE")}


def analysed(*arguments: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd-analyze: apt-get install systemd")
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, encoding="utf-8", timeout=60, check=False
    )


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    here = tmp_path / UNIT.name
    text = UNIT.read_text(encoding="utf-8")
    here.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", text, flags=re.M), encoding="utf-8")
    done = analysed("verify", str(here))
    assert (done.returncode, [line for line in done.stderr.splitlines() if UNIT.name in line]) == (0, [])


def test_the_unit_is_as_confined_as_was_said() -> None:
    done = analysed("security", "--offline=true", f"--threshold={EXPOSURE * 10:.0f}", str(UNIT))
    assert done.returncode == 0, done.stdout
    assert float(done.stdout.rpartition(": ")[2].split()[0]) <= EXPOSURE

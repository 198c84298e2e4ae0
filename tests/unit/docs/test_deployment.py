"""compose.yaml, Dockerfile, Procfile and nginx.conf agree with each other, with their page and with the code."""

import re
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from task.api.events import LONGEST_WAIT_SECONDS
from tests.support.services.deployment import COMPOSE, NGINX, SERVICES, WEB, WORKERS, procfile
from tests.support.services.service import ROOT
from tests.unit.docs.test_documentation import OPERATIONS

DEPLOYMENT = (ROOT / "docs" / "deployment.md").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
ARRIVALS_SERVICES = {name: service for name, service in SERVICES.items() if service.get("image") == "arrivals"}
RANDOM = ("secret_key", "metrics_token", "postgres_password", "arrivals_password", "valkey_password.conf")
SECRETS = {"SECRET_KEY", "DATABASE_URL", "REDIS_URL", "METRICS_TOKEN"}


def instruction(name: str) -> str:
    """Returns the last Dockerfile instruction of that name, with its continued lines."""
    return str(re.findall(rf"^{name} ((?:.*\\\n)*.*)", DOCKERFILE, re.M)[-1]).replace("\\\n", " ")


def words(text: str) -> list[str]:
    """Returns the words of an instruction in JSON form."""
    return re.findall(r'"([^"]*)"', text)


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def test_the_procfile_and_compose_start_the_same_commands() -> None:
    started = {name: [word.replace("$PORT", "8000") for word in command] for name, command in procfile().items()}
    assert started == {
        "release": SERVICES["migrate"]["command"],
        "web": SERVICES["web-1"]["command"],
        "worker": SERVICES["worker-1"]["command"],
        "beat": SERVICES["beat"]["command"],
    }


def test_the_image_and_compose_have_the_same_command_and_health_check() -> None:
    assert words(instruction("CMD")) == SERVICES["web-1"]["command"] == SERVICES["web-2"]["command"]
    assert words(instruction("HEALTHCHECK")) == SERVICES["web-1"]["healthcheck"]["test"][1:]


def test_processes_that_restart_in_turn_are_equal_separate_services() -> None:
    assert not [name for name, service in SERVICES.items() if "deploy" in service]
    for group in (WEB, WORKERS):
        assert SERVICES[group[0]] == SERVICES[group[1]]
        places = [DEPLOYMENT.index(f"up -d --no-deps --wait {name}") for name in group]
        assert places == sorted(places)


def test_the_image_is_built_by_one_service_and_pulled_by_none() -> None:
    assert [name for name, service in SERVICES.items() if "build" in service] == ["migrate"]
    assert {service.get("pull_policy") for service in ARRIVALS_SERVICES.values()} == {"never"}


def test_the_image_has_hashed_packages_and_runs_without_root() -> None:
    stages = re.findall(r"^FROM (\S+)", DOCKERFILE, re.M)
    assert len(stages) == 2
    assert all(re.search(r":\d+\.\d+-slim", stage) for stage in stages)
    assert "--require-hashes" in DOCKERFILE
    last = DOCKERFILE.rpartition("FROM")[2]
    assert int(instruction("USER")) > 0
    assert last.index("\nUSER ") < last.index("\nCMD ")
    assert last.index("\nCOPY asgi_config") < last.index("\nUSER "), "the process must not own its code"


def test_the_image_copies_every_source_folder_and_nothing_else() -> None:
    copied = set(re.findall(r"^COPY (?!--from)(\S+)", DOCKERFILE, re.M))
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert lines[1] == "*", "everything but the named paths is left out"
    assert copied == {line[1:] for line in lines if line.startswith("!")}
    assert all((ROOT / source).exists() for source in copied)
    assert {path.parent.name for path in ROOT.glob("*/apps.py")} | {"realtime"} <= copied


@pytest.mark.parametrize("name", ARRIVALS_SERVICES)
def test_each_arrivals_service_has_secrets_as_files_and_other_settings_in_one_file(name: str) -> None:
    assert set(ARRIVALS_SERVICES[name]["environment"]) == {f"{secret}_FILE" for secret in SECRETS} | {"PORT"}
    assert ARRIVALS_SERVICES[name]["env_file"] == [{"path": ".env", "required": False}]


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_has_a_health_check_a_restart_policy_and_a_limited_log(name: str) -> None:
    service = SERVICES[name]
    healthcheck = service["healthcheck"]
    assert healthcheck.get("disable") or healthcheck["test"][0] in {"CMD", "CMD-SHELL"}
    assert service["restart"] == ("no" if name == "migrate" else "unless-stopped")
    assert set(service["logging"]["options"]) == {"max-size", "max-file"}, "an unlimited log fills the disk"
    assert ":" in service["image"] or service["image"] == "arrivals"


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_has_limits_and_no_capabilities(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert name in ARRIVALS_SERVICES or service["user"] != "root", "the image of Arrivals has a user"


def test_only_the_proxy_and_web_processes_are_on_the_network_with_a_way_out() -> None:
    assert COMPOSE["networks"] == {"front": None, "back": {"internal": True}}
    networks = {name: service["networks"] for name, service in SERVICES.items()}
    assert networks.pop("proxy") == ["front"]
    assert [networks.pop(name) for name in WEB] == [["front", "back"], ["front", "back"]]
    assert set(map(tuple, networks.values())) == {("back",)}
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]


def test_valkey_refuses_messages_before_its_container_is_killed() -> None:
    command = SERVICES["valkey"]["command"]
    limit = command[command.index("--maxmemory") + 1]
    assert 2 * int(limit.removesuffix("mb")) <= int(SERVICES["valkey"]["mem_limit"].removesuffix("m"))


def test_arrivals_is_not_the_superuser_of_its_database() -> None:
    environment = SERVICES["postgres"]["environment"]
    assert environment["POSTGRES_USER"] == "postgres"
    assert environment["ARRIVALS_PASSWORD_FILE"] == "/run/secrets/arrivals_password"
    assert "./deploy/postgres:/docker-entrypoint-initdb.d:ro" in SERVICES["postgres"]["volumes"]


def test_services_that_others_wait_for_as_healthy_have_a_health_check() -> None:
    for service in SERVICES.values():
        for name, state in service.get("depends_on", {}).items():
            healthy = state["condition"] == "service_healthy"
            assert healthy == (not SERVICES[name]["healthcheck"].get("disable", False))


def test_postgresql_is_checked_where_only_the_final_server_listens() -> None:
    healthcheck = SERVICES["postgres"]["healthcheck"]["test"]
    assert healthcheck[healthcheck.index("-h") + 1] == "127.0.0.1"


def test_the_stop_grace_period_covers_a_drain_and_a_task() -> None:
    settings = (ROOT / "asgi_config" / "settings.py").read_text()
    web = (ROOT / "asgi_config" / "web" / "__main__.py").read_text()
    drain = int(re.findall(r'"DRAIN_SECONDS", (\d+)', settings)[0]) + int(re.findall(r"FINISH_SECONDS = (\d+)", web)[0])
    assert all(seconds(SERVICES[name]["stop_grace_period"]) > drain for name in WEB)
    longest = int(re.findall(r"CELERY_TASK_TIME_LIMIT = (\d+)", settings)[0])
    assert all(seconds(SERVICES[name]["stop_grace_period"]) >= longest for name in WORKERS)


def test_the_proxy_timeout_is_longer_than_a_heartbeat_and_a_poll() -> None:
    timeouts = [int(found) for found in re.findall(r"proxy_read_timeout (\d+)s", (NGINX / "nginx.conf").read_text())]
    heartbeat = int(re.findall(r'"HEARTBEAT_SECONDS", (\d+)', (ROOT / "asgi_config" / "settings.py").read_text())[0])
    assert min(timeouts) >= 2 * max(heartbeat, LONGEST_WAIT_SECONDS)


def test_the_proxy_may_open_a_file_for_every_connection() -> None:
    conf = (NGINX / "nginx.conf").read_text()
    connections, files = (
        int(re.findall(rf"^ *{name} (\d+);", conf, re.M)[0]) for name in ("worker_connections", "worker_rlimit_nofile")
    )
    assert connections < files <= SERVICES["proxy"]["ulimits"]["nofile"]


def test_declared_volumes_and_secrets_are_exactly_the_used_ones() -> None:
    def used(key: str) -> set[Any]:
        return {one for service in SERVICES.values() for one in service.get(key, [])}

    assert used("secrets") == set(COMPOSE["secrets"])
    assert {volume.partition(":")[0] for volume in used("volumes") if volume[0] != "."} == set(COMPOSE["volumes"])
    assert all((ROOT / volume.partition(":")[0]).exists() for volume in used("volumes") if volume[0] == ".")


def test_the_page_and_nginx_name_the_same_certificate() -> None:
    page = yaml.safe_load(re.findall(r"^```yaml\n(.*?)^```", DEPLOYMENT, re.M | re.S)[0])
    listen = (NGINX / "listen.conf").read_text()
    assert set(page["secrets"]) == set(re.findall(r"/run/secrets/([\w.]+);", listen))
    assert page["services"]["proxy"]["secrets"] == list(page["secrets"])
    assert page["services"]["proxy"]["ports"][0].partition(":")[2] == re.findall(r"listen (\d+) ssl;", listen)[0]


def test_the_documents_name_only_existing_services() -> None:
    for verb, rest in re.findall(r"docker compose (exec|run|up|stop)((?: +-{0,2}\w[\w-]*)*)", DEPLOYMENT + OPERATIONS):
        named = [word for word in rest.split() if word[0] != "-"]
        assert set(named if verb in {"up", "stop"} else named[:1]) <= set(SERVICES), rest


def test_a_restore_stops_every_service_that_uses_the_database() -> None:
    stopped = set(re.findall(r"^docker compose stop (.*)", OPERATIONS, re.M)[0].split())
    assert stopped == set(ARRIVALS_SERVICES) - {"migrate"} | {"proxy"}


def test_secrets_are_made_once_and_match_each_other(tmp_path: Path) -> None:
    script = tmp_path / "make-secrets.sh"
    script.write_bytes((ROOT / "deploy" / "make-secrets.sh").read_bytes())

    def made() -> dict[str, str]:
        subprocess.run(["sh", str(script)], check=True)
        return {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}

    found = made()
    assert set(found) == {Path(secret["file"]).name for secret in COMPOSE["secrets"].values()}
    assert found["arrivals_password"].strip() in found["database_url"]
    assert found["valkey_password.conf"].split()[1] in found["redis_url"]
    assert len({found[name] for name in RANDOM}) == len(RANDOM)
    assert len(found["secret_key"].strip()) >= 50
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    assert made() == found

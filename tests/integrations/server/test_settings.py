"""The server is closed by default, and keeps its secrets to itself."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from configs.errors import SettingsInvalid
from integrations.server.settings import client_environment, new_setup, server_environment, worker_environment


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "recall.example"])
def test_no_other_address_is_opened_without_a_password(host: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="without a password"):
        new_setup(tmp_path, host=host)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_needs_no_password(host: str, tmp_path: Path) -> None:
    setup = new_setup(tmp_path, host=host)
    assert "PREFECT_SERVER_API_AUTH_STRING" not in server_environment(setup, {})


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(SettingsInvalid, match=f"port {port} .*--port"):
            new_setup(tmp_path, port)


def test_every_home_has_secrets_of_its_own_and_keeps_them(tmp_path: Path) -> None:
    first, again, other = (new_setup(tmp_path / name, auth=True) for name in ("a", "a", "b"))
    assert (first.password, first.encryption_key) == (again.password, again.encryption_key)
    assert first.password != other.password
    assert first.encryption_key != other.encryption_key


def test_a_secret_cut_off_by_a_crash_is_made_anew(tmp_path: Path) -> None:
    new_setup(tmp_path, auth=True)
    (tmp_path / "prefect" / "password").write_text("")
    assert new_setup(tmp_path, auth=True).password.startswith("admin:")


def test_secrets_are_for_the_owner_alone_and_never_shown(tmp_path: Path) -> None:
    setup = new_setup(tmp_path, auth=True)
    modes = {path.name: path.stat().st_mode & 0o777 for path in setup.folder.iterdir()}
    assert modes == {"password": 0o600, "encryption.key": 0o600}
    assert setup.password not in repr(setup)
    assert setup.encryption_key not in repr(setup)


def test_the_encryption_key_goes_to_the_server_only(tmp_path: Path) -> None:
    setup = new_setup(tmp_path, auth=True)
    assert setup.encryption_key in server_environment(setup, {}).values()
    assert setup.encryption_key not in {**client_environment(setup), **worker_environment(setup, {})}.values()


def test_what_the_shell_says_of_prefect_does_not_reach_our_processes(tmp_path: Path) -> None:
    shell = {"PREFECT_API_URL": "http://elsewhere.example/api", "PREFECT_API_KEY": "x", "PATH": "/bin", "RECALL_CONFIG": "recall.yaml"}
    setup = new_setup(tmp_path)
    for around in (server_environment(setup, shell), worker_environment(setup, shell)):
        assert "elsewhere" not in " ".join(around.values())
        assert "PREFECT_API_KEY" not in around
        assert around["RECALL_CONFIG"] == "recall.yaml"


def test_the_ui_asks_the_port_it_is_served_on(tmp_path: Path) -> None:
    setup = new_setup(tmp_path)
    around = server_environment(setup, {})
    assert around["PREFECT_SERVER_UI_API_URL"] == f"http://127.0.0.1:{setup.port}/api" == client_environment(setup)["PREFECT_API_URL"]
    assert around["PREFECT_SERVER_CORS_ALLOWED_ORIGINS"] == setup.ui_url


def test_nothing_is_told_to_anyone_outside(tmp_path: Path) -> None:
    around = server_environment(new_setup(tmp_path), {})
    assert (around["DO_NOT_TRACK"], around["PREFECT_SERVER_ANALYTICS_ENABLED"]) == ("1", "false")

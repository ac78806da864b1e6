"""Deployments are put on a server once, and again when what they are made from has changed."""

from __future__ import annotations

import pytest
from prefect.client.orchestration import SyncPrefectClient

from integrations.server import client, deployments
from integrations.server.process import Server

pytestmark = [pytest.mark.server, pytest.mark.slow]


def deployed(prefect: SyncPrefectClient) -> dict[str, object]:
    """When each deployment was last written."""
    return {d.name: d.updated for d in prefect.read_deployments() if "app-recall" in d.tags and not d.name.startswith("idle")}


def test_a_second_start_leaves_deployments_as_they_are_and_makes_lost_ones_anew(server: Server) -> None:
    first = deployments.register(server.setup)
    assert {"monitor", "advance", "review", "attest", "notify", "update", "sign-off", "minutes", "brake"} <= set(first)
    with client.opened(server.setup) as prefect:
        before = deployed(prefect)
        assert deployments.register(server.setup).items() >= first.items()
        assert deployed(prefect) == before
        prefect.delete_deployment(first["attest"])
        again = deployments.register(server.setup)
    assert again["attest"] != first["attest"]
    assert again["advance"] == first["advance"]


def test_another_version_of_prefect_is_another_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    file = deployments.project_root() / "prefect.yaml"
    before = deployments._fingerprint(file)
    assert deployments._fingerprint(file) == before
    monkeypatch.setattr(deployments, "prefect_version", "0")
    assert deployments._fingerprint(file) != before

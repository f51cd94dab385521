"""What is planted everywhere and told nowhere is not told to telemetry either, with payloads switched on."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcp_core.telemetry.otel import OpenTelemetry
from tests.applications import Running, running
from tests.mcp_core.access.test_planted_secrets import ENVIRONMENT, POLICIES, SETTINGS, Backend, everything, leaks, prepare
from tests.mcp_core.telemetry.conftest import Told


def test_no_secret_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    backend = Backend()

    async def scene(gateway: Running) -> list[str]:
        return await everything(gateway, backend)

    telemetry = OpenTelemetry(payloads=True)
    running(tmp_path, scene, policies=POLICIES, backend=backend, prepare=prepare, settings=SETTINGS, telemetry=telemetry)
    rows = [span.to_json() for kind in ("SERVER", "CLIENT") for span in told.spans(kind)]
    assert len(rows) > 20
    assert leaks([*rows, str(told.reader.get_metrics_data())]) == []

"""A key that is taken away: how long each of two hosts goes on taking it, with the settings that they have by default."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.hosts import command, local_host

LIST = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}).encode()
SOON = 5.0


def status(host: str, key: str) -> int:
    headers = {"Content-Type": "application/json", "Accept": "application/json", "Ocp-Apim-Subscription-Key": key}
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{host}/orders-mcp/mcp", LIST, headers), timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def seconds_until(wanted: int, hosts: list[str], key: str) -> float:
    """Until every host answers so; asked all the time, as a client would."""
    start = time.monotonic()
    waiting = list(hosts)
    while waiting and time.monotonic() - start < 30:
        waiting = [host for host in waiting if status(host, key) != wanted]
    assert not waiting
    return time.monotonic() - start


def test_a_revoked_key_stops_working_everywhere_within_five_seconds(tmp_path: Path) -> None:
    with local_host(tmp_path) as first, local_host(tmp_path, "--no-sample") as second:
        hosts = [first, second]
        command(tmp_path, "mcp", "set", "orders-mcp", "--subscription-required", "true")
        said = json.loads(command(tmp_path, "subscription", "create", "team", "--scope", "mcp/orders-mcp", "--json"))
        key = said["primaryKey"]
        assert seconds_until(401, hosts, "none") < SOON
        assert seconds_until(200, hosts, key) < SOON
        command(tmp_path, "subscription", "suspend", "team")
        assert seconds_until(401, hosts, key) < SOON

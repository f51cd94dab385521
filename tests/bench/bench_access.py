"""What access control costs a tools/call: a subscription key, and an RS256 token when it is first seen and when it comes again.

    python -m tests.bench.bench_access

The whole application in one process, with a backend that answers at once, so no HTTP on either side: a share of this call is
more than the share of a real one. Rounds are short and interleaved, and the best of each case counts: what disturbs a round
only ever adds to it.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from mcp_core.access import key_record
from mcp_core.app import Application
from mcp_core.catalog.model import PolicyText, Subscription
from mcp_core.catalog.repository import Repository
from mcp_core.local.sample import ensure_sample
from mcp_core.settings import Settings
from mcp_core.storage.open import open_store
from policies.messages import Headers, Request, Response
from policies.ports import ForwardOptions
from tests.policies.tokens.issuer import CONFIGURATION, Issuer, claims, token

ROUNDS, CALLS = 80, 30
KEY = "a" * 64
BODY = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"getOrder","arguments":{"id":2}}}'
POLICY = f"""<policies><inbound><base /><validate-jwt header-name="Authorization" require-scheme="Bearer">
<openid-config url="{CONFIGURATION}" /><audiences><audience>https://gateway.example/orders-mcp/mcp</audience></audiences>
</validate-jwt></inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>"""

TRIVIAL = """<policies><inbound><base /><set-variable name="x" value="1" /></inbound><backend><base /></backend>
<outbound><base /></outbound><on-error><base /></on-error></policies>"""


class _Backend:
    """The issuer for its own host, a constant for all others."""

    def __init__(self) -> None:
        self._issuer = Issuer()

    async def send(self, request: Request, options: ForwardOptions) -> Response:
        if request.url.host == "login.example":
            return await self._issuer.send(request, options)
        return Response(200, Headers({"Content-Type": "application/json"}), b'{"id":2,"customer":"Grace Hopper"}')


async def _application(folder: Path, prepare: Callable[[Repository], Awaitable[None]]) -> Application:
    store = open_store(f"sqlite:{folder / 'gateway.db'}")
    repository = Repository(store)
    await ensure_sample(repository, "http://orders.example")
    await prepare(repository)
    application = Application(Settings(trusted_proxies=0), store, backend=_Backend())
    await application.start()
    return application


async def _open(repository: Repository) -> None:
    """No check at all."""


async def _keyed(repository: Repository) -> None:
    stored = await repository.servers.get("orders-mcp")
    await repository.servers.save(replace(stored.value, subscription_required=True), etag=stored.etag)
    await repository.subscriptions.save(Subscription("team", scope="mcp/orders-mcp", primary=key_record(KEY)))


async def _tokened(repository: Repository) -> None:
    await repository.policies.save(PolicyText("mcp/orders-mcp", POLICY))


async def _with_a_policy(repository: Repository) -> None:
    """A document that checks nothing: what a token costs is measured against it, not against no document at all."""
    await repository.policies.save(PolicyText("mcp/orders-mcp", TRIVIAL))


async def _seconds(application: Application, headers: list[dict[str, str]]) -> float:
    """Seconds of processor time a call, the requests made beforehand."""
    fields = {"Host": "gateway.example", "Content-Type": "application/json", "Accept": "application/json"}
    requests = [
        Request("POST", "https://gateway.example/orders-mcp/mcp", Headers({**fields, **each}), BODY) for each in headers
    ]
    start = time.process_time()
    for request in requests:
        response = await application.handle(request)
        assert response.status == 200
    spent = time.process_time() - start
    assert json.loads(response.body.data)["result"]["isError"] is False
    return spent / len(requests)


async def measure() -> dict[str, list[float]]:
    """Case → seconds a call, one a round."""
    soon = int(time.time()) + 3_000
    fresh = iter([token(claims(exp=soon, nbf=None, iat=None, jti=str(number))) for number in range(ROUNDS * CALLS)])
    known = token(claims(exp=soon, nbf=None, iat=None))
    with tempfile.TemporaryDirectory() as folder:
        made: dict[str, Application] = {}
        for name, prepare in (("open", _open), ("key", _keyed), ("policy", _with_a_policy), ("token", _tokened)):
            place = Path(folder) / name
            place.mkdir()
            made[name] = await _application(place, prepare)
        again = {"Authorization": f"Bearer {known}"}
        cases: dict[str, tuple[Application, Callable[[], dict[str, str]]]] = {
            "no check": (made["open"], dict),
            "subscription key": (made["key"], lambda: {"Ocp-Apim-Subscription-Key": KEY}),
            "a policy, no check": (made["policy"], dict),
            "RS256, first seen": (made["token"], lambda: {"Authorization": f"Bearer {next(fresh)}"}),
            "RS256, seen again": (made["token"], lambda: again),
        }
        for application, headers in list(cases.values()):
            if headers() is not None:
                await _seconds(application, [again if application is made["token"] else headers()] * CALLS)  # warm
        fresh = iter([token(claims(exp=soon, nbf=None, iat=None, jti=f"x{number}")) for number in range(ROUNDS * CALLS)])
        spent: dict[str, list[float]] = {name: [] for name in cases}
        for _ in range(ROUNDS):
            for name, (application, headers) in cases.items():
                spent[name].append(await _seconds(application, [headers() for _ in range(CALLS)]))
        for application in made.values():
            await application.close()
        return spent


def main() -> None:
    spent = asyncio.run(measure())
    best = {name: min(rounds) * 1e6 for name, rounds in spent.items()}
    plain, with_policy = best.pop("no check"), best.pop("a policy, no check")
    aims = {"subscription key": "≤ 3 %", "RS256, first seen": "≤ 15 %", "RS256, seen again": "≤ 3 %"}
    print(
        f"\naccess checks, best of {ROUNDS} rounds of {CALLS} calls; a call without any, no HTTP on either side: {plain:.0f} µs"
    )
    for name, after in best.items():
        added = after - (plain if name == "subscription key" else with_policy)
        print(f"  {name:22}{added:7.1f} µs more   aim {aims[name]} of a call over HTTP")


if __name__ == "__main__":
    main()

"""What access control costs a tools/call: a subscription key, and an RS256 token when it is first seen and when it comes again.

    python -m tests.bench.bench_access

One gateway over HTTP that serves one API as four MCP servers: open, with a key, with a policy that checks nothing, with a
policy that checks a token. Rounds are short and interleaved; what counts is the gateway's processor time a call in the best
tenth of a case's rounds: what else the machine does only ever adds to it, and one round alone may be lucky. What a key adds
is measured against the open server, what a token adds against the same request where the policy checks nothing; both are
shares of an open call.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.server
import json
import random
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from mcp_core.access import key_record
from mcp_core.catalog.model import PolicyText, Subscription
from mcp_core.catalog.repository import Repository
from mcp_core.storage.open import open_store
from policies.records import replace
from tests.bench.servers import Started, backend, gateway, prepared_store
from tests.policies.tokens.issuer import claims, public, rsa, token

ROUNDS, CALLS, CONNECTIONS = 100, 60, 4
KEY = "a" * 64
AUDIENCE = "https://gateway.example/token-mcp/mcp"
BODY = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"getOrder","arguments":{"id":2}}}'
DOCUMENT = """<policies><inbound><base />{}</inbound><backend><base /></backend><outbound><base /></outbound>
<on-error><base /></on-error></policies>"""
CHECKS_NOTHING = DOCUMENT.format('<set-variable name="x" value="1" />')
CHECKS_TOKENS = """<validate-jwt header-name="Authorization" require-scheme="Bearer"><openid-config url="{}/configuration" />
<audiences><audience>{}</audience></audiences></validate-jwt>"""


@contextlib.contextmanager
def issuer() -> Iterator[str]:
    """An identity provider's two documents on loopback; gives its base URL."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            base = f"http://127.0.0.1:{server.server_port}"
            documents = {"/configuration": {"issuer": base, "jwks_uri": f"{base}/keys"}, "/keys": public(rsa())}
            data = json.dumps(documents[self.path]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *arguments: object) -> None:
            """Nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def prepare(folder: Path, url: str) -> None:
    """The three other servers beside the open one."""
    store = open_store(f"sqlite:{folder / 'gateway.db'}")
    repository = Repository(store)
    plain = (await repository.servers.get("bench-mcp")).value
    await repository.servers.save(replace(plain, name="key-mcp", subscription_required=True))
    await repository.subscriptions.save(Subscription("team", scope="mcp/key-mcp", primary=key_record(KEY)))
    tokens = DOCUMENT.format(CHECKS_TOKENS.format(url, AUDIENCE))
    for name, text in (("policy-mcp", CHECKS_NOTHING), ("token-mcp", tokens)):
        await repository.servers.save(replace(plain, name=name))
        await repository.policies.save(PolicyText(f"mcp/{name}", text))
    await store.close()


async def load(port: int, server: str, fields: Sequence[str]) -> None:
    """One call for each of these header fields, over a few connections; every answer is checked."""
    waiting = list(fields)

    async def caller() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while waiting:
            head = (
                f"POST /{server}/mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                f"Accept: application/json, text/event-stream\r\nContent-Length: {len(BODY)}\r\n{waiting.pop()}\r\n"
            )
            writer.write(head.encode() + BODY)
            answer = (await reader.readuntil(b"\r\n\r\n")).lower()
            size = int(answer.partition(b"content-length:")[2].split(b"\r\n")[0])
            body = await reader.readexactly(size)
            assert answer.startswith(b"http/1.1 200 ") and b"Grace Hopper" in body, (answer, body)
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(caller() for _ in range(CONNECTIONS)))


def cost(server: Started, name: str, fields: Sequence[str]) -> float:
    """Microseconds of the gateway's processor time a call."""
    clock = (~server.pid << 3) | 2  # Linux: the processor time of another process
    start = time.clock_gettime(clock)
    asyncio.run(load(server.port, name, fields))
    return (time.clock_gettime(clock) - start) / len(fields) * 1e6


def openssl() -> float:
    """Microseconds of one verification alone, in this process."""
    key, scheme, digest = rsa(), padding.PKCS1v15(), hashes.SHA256()
    data = b"x" * 500
    signature, verify = key.get_op_key("sign").sign(data, scheme, digest), key.get_op_key("verify").verify
    start = time.process_time()
    for _ in range(100):
        verify(signature, data, scheme, digest)
    return (time.process_time() - start) / 100 * 1e6


def measure() -> dict[str, list[float]]:
    """Case → µs a call, one a round."""
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(issuer())
        folder = stack.enter_context(prepared_store(stack.enter_context(backend())))
        asyncio.run(prepare(folder, url))
        server = stack.enter_context(gateway(folder))
        good = claims(iss=url, aud=AUDIENCE, exp=int(time.time()) + 3_000, nbf=None, iat=None)
        # Made beforehand: while the load signs tokens the gateway would lie idle, in this case alone, and find cold caches.
        fresh = [token({**good, "jti": str(number)}) for number in range((ROUNDS + 1) * CALLS)]
        again = f"Authorization: Bearer {token(good)}\r\n"
        cases = {
            "open": ("bench-mcp", lambda: ""),
            "subscription key": ("key-mcp", lambda: f"Ocp-Apim-Subscription-Key: {KEY}\r\n"),
            "policy": ("policy-mcp", lambda: again),
            "RS256, first seen": ("token-mcp", lambda: f"Authorization: Bearer {fresh.pop()}\r\n"),
            "RS256, seen again": ("token-mcp", lambda: again),
        }
        spent: dict[str, list[float]] = {name: [] for name in (*cases, "OpenSSL's verification alone")}
        for each in range(ROUNDS + 1):  # the first is for warming up
            for name in random.sample(list(cases), len(cases)):
                mcp_server, field = cases[name]
                found = cost(server, mcp_server, [field() for _ in range(CALLS)])
                spent[name] += [found] if each else []
            spent["OpenSSL's verification alone"].append(openssl())
        return spent


def best(rounds: Sequence[float]) -> float:
    """The mean of the best tenth."""
    return statistics.mean(sorted(rounds)[: max(1, len(rounds) // 10)])


def main() -> None:
    spent = {name: best(rounds) for name, rounds in measure().items()}
    plain, policy = spent.pop("open"), spent.pop("policy")
    print(f"\naccess checks, best tenth of {ROUNDS} rounds of {CALLS} calls; an open tools/call: {plain:.0f} µs")
    base = {
        "subscription key": (plain, "≤ 3 %"),
        "RS256, first seen": (policy, "≤ 15 %"),
        "RS256, seen again": (policy, "≤ 3 %"),
    }
    for name, each in spent.items():
        without, aim = base.get(name, (0.0, ""))
        print(f"  {name:30}{each - without:7.1f} µs more {(each - without) / plain:7.1%}   {aim and 'aim ' + aim}")


if __name__ == "__main__":
    main()

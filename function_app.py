"""Azure Functions' entry: triggers in, the application's `handle` out. The only file that imports azure.functions.

Every HTTP request arrives at one function whose route takes all paths; the application routes by itself, as it does on the
local host. Access is the policies' matter, so the trigger's own level is anonymous. Beside it: a timer that cleans the store,
and the warm-up of a new instance. With `MCP_STREAMING` the same handler is registered through the extension that streams.
"""

from __future__ import annotations

import logging
import os
import re

import azure.functions as func
from azure.functions.warmup import WarmUpContext

from mcp_core.app import Application, unavailable
from mcp_core.collector import collect_rarely
from mcp_core.errors import CatalogError
from policies.messages import Headers, Request, Response

CLEANING = "0 */10 * * * *"  # every ten minutes: second, minute, hour, day, month, day of week
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

_UNSENDABLE = re.compile(r"[^ -~]")
_log = logging.getLogger(__name__)

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


def _application() -> Application | CatalogError:
    """The application; wrong settings are logged once, and become the answer of every request instead of a failing import."""
    try:
        return Application.from_environment(start_telemetry=_start_telemetry)
    except CatalogError as error:
        _log.error("The gateway cannot start: %s", error)
        return error


def _start_telemetry() -> None:
    """Application Insights by its connection string, with the app's identity where local authentication is off."""
    from azure.monitor.opentelemetry import configure_azure_monitor

    credential = None
    if "Authorization=AAD" in os.environ.get("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", ""):
        from azure.identity import ManagedIdentityCredential

        credential = ManagedIdentityCredential(client_id=os.environ.get("AzureWebJobsStorage__clientId"))
    configure_azure_monitor(credential=credential, enable_live_metrics=False)


collect_rarely()
_served = _application()


async def _handled(request: Request) -> Response:
    return unavailable(_served) if isinstance(_served, CatalogError) else await _served.handle(request)


def _fields(response: Response) -> list[tuple[str, str]]:
    """The header fields as the host can send them: it fails the whole answer for one character outside of ASCII."""
    return [(name, value if _sendable(value) else _UNSENDABLE.sub("?", value)) for name, value in response.headers.items()]


def _sendable(value: str) -> bool:
    return value.isascii() and value.isprintable()


if isinstance(_served, Application) and _served.settings.streaming:
    # Importing this turns the whole app over to HTTP streaming: every HTTP function then has these types, and no other.
    from azurefunctions.extensions.http.fastapi import Request as HttpRequest
    from azurefunctions.extensions.http.fastapi import Response as HttpResponse
    from azurefunctions.extensions.http.fastapi import StreamingResponse

    async def _request(trigger: HttpRequest) -> Request:
        """The request, its body read no further than is needed to refuse it for its size."""
        assert isinstance(_served, Application)
        chunks, size = [], 0
        async for chunk in trigger.stream():
            chunks.append(chunk)
            size += len(chunk)
            if size > _served.max_body_bytes:
                break
        return Request(trigger.method, str(trigger.url), Headers(trigger.headers.items()), b"".join(chunks))

    async def _answer(response: Response) -> HttpResponse:
        body = response.body
        answer = (
            HttpResponse(body.data, response.status) if body.is_buffered else StreamingResponse(body.stream(), response.status)
        )
        for name, value in _fields(response):
            if name.lower() != "content-length":
                answer.headers.append(name, value)
        return answer

    @app.function_name("gateway")
    @app.route(route="{*path}", methods=METHODS)
    async def gateway(req: HttpRequest) -> HttpResponse:
        """Every HTTP request."""
        return await _answer(await _handled(await _request(req)))

else:

    @app.function_name("gateway")
    @app.route(route="{*path}", methods=METHODS)
    async def gateway(req: func.HttpRequest) -> func.HttpResponse:
        """Every HTTP request."""
        response = await _handled(Request(req.method, req.url, Headers(req.headers.items()), req.get_body()))
        fields = Headers(_fields(response))
        return func.HttpResponse(
            await response.body.read(),
            status_code=response.status,
            headers=fields,  # type: ignore[arg-type]  # read by .items() only, which keeps repeated fields
            mimetype=fields.get("content-type", "application/octet-stream"),
        )


@app.function_name("clean")
@app.timer_trigger(schedule=CLEANING, arg_name="timer", run_on_startup=False)
async def clean(timer: func.TimerRequest) -> None:
    """Remove expired counters and cache entries, and leftovers of imports; safe on any number of instances."""
    if isinstance(_served, Application):
        await _served.clean()


@app.function_name("warm_up")
@app.warm_up_trigger(arg_name="warmup")
async def warm_up(warmup: WarmUpContext) -> None:
    """Load the configuration before the first request of a new instance arrives."""
    if isinstance(_served, Application):
        await _served.warm_up()

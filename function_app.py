"""Azure Functions' entry: triggers in, the application's `handle` out. The only file that imports azure.functions.

Every HTTP request arrives at one function whose route takes all paths; the application routes by itself, as it does on the
local host. Access is the policies' matter, so the trigger's own level is anonymous. Beside it: a timer that cleans the store,
and the warm-up of a new instance.
"""

from __future__ import annotations

import os

import azure.functions as func
from azure.functions.warmup import WarmUpContext

from mcp_core.app import Application, unavailable
from mcp_core.errors import CatalogError
from policies.messages import Headers, Request, Response

CLEANING = "0 */10 * * * *"  # every ten minutes: second, minute, hour, day, month, day of week
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


def _application() -> Application | CatalogError:
    """The application; wrong settings become the answer of every request instead of a failing import."""
    try:
        return Application.from_environment(start_telemetry=_start_telemetry)
    except CatalogError as error:
        return error


def _start_telemetry() -> None:
    """Application Insights by its connection string, with the app's identity where local authentication is off."""
    from azure.monitor.opentelemetry import configure_azure_monitor

    credential = None
    if "Authorization=AAD" in os.environ.get("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", ""):
        from azure.identity import ManagedIdentityCredential

        credential = ManagedIdentityCredential(client_id=os.environ.get("AzureWebJobsStorage__clientId"))
    configure_azure_monitor(credential=credential, enable_live_metrics=False)


_served = _application()


def _request(trigger: func.HttpRequest) -> Request:
    return Request(trigger.method, trigger.url, Headers(trigger.headers.items()), trigger.get_body())


async def _answer(response: Response) -> func.HttpResponse:
    return func.HttpResponse(
        await response.body.read(),
        status_code=response.status,
        headers=response.headers,  # type: ignore[arg-type]  # read by .items() only, which keeps repeated fields
        mimetype=response.headers.get("content-type", "application/octet-stream"),
    )


@app.function_name("gateway")
@app.route(route="{*path}", methods=METHODS)
async def gateway(req: func.HttpRequest) -> func.HttpResponse:
    """Every HTTP request."""
    if isinstance(_served, CatalogError):
        return await _answer(unavailable(_served))
    return await _answer(await _served.handle(_request(req)))


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

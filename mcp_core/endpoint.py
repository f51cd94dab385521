"""The way of an MCP request: the policies of the server around the protocol, those of the API around each REST call.

The rule here: no step looks back at an earlier one, and nothing here knows which host the request came from. Policies see one
message at a time, also in a batch (D6).
"""

from __future__ import annotations

from mcp_core.access.callers import ANONYMOUS, Caller, Callers
from mcp_core.access.visibility import hidden
from mcp_core.calls import ArgumentError
from mcp_core.catalog.snapshot import ServedServer
from mcp_core.protocol import (
    EndpointRules,
    Inbound,
    Message,
    Reply,
    ToolCall,
    argument_error,
    finish,
    read,
    refusal,
    respond,
    route,
    tool_reply,
)
from mcp_core.telemetry.observer import Observer
from mcp_core.tracing import attach, is_wanted
from policies.context import ORIGIN_ADMITTED, PolicyContext
from policies.errors import PolicyFailure
from policies.messages import Body, Request, Response
from policies.ports import Services
from policies.secret import NO_SECRET, Secret
from policies.trace import Trace

__all__ = ["Endpoint"]


class Endpoint:
    """Answers requests to the MCP endpoint of any server."""

    def __init__(
        self, services: Services, rules: EndpointRules, observer: Observer | None = None, *, trace_key: Secret = NO_SECRET
    ) -> None:
        self._trace_key = trace_key or None
        self._services = services
        self._rules = rules
        self._observer = observer

    async def serve(self, server: ServedServer, callers: Callers, request: Request) -> Response:
        """The answer to one HTTP request; its body is buffered."""
        inbound = read(request, self._rules)
        caller = callers.identify(server.server, server.sources.api, request, self._services.clock())
        answer = self._answer if self._observer is None else self._observed
        if not inbound.is_batch:
            return finish(inbound, (await answer(server, caller, request, inbound, inbound.messages[0]),))
        responses = [await answer(server, caller, _alone(request, message), inbound, message) for message in inbound.messages]
        return finish(inbound, responses)

    async def _observed(
        self, server: ServedServer, caller: Caller | PolicyFailure, request: Request, inbound: Inbound, message: Message
    ) -> Response:
        """One message answered, and told of."""
        assert self._observer is not None
        return await self._observer.observe(
            server.server, message, request, lambda: self._answer(server, caller, request, inbound, message)
        )

    async def _answer(
        self, server: ServedServer, caller: Caller | PolicyFailure, request: Request, inbound: Inbound, message: Message
    ) -> Response:
        """One message through the server's pipeline; for a caller who is refused, only through its on-error."""
        tool = server.tools.get(message.tool_name) if message.is_tool_call else None
        context = PolicyContext(
            request,
            self._services,
            api=tool.api if tool else None,
            operation=tool.operation if tool else None,
            counts=message.is_tool_call,
        )
        pipeline, failure = server.pipeline, None
        if isinstance(caller, PolicyFailure):
            failure = caller
        elif caller is not ANONYMOUS:
            context.subscription, context.product, context.user = caller.subscription, caller.product, caller.user
            if caller.product is not None:
                pipeline = server.product_pipelines.get(caller.product.id, pipeline)
        body = request.body

        async def dispatch(context: PolicyContext) -> Response:
            if context.request.body is body:
                return await self._dispatch(server, inbound, message, context)
            changed = read(context.request, self._rules)
            return await self._dispatch(server, changed, changed.messages[0], context)

        if self._trace_key is not None and is_wanted(request, self._trace_key):
            context.trace = Trace(pipeline.secrets | (tool.pipeline.secrets if tool else frozenset()))
        if request.method == "OPTIONS" and "access-control-request-method" in request.headers:
            preflight = await pipeline.preflight(context)
            if preflight is not None:
                return preflight
        response = await pipeline.run(context, dispatch, failure=failure)
        if context.refusal is not None:
            said = context.refusal
            response = refusal(message, response.status, response.headers, said.message, said.reason)
        if context.trace is not None:
            attach(response, context.trace)
        return response

    async def _dispatch(self, server: ServedServer, inbound: Inbound, message: Message, context: PolicyContext) -> Response:
        """The protocol's answer to a message that the policies let pass."""
        if inbound.foreign_origin is not None and ORIGIN_ADMITTED in context.marks:
            inbound.foreign_origin = None
        face = server.face
        if server.conditions:
            unseen = hidden(server.conditions, message.method, message.tool_name, context)
            if unseen is not None:
                face = face.subset([tool.name for tool in face.tools if tool.name not in unseen])
        step = route(inbound, message, face, context.request.headers)
        if isinstance(step, Reply):
            return respond(step)
        return respond(await self._call(server, step, context))

    async def _call(self, server: ServedServer, call: ToolCall, context: PolicyContext) -> Reply:
        """One tool call: arguments checked, the REST request through the API's pipeline, its response as the result."""
        tool = server.tools[call.tool.name]
        prepared = tool.prepared
        problems = prepared.check(call.arguments)
        if problems:
            return argument_error(call, "\n".join(problems))
        try:
            request = prepared.request(call.arguments)
        except ArgumentError as error:
            return argument_error(call, str(error))
        request.ip_address = context.request.ip_address
        rest = PolicyContext(
            request,
            self._services,
            api=tool.api,
            operation=tool.operation,
            product=context.product,
            subscription=context.subscription,
            user=context.user,
            variables=context.variables,
            request_id=context.request_id if context.trace is not None else "",
        )
        rest.trace = context.trace
        response = await tool.pipeline.run(rest)
        return tool_reply(call, await prepared.result(response))


def _alone(request: Request, message: Message) -> Request:
    """The request as policies see it for one message of a batch."""
    twin = Request(
        request.method, request.url.copy(), request.headers.copy(), Body(message.body), ip_address=request.ip_address
    )
    twin.original_url = request.original_url
    return twin

"""A REST API whose operations bear the names of the conformance suite's tools, and its OpenAPI document.

The rule here: plain REST. No operation knows MCP; what the suite wants to see must come about by importing this document,
exporting the API and, for one tool, by a policy.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

__all__ = ["POLICY", "backend", "document"]

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==")
WAV = b"RIFF" + struct.pack("<I", 36 + 8) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
WAV += b"data" + struct.pack("<I", 8) + bytes([128] * 8)
SIMPLE_TEXT = "This is a simple text response for testing."
ERROR_TEXT = "This tool intentionally returns an error for testing"
RESOURCE = b"%PDF-1.4\n%%EOF\n"
BOUNDARY = "part-of-the-reply"

# What needs a capability of the client is the exporter's matter: the server's policy looks and answers
# MissingRequiredClientCapabilityError with the request's own id.
POLICY = """\
<policies>
  <inbound>
    <base />
    <choose>
      <when condition='@(context.Operation != null &amp;&amp; context.Operation.Id == "test_missing_capability"
          &amp;&amp; context.Request.Body.As&lt;JObject&gt;(preserveContent: true)
            ["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"]["sampling"] == null)'>
        <return-response>
          <set-status code="400" reason="Bad Request" />
          <set-header name="Content-Type" exists-action="override"><value>application/json</value></set-header>
          <set-body>@{
            var asked = context.Request.Body.As&lt;JObject&gt;(preserveContent: true);
            return new JObject(
              new JProperty("jsonrpc", "2.0"),
              new JProperty("id", asked["id"]),
              new JProperty("error", new JObject(
                new JProperty("code", -32021),
                new JProperty("message", "This tool needs the client's sampling capability"),
                new JProperty("data", new JObject(
                  new JProperty("requiredCapabilities", new JObject(new JProperty("sampling", new JObject())))))
              ))
            ).ToString();
          }</set-body>
        </return-response>
      </when>
    </choose>
  </inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"""

TYPED_REQUEST: Mapping[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "x-mcp-full-schema": True,  # shown to clients word for word, not in the form that strict ones need
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/components/schemas/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


def document(base_url: str) -> dict[str, Any]:
    """The OpenAPI document."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Conformance", "version": "1.0", "description": "Operations that the conformance suite calls."},
        "servers": [{"url": base_url}],
        "paths": {
            "/text": {"get": _operation("test_simple_text", "A simple text", "text/plain")},
            "/error": {"get": _operation("test_error_handling", "Always fails", "text/plain")},
            "/image": {"get": _operation("test_image_content", "A picture of one pixel", "image/png")},
            "/audio": {"get": _operation("test_audio_content", "A millisecond of silence", "audio/wav")},
            "/resource": {"get": _operation("test_embedded_resource", "A file", "application/pdf")},
            "/mixed": {"get": _operation("test_multiple_content_types", "A text, a picture and a file", "multipart/mixed")},
            "/sampling": {"get": _operation("test_missing_capability", "Only for clients that can sample", "text/plain")},
            "/streaming": {"get": _operation("test_streaming_elicitation", "Answers at once", "text/plain")},
            "/logging": {"get": _operation("test_logging_tool", "Answers without logging", "text/plain")},
            "/regions/{region}": {
                "get": {
                    **_operation("test_x_mcp_header", "A region, mirrored into a header", "application/json"),
                    "parameters": [
                        {
                            "name": "region",
                            "in": "path",
                            "required": True,
                            "schema": {"type": "string", "x-mcp-header": "Region"},
                        },
                        {"name": "verbose", "in": "query", "schema": {"type": "boolean"}},
                    ],
                }
            },
            "/contacts": {
                "post": {
                    **_operation("json_schema_2020_12_tool", "Tool with JSON Schema 2020-12 features", "application/json"),
                    "requestBody": {"required": True, "content": {"application/json": {"schema": TYPED_REQUEST}}},
                }
            },
        },
        "components": {
            "schemas": {
                "address": {
                    "$anchor": "addressDef",
                    "type": "object",
                    "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
                }
            }
        },
    }


def _operation(identifier: str, summary: str, media_type: str) -> dict[str, Any]:
    return {
        "operationId": identifier,
        "summary": summary,
        "responses": {"200": {"description": summary, "content": {media_type: {}}}},
    }


async def _text(_request: Request) -> Response:
    return PlainTextResponse(SIMPLE_TEXT)


async def _error(_request: Request) -> Response:
    return PlainTextResponse(ERROR_TEXT, status_code=500)


async def _image(_request: Request) -> Response:
    return Response(PNG, media_type="image/png")


async def _audio(_request: Request) -> Response:
    return Response(WAV, media_type="audio/wav")


async def _resource(_request: Request) -> Response:
    return Response(RESOURCE, media_type="application/pdf")


async def _mixed(_request: Request) -> Response:
    parts = [
        (b"text/plain; charset=utf-8", b"Multiple content types test:"),
        (b"image/png", PNG),
        (b"application/pdf", RESOURCE),
    ]
    edge = BOUNDARY.encode()
    body = b"".join(b"--%b\r\nContent-Type: %b\r\n\r\n%b\r\n" % (edge, kind, data) for kind, data in parts)
    return Response(body + b"--%b--\r\n" % edge, media_type=f"multipart/mixed; boundary={BOUNDARY}")


async def _region(request: Request) -> Response:
    return JSONResponse({"region": request.path_params["region"]})


async def _contact(request: Request) -> Response:
    return JSONResponse(await request.json())


def backend() -> Starlette:
    """The API."""
    return Starlette(
        routes=[
            Route("/text", _text),
            Route("/error", _error),
            Route("/image", _image),
            Route("/audio", _audio),
            Route("/resource", _resource),
            Route("/mixed", _mixed),
            Route("/sampling", _text),
            Route("/streaming", _text),
            Route("/logging", _text),
            Route("/regions/{region}", _region),
            Route("/contacts", _contact, methods=["POST"]),
        ]
    )

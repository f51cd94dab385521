"""The policies that APIM knows and this gateway does not serve, each with its reason.

The rule here: a document that uses one is refused with the reason, never with "unknown element", so that its author
knows at once whether to look for a typing error or for another way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["REASONS"]

_LLM = "it governs calls of language models; here the model is the client, and the backends are REST APIs"
_DAPR = "there is no Dapr sidecar beside an Azure Functions app; call the service with send-request"
_GRAPHQL = "it belongs to GraphQL APIs and their resolvers; only REST APIs are exposed here"
_CONTENT_SAFETY = "it asks Azure AI Content Safety, which is not connected here; ask that service with send-request"
_CERTIFICATE = (
    "Azure Functions ends the client's TLS connection before the gateway; ask for certificates at the platform "
    "(clientCertEnabled) and check the X-ARR-ClientCert header"
)

REASONS: Final[Mapping[str, str]] = {
    "azure-openai-emit-token-metric": _LLM,
    "azure-openai-semantic-cache-lookup": _LLM,
    "azure-openai-semantic-cache-store": _LLM,
    "azure-openai-token-limit": _LLM,
    "llm-content-safety": _CONTENT_SAFETY,
    "llm-emit-token-metric": _LLM,
    "llm-semantic-cache-lookup": _LLM,
    "llm-semantic-cache-store": _LLM,
    "llm-token-limit": _LLM,
    "set-backend-service-dapr": _DAPR,
    "publish-to-dapr": _DAPR,
    "invoke-dapr-binding": _DAPR,
    "cosmosdb-data-source": _GRAPHQL,
    "http-data-source": _GRAPHQL,
    "sql-data-source": _GRAPHQL,
    "publish-event": _GRAPHQL,
    "set-graphql-resolver": _GRAPHQL,
    "validate-graphql-request": _GRAPHQL,
    "validate-odata-request": "it belongs to OData APIs, whose metadata document is not imported; use validate-parameters",
    "validate-client-certificate": _CERTIFICATE,
    "send-service-bus-message": "it speaks AMQP; call the queue's or topic's REST API with send-request",
    "cache-value": "it has no article yet; use cache-lookup-value, choose and cache-store-value",
    "invoke-request": "it has no article yet; use send-request",
    "log-to-eventhub": "there are no loggers here; use trace or emit-metric, or send-one-way-request to Event Hubs",
}

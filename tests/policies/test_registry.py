"""The registry knows every policy of APIM's reference, served or with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from policies import registry
from policies.compiler import check_document
from policies.unsupported import REASONS

# The article "API Management policy reference" and the pages under it.
REFERENCE = [
    *(
        "rate-limit",
        "rate-limit-by-key",
        "quota",
        "quota-by-key",
        "limit-concurrency",
        "azure-openai-token-limit",
        "llm-token-limit",
    ),
    *("check-header", "get-authorization-context", "ip-filter", "validate-azure-ad-token", "validate-jwt"),
    *("validate-client-certificate", "authentication-basic", "authentication-certificate", "authentication-managed-identity"),
    *("validate-content", "validate-graphql-request", "validate-odata-request", "validate-parameters", "validate-headers"),
    *("validate-status-code", "llm-content-safety", "forward-request", "set-backend-service", "proxy", "cache-lookup"),
    *("cache-store", "cache-lookup-value", "cache-store-value", "cache-remove-value", "azure-openai-semantic-cache-lookup"),
    *("azure-openai-semantic-cache-store", "llm-semantic-cache-lookup", "llm-semantic-cache-store", "set-method", "set-status"),
    *("set-variable", "set-body", "set-header", "set-query-parameter", "rewrite-uri", "json-to-xml", "xml-to-json"),
    *("find-and-replace", "redirect-content-urls", "xsl-transform", "return-response", "mock-response", "cross-domain", "cors"),
    *("jsonp", "send-request", "send-one-way-request", "log-to-eventhub", "set-backend-service-dapr", "publish-to-dapr"),
    *("invoke-dapr-binding", "trace", "emit-metric", "azure-openai-emit-token-metric", "llm-emit-token-metric"),
    *("sql-data-source", "cosmosdb-data-source", "http-data-source", "publish-event", "choose", "include-fragment", "retry"),
    *("wait", "base", "send-service-bus-message", "set-graphql-resolver", "cache-value", "invoke-request"),
]


@pytest.mark.parametrize("name", REFERENCE)
def test_a_policy_is_served_or_refused_with_its_reason(name: str) -> None:
    served, reason = registry.find(name), registry.unsupported(name)
    assert (served is not None) != (reason is not None)
    if served is not None:
        assert served.name == name


@pytest.mark.parametrize("name", sorted(REASONS))
def test_using_one_that_is_not_served_says_why(name: str) -> None:
    (error,) = check_document(f"<policies><inbound><base/><{name}/></inbound></policies>").errors
    assert error.message == f"<{name}> is not supported: {REASONS[name]}"


@pytest.mark.parametrize("name", ["rate_limit", "_rate", "os", "..", "set_header", "__init__", "statements.set-header"])
def test_nothing_else_is_a_policy(name: str) -> None:
    assert registry.find(name) is None
    assert registry.unsupported(name) is None


@pytest.mark.parametrize("name", sorted(registry.names()))
def test_every_file_holds_one_policy_with_one_builder(name: str) -> None:
    policy = registry.find(name)
    assert policy is not None
    assert policy.name == name
    builders = (policy.build, policy.edit, policy.edit_request, policy.edit_response)
    assert sum(builder is not None for builder in builders) == 1
    assert policy.sections


@pytest.mark.parametrize("name", sorted(registry.names() | set(REASONS)))
def test_the_page_on_policies_names_it(name: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / "policies.md").read_text("utf-8")
    families = ("`azure-openai-*`", "`llm-*`")
    assert f"`{name}`" in page or any(name.startswith(each.strip("`*")) and each in page for each in families)

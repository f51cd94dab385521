"""The Bicep files: that they parse, fit together, and hold what a production deployment needs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mcp_core.catalog.ledger import CHUNKS, TABLE
from mcp_core.settings import DEFINITIONS
from mcp_core.storage.cache.internal import CACHE_TABLE
from mcp_core.storage.counters.counters import QUOTAS_TABLE, RATES_TABLE
from mcp_core.streaming import STREAMS_TABLE
from tests.infra.bicep import INFRA, Source, sources

ROOT = INFRA.parent
FILES = sources()
MAIN = FILES["main.bicep"]
APP = FILES["modules/functionApp.bicep"]
HOST_SETTINGS = {  # read by the Functions host or by the entry's telemetry, not by the gateway
    "AzureWebJobsStorage__credential",
    "AzureWebJobsStorage__blobServiceUri",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
}
SHARED_KEY_SETTINGS = {"AzureWebJobsStorage"}  # a connection string: for the emulator, never in Azure


@pytest.mark.parametrize("name", FILES)
def test_a_file_parses(name: str) -> None:
    assert FILES[name].errors() == []


def test_an_error_would_be_seen(tmp_path: Path) -> None:
    broken = tmp_path / "broken.bicep"
    broken.write_text("resource x 'A/b@2024-01-01' = {\n  name: \n")
    assert Source(broken).errors()


@pytest.mark.parametrize("name", FILES)
def test_every_parameter_is_used_and_every_api_version_is_dated_and_stable(name: str) -> None:
    file = FILES[name]
    for parameter in file.parameters:
        assert len(re.findall(rf"\b{parameter}\b", file.text)) > 1, parameter
    for resource in file.resources:
        assert "preview" not in resource.kind
        if "@" in resource.kind and not resource.kind.startswith("Microsoft.Graph"):
            assert re.search(r"@20\d\d-\d\d-\d\d$", resource.kind), resource.kind


def test_each_module_gets_the_parameters_that_it_declares_and_gives_the_outputs_that_are_read() -> None:
    for module in MAIN.modules.values():
        target = FILES[module.kind]
        block = re.search(r"^  params: \{\n(.*?)^  \}", module.text, re.M | re.S)
        given = set(re.findall(r"^    (\w+):", block[1], re.M)) if block else set()
        required = set(re.findall(r"^param (\w+) [\w|' ]+$", target.text, re.M))
        assert required <= given <= target.parameters, module.name
        read = set(re.findall(rf"\b{module.name}!?\.outputs\.(\w+)", MAIN.text))
        assert read <= target.outputs, module.name
    assert {module.kind for module in MAIN.modules.values()} == FILES.keys() - {"main.bicep"}


def test_storage_takes_no_key_no_anonymous_caller_and_no_plain_http() -> None:
    account = FILES["modules/storage.bicep"].resource("Microsoft.Storage/storageAccounts@")
    assert account.has(
        "allowSharedKeyAccess: false",
        "allowBlobPublicAccess: false",
        "defaultToOAuthAuthentication: true",
        "minimumTlsVersion: 'TLS1_2'",
        "supportsHttpsTrafficOnly: true",
        "publicNetworkAccess: publicNetworkAccess ? 'Enabled' : 'Disabled'",
        "defaultAction: publicNetworkAccess ? 'Allow' : 'Deny'",
    )


def test_the_tables_are_made_that_the_code_uses() -> None:
    made = re.search(r"param tableNames array = \[(.*)\]", FILES["modules/storage.bicep"].text)
    assert made
    tables = set(re.findall(r"'(\w+)'", made[1]))
    assert tables == {TABLE, CHUNKS, RATES_TABLE, QUOTAS_TABLE, CACHE_TABLE, STREAMS_TABLE}


def test_the_app_runs_python_313_on_flex_consumption_over_https_as_its_own_identity() -> None:
    app = APP.resource("Microsoft.Web/sites@")
    assert app.has(
        "httpsOnly: true",
        "minTlsVersion: '1.2'",
        "ftpsState: 'Disabled'",
        "type: 'UserAssigned'",
        "name: 'python'",
        "version: '3.13'",
        "type: 'UserAssignedIdentity'",
        "instanceMemoryMB: instanceMemoryMB",
        "maximumInstanceCount: maximumInstanceCount",
        "http: { perInstanceConcurrency: httpConcurrency }",
    )
    assert APP.resource("Microsoft.Web/serverfarms@").has("name: 'FC1'", "tier: 'FlexConsumption'")
    assert [each.name for each in APP.resources if each.kind == "basicPublishingCredentialsPolicies"] == ["scm", "ftp"]
    assert {"instanceMemoryMB", "maximumInstanceCount", "alwaysReadyInstances", "httpConcurrency"} <= MAIN.parameters


def test_the_identity_has_the_roles_that_it_needs_and_no_more() -> None:
    roles = FILES["modules/roles.bicep"]
    ids = dict(re.findall(r"var (\w+) = '([0-9a-f-]{36})'", roles.text))
    assert ids == {
        "blobDataOwner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
        "tableDataContributor": "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
        "monitoringMetricsPublisher": "3913510d-42f4-4e42-8a64-420c390055eb",
    }
    to_identity = [each for each in roles.resources if each.has("principalId: identityPrincipalId")]
    assert {re.search(r"roleDefinitions', (\w+)\)", each.text)[1] for each in to_identity} == ids.keys()  # type: ignore[index]
    assert all(each.has("principalType: 'ServicePrincipal'") for each in to_identity)


def test_telemetry_takes_identities_only() -> None:
    monitoring = FILES["modules/monitoring.bicep"]
    assert monitoring.resource("Microsoft.Insights/components@").has("DisableLocalAuth: true")
    assert monitoring.resource("Microsoft.OperationalInsights/workspaces@").has("features: { disableLocalAuth: true }")


def test_cosmos_takes_no_key_and_reads_what_was_written() -> None:
    account = FILES["modules/cosmos.bicep"].resource("Microsoft.DocumentDB/databaseAccounts@")
    assert account.has("disableLocalAuth: true", "minimalTlsVersion: 'Tls12'", "disableKeyBasedMetadataWriteAccess: true")
    assert "'EnableTable'" in account.text
    assert "defaultConsistencyLevel: 'Strong'" in account.text


@pytest.mark.parametrize(
    ("module", "switch"),
    [
        ("network", "vnetEnabled"),
        ("endpoints", "vnetEnabled"),
        ("entra", "entraEnabled"),
        ("apiCenter", "apiCenterEnabled"),
        ("cosmos", "cosmosTablesEnabled"),
    ],
)
def test_what_is_optional_is_off_unless_asked_for(module: str, switch: str) -> None:
    assert f"if ({switch})" in MAIN.modules[module].text.split("\n")[0]
    assert re.search(rf"^param {switch} bool = false$", MAIN.text, re.M)


def test_private_endpoints_cover_what_the_app_stores() -> None:
    endpoints = FILES["modules/privateEndpoints.bicep"].text
    assert {"kind: 'blob'", "kind: 'table'", "groupIds: ['Table']"} <= set(
        re.findall(r"kind: '\w+'|groupIds: \['\w+'\]", endpoints)
    )
    assert "delegations" in FILES["modules/network.bicep"].text
    assert "Microsoft.App/environments" in FILES["modules/network.bicep"].text


def test_no_key_or_secret_is_read_or_put_out() -> None:
    for name, file in FILES.items():
        for call in ("listKeys", "listConnectionStrings", "primaryMasterKey", "AccountKey", "passwordCredentials"):
            assert call not in file.text, name


def test_every_setting_that_the_code_reads_is_set_or_accepted_and_no_other() -> None:
    own = _keys(APP.text, "var ownSettings = {")
    accepted = _keys(MAIN.text, "type GatewaySettings = {")
    assert own | accepted == {row.variable for row in DEFINITIONS} - SHARED_KEY_SETTINGS | HOST_SETTINGS
    assert "@sealed()\ntype GatewaySettings" in MAIN.text
    assert re.search(r"@secure\(\)\n@description\('[^']+'\)\nparam gatewaySettings GatewaySettings = \{\}", MAIN.text)


def test_every_variable_that_the_code_names_is_a_defined_setting() -> None:
    defined = {row.variable for row in DEFINITIONS} | HOST_SETTINGS
    for path in [ROOT / "function_app.py", *(ROOT / "mcp_core").rglob("*.py")]:
        named = set(re.findall(r'environ\S*?[\[(]"(\w+)"', path.read_text(encoding="utf-8")))
        assert named <= defined, path


def _keys(text: str, opening: str) -> set[str]:
    block = text[text.index(opening) :].split("\n}", 1)[0]
    return set(re.findall(r"^  (\w+):", block, re.M))


def test_azd_finds_what_it_looks_for() -> None:
    assert "targetScope = 'subscription'" in MAIN.text
    assert "'azd-env-name': environmentName" in MAIN.text
    azure = (ROOT / "azure.yaml").read_text(encoding="utf-8")
    [service] = re.findall(r"^  (\w+):$", azure, re.M)
    assert f"'azd-service-name': '{service}'" in MAIN.text
    assert {"MCP_BASE_URL", "MCP_STORE", "AZURE_RESOURCE_GROUP", "AZURE_FUNCTION_APP_NAME", "AZURE_LOCATION"} <= MAIN.outputs
    parameters = json.loads((INFRA / "main.parameters.json").read_text(encoding="utf-8"))["parameters"]
    assert parameters.keys() <= MAIN.parameters
    required = set(re.findall(r"^param (\w+) \w+$", MAIN.text, re.M))
    assert required <= parameters.keys()


def test_the_graph_extension_is_declared_where_it_is_imported() -> None:
    assert FILES["modules/entra.bicep"].text.startswith("extension microsoftGraphV1\n")
    config = json.loads((INFRA / "bicepconfig.json").read_text(encoding="utf-8"))
    assert config["extensions"]["microsoftGraphV1"].startswith("br:mcr.microsoft.com/bicep/extensions/microsoftgraph/v1.0:")


def test_the_api_center_knows_each_server_by_its_mcp_url() -> None:
    center = FILES["modules/apiCenter.bicep"].text
    assert "kind: 'mcp'" in center
    assert "runtimeUri: ['${gatewayUrl}/${server}/mcp']" in center


def test_the_workbook_asks_for_the_dimensions_that_telemetry_writes() -> None:
    written = (ROOT / "mcp_core" / "telemetry" / "dimensions.py").read_text(encoding="utf-8")
    workbook = json.loads((INFRA / "workbook.json").read_text(encoding="utf-8"))
    queries = [item["content"]["query"] for item in workbook["items"] if item["type"] == 3]
    asked = {name for query in queries for name in re.findall(r'customDimensions\["([^"]+)"\]', query)}
    assert {"api.type", "service.name", "gen_ai.tool.name"} <= asked
    assert all(f'"{name}"' in written for name in asked)
    text = "\n".join(queries)
    assert all(
        figure in text
        for figure in ("calls = count()", "status == 429", "percentile(duration, 50)", "percentile(duration, 95)")
    )
    names = [item["name"] for item in workbook["items"]]
    assert len(set(names)) == len(names)
    assert "loadTextContent('../workbook.json')" in FILES["modules/workbook.bicep"].text

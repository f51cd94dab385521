targetScope = 'subscription'

@minLength(1)
@maxLength(64)
@description('Name of the environment; every resource name is derived from it.')
param environmentName string

@minLength(1)
@description('Azure region that offers Flex Consumption.')
param location string

@description('Resource group to use or make; empty derives one from the environment.')
param resourceGroupName string = ''

@description('Name of the function app; empty derives a unique one. It is the first part of every MCP URL.')
param functionAppName string = ''

@description('Object id of the person who deploys, to manage the catalogue in Table Storage from a laptop; empty for nobody.')
param principalId string = ''

@allowed(['User', 'ServicePrincipal', 'Group'])
@description('What kind of principal principalId is.')
param principalType string = 'User'

@allowed([512, 2048, 4096])
@description('Memory of one instance in MB.')
param instanceMemoryMB int = 2048

@minValue(1)
@maxValue(1000)
@description('How many instances there are at the most.')
param maximumInstanceCount int = 100

@minValue(0)
@maxValue(1000)
@description('How many instances are always ready: 0 costs nothing when idle, 1 avoids cold starts.')
param alwaysReadyInstances int = 0

@minValue(1)
@maxValue(1000)
@description('Requests that one instance works on at once. The gateway waits for backends most of the time, so this is high.')
param httpConcurrency int = 100

@description('Put storage behind private endpoints and the app into a virtual network.')
param vnetEnabled bool = false

@description('Make an Entra application that stands for the MCP servers in access tokens.')
param entraEnabled bool = false

@description('Make an API Center and register the exported servers in it.')
param apiCenterEnabled bool = false

@description('Names of the exported MCP servers that are registered in the API Center.')
param mcpServers array = []

@description('Keep the catalogue and the counters in Cosmos DB for Table instead of the storage account.')
param cosmosTablesEnabled bool = false

@description('Whether backends may be on private addresses, for APIs inside the virtual network.')
param allowPrivateBackends bool = false

@description('Serve the older HTTP+SSE transport too (see the README for its price).')
param streamingEnabled bool = false

@description('Applications that may ask for tokens of the Entra application without consent; Visual Studio Code by default.')
param preAuthorizedClientIds array = ['aebc6443-996d-45c2-90f0-388ff96faa56']

// Every further setting that the gateway reads; the README says what each means. Give secrets as Key Vault references.
@sealed()
type GatewaySettings = {
  MCP_MAX_BODY_BYTES: string?
  MCP_MAX_RESULT_BYTES: string?
  MCP_MAX_RESPONSE_BYTES: string?
  MCP_BACKEND_TIMEOUT: string?
  MCP_BACKEND_CONCURRENCY: string?
  MCP_ALLOWED_ORIGINS: string?
  MCP_ALLOWED_HOSTS: string?
  MCP_PAGE_SIZE: string?
  MCP_REFRESH_SECONDS: string?
  MCP_ADMIT_WHEN_STORE_FAILS: string?
  MCP_EXPRESSION_STEPS: string?
  MCP_EXPRESSION_SECONDS: string?
  MCP_EXPRESSION_SIZE: string?
  MCP_PUBLIC_URL: string?
  MCP_REDIS_URL: string?
  MCP_CACHE_BYTES: string?
  MCP_TRACE_KEY: string?
  MCP_CONNECTION_KEYS: string?
  MCP_CERTIFICATES: string?
  MCP_CERTIFICATE_FOLDERS: string?
  MCP_LOG_PAYLOADS: string?
  MCP_TRUSTED_PROXIES: string?
}

@secure()
@description('Further application settings of the gateway; they win over those made here.')
param gatewaySettings GatewaySettings = {}

var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }
var groupName = empty(resourceGroupName) ? 'rg-${environmentName}' : resourceGroupName
var appName = empty(functionAppName) ? 'func-mcp-${token}' : functionAppName
var storageName = 'stmcp${token}'
var deploymentContainerName = 'app-package'

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: groupName
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: group
  params: {
    name: 'id-mcp-${token}'
    location: location
    tags: tags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    logAnalyticsName: 'log-mcp-${token}'
    applicationInsightsName: 'appi-mcp-${token}'
    location: location
    tags: tags
  }
}

module workbook 'modules/workbook.bicep' = {
  name: 'workbook'
  scope: group
  params: {
    applicationInsightsId: monitoring.outputs.applicationInsightsId
    location: location
    tags: tags
  }
}

module network 'modules/network.bicep' = if (vnetEnabled) {
  name: 'network'
  scope: group
  params: {
    name: 'vnet-mcp-${token}'
    location: location
    tags: tags
  }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  scope: group
  params: {
    name: storageName
    location: location
    tags: tags
    deploymentContainerName: deploymentContainerName
    publicNetworkAccess: !vnetEnabled
  }
}

module cosmos 'modules/cosmos.bicep' = if (cosmosTablesEnabled) {
  name: 'cosmos'
  scope: group
  params: {
    name: 'cosmos-mcp-${token}'
    location: location
    tags: tags
    principalIds: empty(principalId) ? [identity.outputs.principalId] : [identity.outputs.principalId, principalId]
    publicNetworkAccess: !vnetEnabled
  }
}

module endpoints 'modules/privateEndpoints.bicep' = if (vnetEnabled) {
  name: 'privateEndpoints'
  scope: group
  params: {
    location: location
    tags: tags
    virtualNetworkId: vnetEnabled ? network!.outputs.virtualNetworkId : ''
    subnetId: vnetEnabled ? network!.outputs.privateEndpointSubnetId : ''
    storageAccountName: storage.outputs.name
    cosmosAccountName: cosmosTablesEnabled ? cosmos!.outputs.name : ''
  }
}

module roles 'modules/roles.bicep' = {
  name: 'roles'
  scope: group
  params: {
    storageAccountName: storage.outputs.name
    applicationInsightsName: monitoring.outputs.applicationInsightsName
    identityPrincipalId: identity.outputs.principalId
    userPrincipalId: principalId
    userPrincipalType: principalType
  }
}

module entra 'modules/entra.bicep' = if (entraEnabled) {
  name: 'entra'
  scope: group
  params: {
    displayName: 'MCP gateway ${environmentName}'
    uniqueName: 'mcp-gateway-${token}'
    preAuthorizedClientIds: preAuthorizedClientIds
  }
}

module gateway 'modules/functionApp.bicep' = {
  name: 'gateway'
  scope: group
  params: {
    name: appName
    planName: 'plan-mcp-${token}'
    location: location
    tags: union(tags, { 'azd-service-name': 'gateway' })
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    storageAccountName: storage.outputs.name
    deploymentContainerName: deploymentContainerName
    applicationInsightsConnectionString: monitoring.outputs.connectionString
    tableServiceUrl: cosmosTablesEnabled ? cosmos!.outputs.tableEndpoint : storage.outputs.tableEndpoint
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyInstances: alwaysReadyInstances
    httpConcurrency: httpConcurrency
    subnetId: vnetEnabled ? network!.outputs.appSubnetId : ''
    allowPrivateBackends: allowPrivateBackends
    streaming: streamingEnabled
    gatewaySettings: gatewaySettings
  }
  dependsOn: [roles, endpoints]
}

module apiCenter 'modules/apiCenter.bicep' = if (apiCenterEnabled) {
  name: 'apiCenter'
  scope: group
  params: {
    name: 'apic-mcp-${token}'
    location: location
    tags: tags
    gatewayUrl: gateway.outputs.url
    mcpServers: mcpServers
  }
}

@description('Base URL of the MCP servers: one is at <this>/<api-name>-mcp/mcp.')
output MCP_BASE_URL string = gateway.outputs.url

@description('MCP_STORE for the command line on a laptop.')
output MCP_STORE string = 'tables:${cosmosTablesEnabled ? cosmos!.outputs.tableEndpoint : storage.outputs.tableEndpoint}'

output AZURE_LOCATION string = location
output AZURE_TENANT_ID string = tenant().tenantId
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_FUNCTION_APP_NAME string = gateway.outputs.name
@description('Audience of the tokens that validate-azure-ad-token should ask for.')
output ENTRA_APPLICATION_ID string = entraEnabled ? entra!.outputs.applicationId : ''

@description('The scope that clients ask for.')
output ENTRA_SCOPE string = entraEnabled ? entra!.outputs.scope : ''

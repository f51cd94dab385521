param name string
param location string
param tags object
param deploymentContainerName string
param publicNetworkAccess bool

// The tables that the gateway keeps: catalogue, chunks of its large values, counters, caches, and what waits for streams.
param tableNames array = ['catalog', 'catalogchunks', 'RateLimits', 'Quotas', 'CacheEntries', 'StreamMessages']

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  // checkov:skip=CKV_AZURE_35:the rule cannot read the condition; with vnetEnabled the default is Deny, without it identities alone open the account
  // checkov:skip=CKV_AZURE_206:counters need no second copy and the catalogue can be imported again; locally redundant storage is the cheapest and fastest
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: publicNetworkAccess ? 'Enabled' : 'Disabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: publicNetworkAccess ? 'Allow' : 'Deny'
    }
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      deleteRetentionPolicy: { enabled: true, days: 7 }
    }

    resource container 'containers' = {
      name: deploymentContainerName
      properties: { publicAccess: 'None' }
    }
  }

  resource tables 'tableServices' = {
    name: 'default'
  }
}

resource table 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-06-01' = [for tableName in tableNames: {
  parent: account::tables
  name: tableName
}]

output name string = account.name
output tableEndpoint string = account.properties.primaryEndpoints.table

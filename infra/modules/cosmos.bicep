param name string
param location string
param tags object
param principalIds array
param publicNetworkAccess bool

resource account 'Microsoft.DocumentDB/databaseAccounts@2026-03-15' = {
  // checkov:skip=CKV_AZURE_101:the rule cannot read the condition; with vnetEnabled public access is disabled, without it keys are off and identities alone open the account
  // checkov:skip=CKV_AZURE_99:restricted by the private endpoint with vnetEnabled; a Flex Consumption app without a network has no fixed addresses to filter by
  name: name
  location: location
  tags: tags
  kind: 'GlobalDocumentDB'
  properties: {
    databaseAccountOfferType: 'Standard'
    capabilities: [{ name: 'EnableTable' }, { name: 'EnableServerless' }]
    // Counters are exact only where a read sees every acknowledged write.
    consistencyPolicy: { defaultConsistencyLevel: 'Strong' }
    locations: [{ locationName: location, failoverPriority: 0 }]
    disableLocalAuth: true
    disableKeyBasedMetadataWriteAccess: true
    minimalTlsVersion: 'Tls12'
    publicNetworkAccess: publicNetworkAccess ? 'Enabled' : 'Disabled'
  }
}

var builtInDataContributor = '00000000-0000-0000-0000-000000000002'

resource access 'Microsoft.DocumentDB/databaseAccounts/tableRoleAssignments@2026-03-15' = [for principalId in principalIds: {
  parent: account
  name: guid(account.id, principalId, builtInDataContributor)
  properties: {
    roleDefinitionId: '${account.id}/tableRoleDefinitions/${builtInDataContributor}'
    principalId: principalId
    scope: account.id
  }
}]

output name string = account.name
output tableEndpoint string = 'https://${account.name}.table.cosmos.azure.com'

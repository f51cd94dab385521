param location string
param tags object
param virtualNetworkId string
param subnetId string
param storageAccountName string
param cosmosAccountName string

resource storage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageAccountName
}

resource cosmos 'Microsoft.DocumentDB/databaseAccounts@2026-03-15' existing = if (!empty(cosmosAccountName)) {
  name: empty(cosmosAccountName) ? 'none' : cosmosAccountName
}

var ofStorage = [
  { kind: 'blob', zone: 'privatelink.blob.${environment().suffixes.storage}' }
  { kind: 'table', zone: 'privatelink.table.${environment().suffixes.storage}' }
]

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [for service in ofStorage: {
  name: service.zone
  location: 'global'
  tags: tags
}]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [for (service, i) in ofStorage: {
  parent: zones[i]
  name: 'gateway'
  location: 'global'
  tags: tags
  properties: {
    registrationEnabled: false
    virtualNetwork: { id: virtualNetworkId }
  }
}]

resource endpoints 'Microsoft.Network/privateEndpoints@2024-07-01' = [for service in ofStorage: {
  name: 'pe-${storageAccountName}-${service.kind}'
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      {
        name: service.kind
        properties: {
          privateLinkServiceId: storage.id
          groupIds: [service.kind]
        }
      }
    ]
  }
}]

resource zoneGroups 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-07-01' = [for (service, i) in ofStorage: {
  parent: endpoints[i]
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: service.kind
        properties: { privateDnsZoneId: zones[i].id }
      }
    ]
  }
}]

var cosmosZoneName = 'privatelink.table.cosmos.azure.com'

resource cosmosZone 'Microsoft.Network/privateDnsZones@2024-06-01' = if (!empty(cosmosAccountName)) {
  name: cosmosZoneName
  location: 'global'
  tags: tags
}

resource cosmosLink 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = if (!empty(cosmosAccountName)) {
  parent: cosmosZone
  name: 'gateway'
  location: 'global'
  tags: tags
  properties: {
    registrationEnabled: false
    virtualNetwork: { id: virtualNetworkId }
  }
}

resource cosmosEndpoint 'Microsoft.Network/privateEndpoints@2024-07-01' = if (!empty(cosmosAccountName)) {
  name: 'pe-${empty(cosmosAccountName) ? 'none' : cosmosAccountName}'
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      {
        name: 'table'
        properties: {
          privateLinkServiceId: cosmos.id
          groupIds: ['Table']
        }
      }
    ]
  }
}

resource cosmosZoneGroup 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-07-01' = if (!empty(cosmosAccountName)) {
  parent: cosmosEndpoint
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: 'table'
        properties: { privateDnsZoneId: cosmosZone.id }
      }
    ]
  }
}

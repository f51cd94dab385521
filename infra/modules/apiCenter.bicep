param name string
param location string
param tags object
param gatewayUrl string
param mcpServers array

resource center 'Microsoft.ApiCenter/services@2024-03-01' = {
  name: name
  location: location
  tags: tags

  resource workspace 'workspaces' existing = {
    name: 'default'
  }
}

resource environment 'Microsoft.ApiCenter/services/workspaces/environments@2024-03-01' = {
  parent: center::workspace
  name: 'gateway'
  properties: {
    title: 'MCP gateway'
    kind: 'production'
    server: {
      type: 'MCP'
      managementPortalUri: [gatewayUrl]
    }
  }
}

resource servers 'Microsoft.ApiCenter/services/workspaces/apis@2024-03-01' = [for server in mcpServers: {
  parent: center::workspace
  name: server
  properties: {
    title: server
    kind: 'mcp'
    externalDocumentation: []
  }
}]

resource versions 'Microsoft.ApiCenter/services/workspaces/apis/versions@2024-03-01' = [for (server, i) in mcpServers: {
  parent: servers[i]
  name: 'v1'
  properties: {
    title: 'v1'
    lifecycleStage: 'production'
  }
}]

resource definitions 'Microsoft.ApiCenter/services/workspaces/apis/versions/definitions@2024-03-01' = [for (server, i) in mcpServers: {
  parent: versions[i]
  name: 'mcp'
  properties: { title: 'MCP' }
}]

resource deployments 'Microsoft.ApiCenter/services/workspaces/apis/deployments@2024-03-01' = [for (server, i) in mcpServers: {
  parent: servers[i]
  name: 'gateway'
  properties: {
    title: 'gateway'
    environmentId: '/workspaces/default/environments/${environment.name}'
    definitionId: '/workspaces/default/apis/${server}/versions/v1/definitions/mcp'
    state: 'active'
    server: { runtimeUri: ['${gatewayUrl}/${server}/mcp'] }
  }
}]

output name string = center.name

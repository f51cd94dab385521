param applicationInsightsId string
param location string
param tags object

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(applicationInsightsId, 'mcp-servers')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'MCP servers'
    category: 'workbook'
    version: '1.0'
    sourceId: applicationInsightsId
    serializedData: loadTextContent('../workbook.json')
  }
}

output id string = workbook.id

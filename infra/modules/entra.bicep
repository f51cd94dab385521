extension microsoftGraphV1

// The application that stands for the MCP servers in access tokens: clients ask for its scope, the policies
// `validate-azure-ad-token` or `validate-jwt` check that a token is meant for it. It has no secret, for it never signs in.

param displayName string
param uniqueName string
param preAuthorizedClientIds array

var scopeName = 'mcp.access'
var scopeId = guid(uniqueName, scopeName)

resource application 'Microsoft.Graph/applications@v1.0' = {
  displayName: displayName
  uniqueName: uniqueName
  signInAudience: 'AzureADMyOrg'
  identifierUris: ['api://${tenant().tenantId}/${uniqueName}']
  api: {
    requestedAccessTokenVersion: 2
    oauth2PermissionScopes: [
      {
        id: scopeId
        value: scopeName
        type: 'User'
        isEnabled: true
        adminConsentDisplayName: 'Call tools of the MCP servers'
        adminConsentDescription: 'Lets an application list and call the tools of the MCP gateway for the signed-in user.'
        userConsentDisplayName: 'Call tools of the MCP servers'
        userConsentDescription: 'Lets an application list and call the tools of the MCP gateway for you.'
      }
    ]
    preAuthorizedApplications: [for clientId in preAuthorizedClientIds: {
      appId: clientId
      delegatedPermissionIds: [scopeId]
    }]
  }
}

resource principal 'Microsoft.Graph/servicePrincipals@v1.0' = {
  appId: application.appId
}

output applicationId string = application.appId
output scope string = 'api://${tenant().tenantId}/${uniqueName}/${scopeName}'

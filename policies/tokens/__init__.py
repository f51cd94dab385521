"""JSON Web Tokens, checked for `validate-jwt` and `validate-azure-ad-token` (RFC 7515 to 7519, RFC 8725).

The rule here: a token says nothing about how it is checked. Keys come from the policy and its OpenID configurations; a key says
which algorithms it is good for; `jwk`, `jku`, `x5c` and `x5u` of a token's header are never looked at.
"""

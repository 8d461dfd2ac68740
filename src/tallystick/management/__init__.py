"""The Management API, `/api/v2`: one file per resource, one table of routes with the scopes each demands.

A door: it checks the caller's token, scopes and the form of the body, calls the room that owns the resource, and shapes
the answer as Auth0 does. The OpenAPI document is read from the same rows. Rules about what may be registered live in
`clients`, `apis`, `tenants` and `signing`.
"""

"""What OpenID conformance demands, module by module: each test is called as the OpenID Foundation's module is.

`suite` runs a flow as a relying party would, and every answer of every flow passes the checks that run in nearly every
module: `front_channel`, `back_channel`, `id_token`, `metadata`. The same modules run on other plans: as form_post, as
implicit and hybrid under the tenant's switch, and over TLS on both databases. A warning of the suite fails here, too.

For FAPI 2 `fapi_suite` runs the flow of a `fapi_party`: a pushed request, by key or by certificate, signed or plain,
answered plainly or signed, and tokens that are bound to a certificate or to a DPoP key. `test_rows` holds which module
runs in which combinations.
"""

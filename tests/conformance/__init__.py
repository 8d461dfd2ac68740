"""What OpenID conformance demands, module by module: each test is called as the OpenID Foundation's module is.

`suite` runs a flow as a relying party would, and every answer of every flow passes the checks that run in nearly every
module: `front_channel`, `back_channel`, `id_token`, `metadata`. The same modules run on other plans: as form_post, as
implicit and hybrid under the tenant's switch, and over TLS on both databases. A warning of the suite fails here, too.
"""

WAITING: dict[str, str] = {}
"""Modules without a test, each with the reason."""

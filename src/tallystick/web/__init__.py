"""What endpoints share about HTTP: the request as they see it, bodies and forms, errors as JSON, headers.

Owns limits on what is read, the correlation id, and the way from a Host header to a tenant. Does not own any URL: those
are in `endpoints` and `management`.
"""

"""What endpoints share about HTTP: the request as they see it, bodies and forms, errors as JSON, headers.

Owns limits on what is read, the correlation id, the gate by which a request finds its tenant and its endpoint, what
operators see of an exchange, and what of a refused request may be shown in the log. Does not own any URL: those are in
`endpoints` and `management`.
"""

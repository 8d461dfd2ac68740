"""People: their accounts, passwords and second factors, their sessions, what they consented to, what they may do.

Owns every decision about a person: whether a password or a factor holds, whether an account is blocked or tried too
often, when a session is over, which permissions roles give. Does not own what people see (`ui`), nor what an
application asks for (`authorization`).
"""

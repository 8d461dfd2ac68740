"""Messages to people: how one is written and sent, by SMTP, or to a file where no server is configured.

Owns transport and form. Does not own what a message says (`ui` has the words) or the link in it (`users`).
"""

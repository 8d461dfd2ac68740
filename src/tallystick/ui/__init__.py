"""What people see when they sign in, consent, sign out and look after their account. Every step returns to /authorize.

Owns the pages: their templates, words, styles, forms and the protection of forms. Decides nothing: `users` says whether
a password holds, `authorization` what comes next. Pages work without script; where a passkey needs one, it is a file.
"""

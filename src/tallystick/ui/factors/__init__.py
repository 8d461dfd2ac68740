"""Pages for second factors and passkeys: passing one, enrolling one, and looking after one's own."""

"""Pages that mailed links lead to, and where one asks for such a link. No page tells whether there is an account."""

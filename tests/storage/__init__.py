"""Storage: one suite, both databases."""

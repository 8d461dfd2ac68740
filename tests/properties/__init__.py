"""Properties: what holds for every input, not only for the examples."""

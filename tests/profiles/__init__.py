"""Security profiles: each field of each level, what is told when a client is saved, and the floor of a tenant."""

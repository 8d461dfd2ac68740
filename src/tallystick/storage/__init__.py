"""Storage: keeps what every other room describes, in SQLite or PostgreSQL.

Owns the tables, their migrations, and one implementation per database of every store protocol of the ground floor:
records, revisions, one-time values, tallies and the log; and how all of it is backed up and restored. Writes are
durable before they are acknowledged, and those of the hot path are grouped: what arrives while one write is under way
goes into the next. Does not own a single rule about what may be kept: rooms decide, the store applies. Begin reading at
`store`.
"""

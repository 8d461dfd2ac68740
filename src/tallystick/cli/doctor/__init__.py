"""``tallystick doctor``: examines a running deployment from outside, and where it can, its database and files.

Owns what is examined, how grave each finding is, and what to do about it. `table` lists the examinations; each is a
file of its own that yields findings and changes nothing, but for one spent value in the replay store. Does not own any
rule that it looks at: those live in their rooms.
"""

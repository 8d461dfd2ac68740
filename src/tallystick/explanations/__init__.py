"""Explanations: for every check that can refuse, one sentence for the developer whom it refused, and the clause.

Owns the words, one file per room that refuses, and the table over all. Knows no room: a check is a name here. What a
certain refusal looked like stands in the log, beside the name of its check. A test holds table and source together.
"""

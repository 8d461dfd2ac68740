"""The Management API under schemathesis: what its OpenAPI document says is held against what a real server answers.

`make test` runs a short campaign. `make fuzz-api` runs a long one and prints its numbers.
"""

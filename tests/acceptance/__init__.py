"""Promises that only whole processes can keep: what holds in every worker, across crashes, and at the next start."""

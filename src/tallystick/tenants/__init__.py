"""Tenants: which host belongs to whom, and each tenant's issuer, URLs and settings.

Owns the tenant record, the table of tenant settings and the way from a Host header to a tenant. The issuer comes from
the record, never from the request. Does not own what a tenant contains: clients, APIs and keys have rooms of their own.
"""

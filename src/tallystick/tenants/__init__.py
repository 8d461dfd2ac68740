"""Tenants: which host belongs to whom, and each tenant's issuer, URLs, settings and custom domains.

Owns the tenant record, the table of tenant settings, the way from a Host header to a tenant, and how a custom domain is
proven, named and keyed. The issuer comes from the record, never from the request. Does not own what a tenant contains:
clients, APIs and keys have rooms of their own.
"""

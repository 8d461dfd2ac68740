"""Codes that nobody has redeemed yet: taken back with what they stand for."""

from __future__ import annotations

from collections.abc import Mapping

from ..live import LiveRecords
from .code import AuthorizationCode


async def take_back(live: LiveRecords, tenant_id: str, where: Mapping[str, object]) -> int:
    """Erase the codes that match and wait to be redeemed; how many there were.

    To be done before token families are withdrawn: a redemption that runs at this moment has written its family by
    then, or finds its code gone. Spent codes stay, so that showing one again is still seen for what it is.
    """
    return await live.erase_where(AuthorizationCode, tenant_id, {**where, "spent_at_ms": None})

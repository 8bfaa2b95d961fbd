"""Receipts as the webhook stores them."""

import json
from uuid import UUID

from zerovoice.carrier import receipts
from zerovoice.carrier.models import Receipt
from zerovoice.lib.ids import new_id


def stored(kind: str = "test", *, ref: UUID | None = None, key: str = "", **payload: str) -> Receipt:
    key = key or str(new_id())
    receipts.store(kind=kind, ref=ref or new_id(), key=key, account_sid="AC1", payload=json.dumps(payload))
    return Receipt.objects.get(key=key)

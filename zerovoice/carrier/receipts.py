"""Acting on what the carrier told us.

A handler is registered per kind and runs in the transaction that marks the receipt done: all of its effect and the
mark, or neither. It must expect notices twice, late and in any order; it locks the rows it changes.
"""

from collections.abc import Callable
from uuid import UUID

import structlog
from django.db import connection, transaction

from zerovoice.carrier.models import Receipt
from zerovoice.carrier.work import LeaseLost
from zerovoice.lib import clock
from zerovoice.lib.ids import new_id

log = structlog.get_logger(__name__)

Handler = Callable[[Receipt], None]

_handlers: dict[str, Handler] = {}
_erased: list[Callable[[Receipt], bool]] = []

_INSERT = """
    INSERT INTO carrier_receipt
        (id, kind, ref, key, account_sid, payload, state, attempts, due_at, hinted_at, last_error, created_at)
    VALUES (%s, %s, %s, %s, %s, %s::jsonb, 'pending', 0, %s, %s, '', %s)
    ON CONFLICT (key) DO NOTHING
"""


def register(kind: str, handler: Handler) -> None:
    """Let `handler(receipt)` act on notices of this kind. Raising means: not done, try again later."""
    _handlers[kind] = handler


def register_erased(is_erased: Callable[[Receipt], bool]) -> None:
    """Say how it is known that a notice is about somebody who was erased: what it says is then not kept."""
    _erased.append(is_erased)


def known(kind: str) -> bool:
    return kind in _handlers


def store(*, kind: str, ref: UUID, key: str, account_sid: str, payload: str) -> bool:
    """Keep a notice and tell a worker; False when it is here already. `payload` is JSON.

    One statement, because the carrier waits and repeats; `ON CONFLICT` makes two deliveries at once one receipt.
    """
    receipt_id, now = new_id(), clock.machine_now()
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [receipt_id, kind, ref, key, account_sid, payload, now, now, now])
        if not cursor.rowcount:
            return False
    Receipt(id=receipt_id).enqueue()
    return True


def process(receipt_id: str) -> None:
    """Act on one receipt, if it is ours to act on."""
    receipt = Receipt.claim(receipt_id)
    if receipt is None:
        return
    if receipt.exhausted:
        receipt.fail(receipt.last_error or "Every attempt was interrupted")
        return
    try:
        with transaction.atomic():
            _handlers[receipt.kind](receipt)
            receipt.succeed(**({"payload": {}} if any(erased(receipt) for erased in _erased) else {}))
    except LeaseLost:
        log.warning("receipt_lease_lost", receipt=receipt_id, kind=receipt.kind)
    except Exception as error:  # whatever went wrong belongs on the receipt, where people can see and replay it
        log.exception("receipt_failed", receipt=receipt_id, kind=receipt.kind, attempt=receipt.attempts)
        receipt.retry(error)


def replay(receipt: Receipt) -> bool:
    """Act on a finished receipt once more; False when it is not finished."""
    return receipt.replay()

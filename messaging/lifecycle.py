"""How a message's status moves. Notices come twice, late and in any order; the end is the same.

Each status has a rank and a message only ever rises. Of two ends the carrier told of both, the happier is believed:
a phone that has the message has it, whatever the network said before.
"""

QUEUED, SENT, DELIVERED, UNDELIVERED, FAILED = "queued", "sent", "delivered", "undelivered", "failed"
RECEIVED = "received"
RANK = {QUEUED: 0, SENT: 1, FAILED: 2, UNDELIVERED: 3, DELIVERED: 4}
FINAL = frozenset({FAILED, UNDELIVERED, DELIVERED, RECEIVED})


def after(status: str, told: str) -> str:
    """The status once the carrier told `told`; words that are no status of an outbound message change nothing."""
    if status not in RANK or told not in RANK:
        return status
    return told if RANK[told] > RANK[status] else status

"""Something of ours failed while the carrier asked what a leg is to do. Nobody is left with dead air, or lost."""

from __future__ import annotations

import uuid

import structlog
from django.db import DatabaseError, transaction

from calls.actions import conversation, inbound, leading, recordings
from calls.models import Call, CallLeg, Queue, Voicemail
from zerovoice.carrier import gateway
from zerovoice.lib import clock

log = structlog.get_logger(__name__)

Phase = Call.Phase
#: Phases that are no route of ours: somebody is there, or rings.
_WITH_SOMEBODY = (Phase.JOINED, Phase.HELD, Phase.CONSULTING, Phase.TRANSFERRING, Phase.DIALING, Phase.LEAVING)


def recover(account_sid: str, notice: dict[str, str], *, tries: int) -> CallLeg | None:
    """The leg that asks, ready to be answered: a caller who could not be told what is next waits in the default queue,
    and where that fails, may leave a message. None: it is nobody's.

    `tries`: how often this was done for them, and did not help. Raises whatever still fails.
    """
    leg = CallLeg.objects.select_related("call").filter(sid=notice.get("CallSid", "")).first()
    if leg is None:
        return inbound.receive(account_sid, notice, astray=True)
    if not gateway.serves(account_sid, leg.organization_id):
        return None
    if leg.role == CallLeg.Role.CUSTOMER:
        try:
            _lead_away(leg.call_id, tries)
        except DatabaseError:
            raise
        except Exception:
            log.exception("default_queue_failed", call_id=str(leg.call_id))
            _lead_away(leg.call_id, tries + 2)
    return leg


@transaction.atomic
def _lead_away(call_id: uuid.UUID, tries: int) -> None:
    call = Call.objects.locked(call_id)
    if call.is_ending:
        return
    call.note_event("trouble", phase=call.phase)
    somebody = call.phase in _WITH_SOMEBODY
    if not tries and (somebody or call.phase in (Phase.WAITING, Phase.VOICEMAIL)):
        return  # what failed may work by now
    if tries > 1 or call.phase in (Phase.WAITING, Phase.VOICEMAIL):
        leading.to_voicemail(call, None, None, asks=True)
    else:
        leading.lead(call, {}, asks=True)
    conversation.release_others(call)
    recordings.follow(call)


def keep_astray_message(call: Call) -> None:
    """A message was recorded while we could not even look into the database: it goes to the default queue's box."""
    box = Queue.objects.of(call.organization_id).filter(is_default=True).first()
    Voicemail.objects.get_or_create(
        call=call,
        defaults={"organization_id": call.organization_id, "from_number": call.customer_number, "queue": box},
    )
    call.note_event("voicemail.astray", at=clock.now().isoformat())

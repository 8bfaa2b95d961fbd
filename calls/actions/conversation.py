"""Who talks with whom: hold, and handing the customer over.

The customer and whom they talk with (`Call.partner`) are in the call's conference. On hold the customer is outside of
it and hears music, so whatever is said inside meanwhile, to a transfer target say, they never hear. Each function
expects the caller to hold the call's lock.
"""

from __future__ import annotations

from collections.abc import Iterable

from calls.actions import leading, legs, queueing, recordings
from calls.models import Call, CallLeg, QueueEntry
from zerovoice.lib import clock

Role, Phase = CallLeg.Role, Call.Phase


def hold(call: Call, phase: str = Phase.HELD) -> None:
    """The customer hears music; the others stay together."""
    call.phase = phase
    call.save(update_fields=["phase"])
    call.note_event(phase)
    recordings.follow(call)
    legs.redirect(call.customer_leg())


def resume(call: Call) -> None:
    """The customer is back with their partner."""
    call.phase = Phase.JOINED
    call.save(update_fields=["phase"])
    call.note_event("resumed")
    recordings.follow(call, later=True)
    legs.redirect(call.customer_leg())


def begin_transfer(call: Call, target: CallLeg) -> None:
    """The target is being rung: the customer is on hold from now on. Done once.

    Cold: whom they talked with is let go. Warm: the agent stays, to speak with the target.
    """
    if call.is_ending or target.is_over or target.released:
        return  # a target that is busy at once costs the customer nothing
    if call.phase in (Phase.CONSULTING, Phase.TRANSFERRING) or call.partner_id == target.pk:
        return
    if target.transfer == CallLeg.Transfer.WARM:
        if call.partner is None or call.phase not in (Phase.JOINED, Phase.HELD):
            legs.release(target)  # whoever wanted to speak with them is gone, and the customer elsewhere
        else:
            hold(call, Phase.CONSULTING)
        return
    queueing.close_entries(call, QueueEntry.State.CANCELED, clock.now())
    call.partner = None
    call.save(update_fields=["partner"])
    release_others(call, target)
    hold(call, Phase.TRANSFERRING)


def target_there(call: Call, target: CallLeg) -> None:
    """Whom the call is to be transferred to has picked up, or has taken it."""
    if not target.accepted_at:
        target.accepted_at = clock.now()
        target.save(update_fields=["accepted_at"])
        call.note_event("accepted", leg=target, role=target.role)
    if call.phase != Phase.CONSULTING:
        hand_over(call, target)


def hand_over(call: Call, target: CallLeg) -> None:
    """The customer talks with the target from now on, and nobody else does."""
    call.phase, call.partner = Phase.JOINED, target
    call.agent = target.agent or call.agent
    call.save(update_fields=["phase", "partner", "agent"])
    call.note_event("transfer.completed", leg=target)
    release_others(call, target, keep=[Role.SUPERVISOR])
    follow_whispers(call)
    legs.redirect(call.customer_leg())
    recordings.follow(call, later=True)


def follow_whispers(call: Call) -> None:
    """Who is whispered to has changed, or has just come into the conference: before that nobody could be."""
    for supervisor in call.legs.active().filter(role=Role.SUPERVISOR, mode=CallLeg.Mode.WHISPER, released=False):
        if supervisor.answered_at:
            legs.redirect(supervisor)


def consultation_over(call: Call, why: str) -> None:
    """The target will not have the customer: back to the agent, who is still there."""
    call.note_event("transfer.failed", reason=why)
    resume(call)


def agent_gone(call: Call) -> None:
    """The agent has left while a transfer is under way: that completes it, and a target who still rings gets the
    customer cold."""
    target = transfer_leg(call, answered=True)
    if target:
        hand_over(call, target)
        return
    was_on_hold = call.is_on_hold
    call.phase, call.partner = Phase.TRANSFERRING, None
    call.save(update_fields=["phase", "partner"])
    if was_on_hold:
        call.note_event(Phase.TRANSFERRING)
    else:
        hold(call, Phase.TRANSFERRING)


def transfer_leg(call: Call, *, answered: bool) -> CallLeg | None:
    """Whom the transfer that goes on is to lead to: who has picked up, or who is still being rung."""
    targets = call.legs.active().exclude(transfer="").filter(released=False, accepted_at__isnull=not answered)
    return next((leg for leg in targets if leg.pk != call.partner_id), None)


def back_to_agents(call: Call) -> None:
    """A transfer came to nothing: to the same agent if free, else to the head of the queue. Who has talked with nobody
    yet (a forwarded call) waits like everybody else."""
    queue = call.queue or queueing.default_queue(call.organization_id)
    call.note_event("transfer.failed")
    talked = call.legs.filter(accepted_at__isnull=False).exists()
    leading.enter_queue(call, queue, at_head=talked, preferred_agent=call.agent, asks=False)


def release_others(call: Call, but: CallLeg | None = None, *, keep: Iterable[str] = ()) -> None:
    """Let everybody go but the customer, this leg, and legs of the roles to keep."""
    others = call.legs.active().filter(released=False).exclude(role__in=[Role.CUSTOMER, *keep])
    for leg in others:
        if but is None or leg.pk != but.pk:
            legs.release(leg)

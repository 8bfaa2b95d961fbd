"""Whether somebody can be called back, as things are at this moment."""

from __future__ import annotations

from calls.models import Call
from compliance import destinations, gate
from compliance.models import Channel
from zerovoice.accounts.models import Organization
from zerovoice.carrier.errors import RefusalMeaning
from zerovoice.lib import phone


def may_call_back(call: Call) -> gate.Answer:
    """Whether the customer of this call may be called, with the reason if not. Stores nothing."""
    try:
        number = phone.parse_e164(call.customer_number)
    except phone.InvalidPhone:  # anonymous, or a SIP address
        return gate.Answer(allowed=False, reason=RefusalMeaning.INVALID_NUMBER.value)
    organization = Organization.objects.get(pk=call.organization_id)
    if phone.is_emergency(number) or any(destinations.refusal(organization, number)):
        return gate.Answer(allowed=False, reason=RefusalMeaning.DESTINATION_FORBIDDEN.value)
    return gate.may_contact(organization_id=call.organization_id, number=number, channel=Channel.VOICE)

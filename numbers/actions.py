"""Owning numbers at the carrier."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction

from numbers.models import PhoneNumber
from zerovoice.accounts import audit
from zerovoice.api.principal import Principal
from zerovoice.carrier import gateway, webhooks
from zerovoice.lib import phone


def buy_number(
    *,
    organization_id: uuid.UUID,
    phone_number: str,
    number_type: str,
    friendly_name: str = "",
    routing: dict[str, Any] | None = None,
    principal: Principal | None = None,
) -> PhoneNumber:
    """Buy `phone_number` (E.164) and point its calls here. Spends money. Raises the gateway's errors.

    The row's id is in the number's callback address, so it is made before the number is bought.
    """
    number = PhoneNumber(
        organization_id=organization_id,
        number=phone_number,
        friendly_name=friendly_name,
        number_type=number_type,
        country=phone.country_of(phone_number),
        routing=routing or {},
    )
    bought = gateway.for_organization(organization_id).buy_number(
        phone_number=phone_number,
        friendly_name=friendly_name or phone_number,
        voice_url=webhooks.public_url("calls-webhooks:inbound"),
        voice_fallback_url=webhooks.public_url("calls-webhooks:fallback"),
        status_callback=webhooks.notice_url("inbound", number.pk),
        sms_url=webhooks.public_url("messaging-webhooks:inbound"),
    )
    number.sid, number.voice, number.sms, number.mms = bought.sid, bought.voice, bought.sms, bought.mms
    with transaction.atomic():
        number.save()
        audit.record(organization_id=organization_id, actor=principal, action="number.purchased", target=number)
    return number

"""What became of a purchase or a release: asked in the request, and again by workers until it is known.

The evidence that a purchase went through is the number on the carrier account with our row's id in its status
callback: the carrier sets both in one step, and a number that was there before, or that somebody else bought, names
another row or none.
"""

from __future__ import annotations

import uuid

import structlog
from django.db import IntegrityError, transaction

from numbers import events, usage
from numbers.models import PhoneNumber
from zerovoice.accounts import audit
from zerovoice.api.principal import Principal
from zerovoice.carrier import gateway, webhooks
from zerovoice.carrier.errors import CarrierError, Refused
from zerovoice.carrier.gateway import Gateway
from zerovoice.carrier.results import CarrierNumber, NumberAddresses
from zerovoice.lib import clock

log = structlog.get_logger(__name__)

Status = PhoneNumber.Status

#: Business seconds after which a number that the carrier does not show was not bought.
EVIDENCE_SECONDS = 60
#: Machine seconds that the request may take that buys or releases, before a worker looks.
REQUEST_SECONDS = 20
#: Machine seconds between two looks of a worker.
LOOK_AGAIN_SECONDS = 5


def addresses(number: PhoneNumber) -> NumberAddresses:
    """Where the carrier is to ask and tell about the number."""
    return NumberAddresses(
        voice_url=webhooks.public_url("calls-webhooks:inbound"),
        voice_fallback_url=webhooks.public_url("calls-webhooks:fallback"),
        status_callback=webhooks.notice_url("inbound", number.pk),
        sms_url=webhooks.public_url("messaging-webhooks:inbound"),
        sms_fallback_url=webhooks.public_url("messaging-webhooks:inbound"),  # receiving it twice is receiving it once
    )


def carrier_of(number: PhoneNumber) -> Gateway:
    """The account that the number is on, whichever account the organisation uses today. Raises NotConfigured."""
    if number.account_sid:
        return gateway.for_account_sid(number.account_sid)
    return gateway.for_organization(number.organization_id)


def names_us(found: CarrierNumber, number: PhoneNumber) -> bool:
    """Whether the carrier's number was bought, or taken over, for this row."""
    return found.phone_number == number.number and str(number.pk) in found.addresses.status_callback


def look_for(number: PhoneNumber) -> bool:
    """Whether the carrier did buy it after all; then it is the organisation's. Network. Raises the gateway's errors."""
    found = carrier_of(number).find_number(phone_number=number.number)
    if found is None or not names_us(found, number):
        return False
    return activate(number, found)


def activate(number: PhoneNumber, bought: CarrierNumber, *, principal: Principal | None = None) -> bool:
    """The number is ours: as the carrier's answer says, or as was found later. False when another row has it by now.

    One that had been given up counts too: the carrier's word is the truth.
    """
    fields = {
        "status": Status.ACTIVE,
        "sid": bought.sid,
        "number_type": bought.number_type or number.number_type,
        "voice": bought.voice,
        "sms": bought.sms,
        "mms": bought.mms,
        "failure_reason": "",
        "settle_at": None,
        "unsettled_until": None,
    }
    waiting = PhoneNumber.objects.filter(pk=number.pk, status__in=[Status.PURCHASING, Status.FAILED])
    try:
        with transaction.atomic():
            if waiting.update(**fields):
                audit.record(
                    organization_id=number.organization_id, actor=principal, action="number.purchased", target=number
                )
                events.tell(number, "purchased", status=Status.ACTIVE)
                usage.bought(number)
    except IntegrityError:
        log.error("number_bought_twice", number_id=str(number.pk))
        return False
    return True


def give_up(number: PhoneNumber, reason: str) -> None:
    """The number was not bought."""
    waiting = PhoneNumber.objects.filter(pk=number.pk, status=Status.PURCHASING)
    with transaction.atomic():
        if waiting.update(status=Status.FAILED, failure_reason=reason, settle_at=None, unsettled_until=None):
            audit.record(
                organization_id=number.organization_id, actor=None, action="number.not_purchased", target=number
            )
            events.tell(number, "not_purchased", status=Status.FAILED)


def finish_release(number: PhoneNumber, *, principal: Principal | None = None) -> None:
    """The carrier does not have it any more, whatever we thought meanwhile."""
    kept = PhoneNumber.objects.filter(pk=number.pk).exclude(status=Status.RELEASED)
    with transaction.atomic():
        if kept.update(status=Status.RELEASED, settle_at=None, unsettled_until=None):
            number.drifts.all().delete()
            audit.record(
                organization_id=number.organization_id, actor=principal, action="number.released", target=number
            )
            events.tell(number, "released", status=Status.RELEASED)


def keep(number: PhoneNumber) -> None:
    """The carrier did certainly not release it."""
    PhoneNumber.objects.filter(pk=number.pk, status=Status.RELEASING).update(status=Status.ACTIVE, settle_at=None)


def look_soon(number: PhoneNumber) -> None:
    """Nobody works on it any more: the next tick may look what became of it."""
    PhoneNumber.objects.unsettled().filter(pk=number.pk).update(settle_at=clock.machine_now())


def settle(number_id: uuid.UUID) -> None:
    """Find out what became of a purchase or release that was interrupted, and finish it. Network.

    Raises the gateway's Unavailable and Ambiguous: then it is looked again.
    """
    number = PhoneNumber.objects.unsettled().filter(pk=number_id).first()
    if number is None:
        return
    if number.status == Status.RELEASING:
        _settle_release(number)
    elif not look_for(number) and number.unsettled_until and clock.now() >= number.unsettled_until:
        give_up(number, "carrier_unknown")


def _settle_release(number: PhoneNumber) -> None:
    try:
        if number.sid:
            carrier_of(number).release_number(sid=number.sid)
    except Refused as error:
        log.error("number_not_released", number_id=str(number.pk), code=error.code)
        keep(number)
    else:
        finish_release(number)


def settle_quietly(number_id: uuid.UUID) -> None:
    """As `settle`; what the carrier does not say now is asked again in time."""
    try:
        settle(number_id)
    except CarrierError as error:
        log.warning("number_not_settled", number_id=str(number_id), error=type(error).__name__)

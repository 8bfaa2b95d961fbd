"""Owning numbers at the carrier: buying, configuring, releasing, taking over."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import structlog
from django.db import IntegrityError, transaction

from numbers import carrier_work, events, registry, settling, usage
from numbers.models import Drift, PhoneNumber
from zerovoice.accounts import audit
from zerovoice.accounts.models import Organization
from zerovoice.api.errors import Forbidden, NotFound, Unprocessable
from zerovoice.api.principal import Principal
from zerovoice.carrier import errors as carrier_errors
from zerovoice.carrier import gateway
from zerovoice.carrier.gateway import Gateway
from zerovoice.carrier.models import CarrierAccount
from zerovoice.carrier.results import AvailableNumber
from zerovoice.lib import clock, phone

log = structlog.get_logger(__name__)

Status = PhoneNumber.Status


def search(
    *,
    organization_id: uuid.UUID,
    country: str,
    number_type: str,
    area_code: str = "",
    contains: str = "",
    limit: int = 20,
) -> list[AvailableNumber]:
    """Numbers that the carrier sells. Raises Unprocessable where it sells none of the kind, and Unavailable.

    The carrier knows area codes only in the US and Canada; elsewhere the number must begin so.
    """
    if area_code and country not in ("US", "CA"):
        area_code, contains = "", f"+{phone.calling_code_of(country)}{area_code}"
    try:
        return _carrier(organization_id).search_numbers(
            country=country, number_type=number_type, area_code=area_code, contains=contains, limit=limit
        )
    except carrier_errors.Refused as error:
        if error.meaning == carrier_errors.RefusalMeaning.NOT_FOUND:
            raise Unprocessable("The carrier sells no numbers of this type there", field="number_type") from error
        if error.meaning == carrier_errors.RefusalMeaning.REJECTED and contains:
            raise Unprocessable("The carrier does not take this pattern", field="contains") from error
        raise carrier_errors.api_error(error) from error
    except carrier_errors.CarrierError as error:
        raise carrier_errors.api_error(error) from error


def buy_number(
    *,
    organization_id: uuid.UUID,
    phone_number: str,
    friendly_name: str = "",
    address_sid: str = "",
    bundle_sid: str = "",
    routing: dict[str, Any] | None = None,
    principal: Principal | None = None,
) -> PhoneNumber:
    """Buy `phone_number` (E.164) and point its calls and messages here. Spends money. Network, in no transaction.

    The answer is `active`, or `purchasing` while nobody knows whether the carrier did it (docs/decisions/0030).
    Raises Unprocessable, Forbidden and, when it was certainly not bought, Unavailable.
    """
    if Organization.objects.filter(pk=organization_id, status=Organization.Status.SUSPENDED).exists():
        raise Forbidden("The organization is suspended; it cannot buy numbers")
    carrier = _carrier(organization_id)
    number = _write(
        PhoneNumber(
            organization_id=organization_id,
            number=phone_number,
            account_sid=carrier.account_sid,
            friendly_name=friendly_name,
            number_type=phone.kind_of(phone_number),
            country=phone.country_of(phone_number),
            routing=routing or {},
            status=Status.PURCHASING,
            settle_at=clock.machine_now() + timedelta(seconds=settling.REQUEST_SECONDS),
            unsettled_until=clock.in_time(
                business_seconds=settling.EVIDENCE_SECONDS, machine_seconds=settling.REQUEST_SECONDS
            ),
        ),
        principal,
        "number.ordered",
    )
    try:
        bought = carrier.buy_number(
            phone_number=phone_number,
            friendly_name=friendly_name or phone_number,
            addresses=settling.addresses(number),
            address_sid=address_sid,
            bundle_sid=bundle_sid,
        )
    except carrier_errors.Refused as error:
        settling.give_up(number, error.meaning.value)
        raise carrier_errors.api_error(error) from error
    except carrier_errors.Unavailable as error:
        settling.give_up(number, "carrier_unavailable")
        raise carrier_errors.api_error(error) from error
    except carrier_errors.Ambiguous:
        settling.settle_quietly(number.pk)
        settling.look_soon(number)
    else:
        settling.activate(number, bought, principal=principal)
    number.refresh_from_db()
    return number


def _carrier(organization_id: uuid.UUID) -> Gateway:
    """The organisation's gateway, if its breaker lets requests through. Raises the API's Unavailable. No network."""
    try:
        carrier = gateway.for_organization(organization_id)
        carrier.check()
    except carrier_errors.Unavailable as error:
        raise carrier_errors.api_error(error) from error
    return carrier


def _write(number: PhoneNumber, principal: Principal | None, action: str) -> PhoneNumber:
    """Write a new row. Of two who want one number, the second is refused here."""
    try:
        with transaction.atomic():
            number.save(force_insert=True)
            audit.record(organization_id=number.organization_id, actor=principal, action=action, target=number)
    except IntegrityError as error:
        own = PhoneNumber.objects.of(number.organization_id).live().filter(number=number.number).exists()
        words = "Your organization has this number already, or is buying it" if own else "This number is not available"
        raise Unprocessable(words, field="phone_number") from error
    return number


def release_number(*, principal: Principal, number: PhoneNumber) -> None:
    """Give the number back to the carrier. Network, in no transaction.

    Raises Unprocessable while it is in use, or being bought, and Unavailable when it was certainly not released. When
    the carrier does not say, the number is `releasing` and a worker sees it through.
    """
    before = _order_release(number.pk, principal)
    try:
        if number.sid:  # else the carrier never had it
            settling.carrier_of(number).release_number(sid=number.sid)
    except carrier_errors.Ambiguous:
        log.warning("number_release_ambiguous", number_id=str(number.pk))
        settling.look_soon(number)
    except (carrier_errors.Refused, carrier_errors.Unavailable) as error:
        if before == Status.RELEASING:  # an earlier attempt may have done it
            return
        settling.keep(number)
        raise carrier_errors.api_error(error) from error
    else:
        settling.finish_release(number, principal=principal)


@transaction.atomic
def _order_release(number_id: uuid.UUID, principal: Principal) -> str:
    # FOR UPDATE: a call that is being made from the number holds a share of its row, and is waited for.
    number = PhoneNumber.objects.select_for_update().get(pk=number_id)
    before = number.status
    if before == Status.PURCHASING:
        raise Unprocessable("The number is still being bought")
    if before not in PhoneNumber.LIVE:
        raise NotFound()
    if registry.in_use(number):
        raise Unprocessable("The number is in use by a live call")
    number.status = Status.RELEASING
    number.settle_at = clock.machine_now() + timedelta(seconds=settling.REQUEST_SECONDS)
    number.save(update_fields=["status", "settle_at"])
    audit.record(
        organization_id=number.organization_id, actor=principal, action="number.release_ordered", target=number
    )
    return before


@transaction.atomic
def configure_number(*, principal: Principal, number: PhoneNumber, **fields: Any) -> PhoneNumber:
    """Change the name (here, and soon at the carrier) or where calls go. Raises Unprocessable, and Forbidden for a
    destination that is not allowed."""
    locked = PhoneNumber.objects.select_for_update(no_key=True).get(pk=number.pk)
    if locked.status != Status.ACTIVE:
        raise Unprocessable("Only an active number can be configured")
    if "routing" in fields:
        registry.check(locked.organization_id, fields["routing"], field="routing")
    for name, value in fields.items():
        setattr(locked, name, value)
    locked.save(update_fields=list(fields))
    audit.record(
        organization_id=locked.organization_id,
        actor=principal,
        action="number.configured",
        target=locked,
        fields=list(fields),
    )
    events.tell(locked, "configured", status=locked.status)
    if "friendly_name" in fields:
        carrier_work.submit_configure(locked)
    return locked


def repair_number(*, principal: Principal, number: PhoneNumber) -> PhoneNumber:
    """Have the carrier send the number's calls and messages here again. Raises Unprocessable."""
    if number.status != Status.ACTIVE:
        raise Unprocessable("Only an active number can be repaired")
    with transaction.atomic():
        carrier_work.submit_configure(number)
        audit.record(
            organization_id=number.organization_id, actor=principal, action="number.repair_ordered", target=number
        )
    return number


def adopt_number(
    *, organization_id: uuid.UUID, phone_number: str, principal: Principal | None = None, operator: bool = False
) -> PhoneNumber:
    """Take over a number that is on the organisation's carrier account already, and point it here. Network.

    On the instance's account, which organisations share, nobody knows whose an unowned number is: only an operator may
    give one to an organisation. Raises Unprocessable and Unavailable.
    """
    carrier = _carrier(organization_id)
    if not operator and not CarrierAccount.objects.filter(organization_id=organization_id, active=True).exists():
        raise Unprocessable("Numbers of the shared carrier account are assigned by the operator", field="phone_number")
    try:
        found = carrier.find_number(phone_number=phone_number)
    except carrier_errors.CarrierError as error:
        raise carrier_errors.api_error(error) from error
    if found is None:
        raise Unprocessable("The carrier account does not have this number", field="phone_number")
    number = PhoneNumber(
        organization_id=organization_id,
        number=phone_number,
        account_sid=carrier.account_sid,
        sid=found.sid,
        friendly_name=found.friendly_name[:64],
        number_type=found.number_type or phone.kind_of(phone_number),
        country=phone.country_of(phone_number),
        voice=found.voice,
        sms=found.sms,
        mms=found.mms,
    )
    with transaction.atomic():
        _write(number, principal, "number.adopted")
        events.tell(number, "adopted", status=number.status)
        usage.bought(number)
        carrier_work.submit_configure(number)
        Drift.objects.filter(account_sid=carrier.account_sid, number=phone_number, kind=Drift.Kind.UNKNOWN).delete()
    return number

"""Where an organisation may call and write to at all, whoever lives there."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from zerovoice.accounts.models import Organization
from zerovoice.api.errors import Forbidden
from zerovoice.lib import phone


def refusal(number: str, allowed_countries: Iterable[str], *, what: str = "Calls") -> str:
    """Why an organisation that allows these countries (ISO 3166) may not contact `number` (E.164); empty when it may.

    Deny by default, against toll fraud: a number of no country (satellite, international network) is never allowed,
    a premium-rate number in no country. `what` is refused, in words.
    """
    country = phone.country_of(number)
    if country not in set(allowed_countries):
        return f"{what} to {country} are not allowed for this organization"
    if phone.is_premium_rate(number):
        return f"{what} to premium-rate numbers are not allowed for this organization"
    return ""


def refuse(organization_id: UUID, number: str, *, field: str, what: str = "Calls") -> None:
    """Raises Forbidden for a destination that the organisation does not allow, or while it may contact nobody."""
    organization = Organization.objects.get(pk=organization_id)
    if organization.status == Organization.Status.SUSPENDED:
        raise Forbidden(f"The organization is suspended; outbound {what.lower()} are off")
    if why := refusal(number, organization.allowed_countries, what=what):
        raise Forbidden(why, field=field)

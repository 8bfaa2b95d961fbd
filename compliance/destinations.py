"""Where an organisation may call and write to at all, whoever lives there."""

from __future__ import annotations

from uuid import UUID

from zerovoice.accounts.models import Organization
from zerovoice.api.errors import Forbidden
from zerovoice.lib import phone


def refusal(organization: Organization, number: str, *, what: str = "Calls") -> tuple[str, str]:
    """Why an organisation may not contact `number` (E.164), in one word and in words; twice nothing when it may.

    Deny by default, against toll fraud: a number of no country (satellite, international network) is never allowed, a
    premium-rate number only where the organisation has said so. `what` is refused, in words.
    """
    if organization.status == Organization.Status.SUSPENDED:
        return "suspended", f"The organization is suspended; outbound {what.lower()} are off"
    country = phone.country_of(number)
    if country not in organization.allowed_countries:
        return "country", f"{what} to {country} are not allowed for this organization"
    if phone.is_premium_rate(number) and not organization.premium_rate_allowed:
        return "premium_rate", f"{what} to premium-rate numbers are not allowed for this organization"
    return "", ""


def refuse(organization_id: UUID, number: str, *, field: str, what: str = "Calls") -> None:
    """Raises Forbidden for a destination that the organisation does not allow, or while it may contact nobody."""
    reason, why = refusal(Organization.objects.get(pk=organization_id), number, what=what)
    if reason == "suspended":
        raise Forbidden(why, reason=reason)
    if reason:
        raise Forbidden(why, field)

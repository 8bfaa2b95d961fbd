"""Where calls may go: plain functions over plain values."""

from collections.abc import Iterable

from zerovoice.lib import phone


def destination_refusal(number: str, allowed_countries: Iterable[str]) -> str:
    """Why an organisation that allows these countries (ISO 3166) may not dial `number` (E.164); empty when it may.

    Deny by default, against toll fraud: a number of no country (satellite, international network) is never allowed,
    a premium-rate number in no country.
    """
    country = phone.country_of(number)
    if country not in set(allowed_countries):
        return f"Calls to {country} are not allowed for this organization"
    if phone.is_premium_rate(number):
        return "Calls to premium-rate numbers are not allowed for this organization"
    return ""

from compliance import destinations
from zerovoice.accounts.models import Organization


def refused(number: str, *countries: str, **fields: bool) -> str:
    return destinations.refusal(Organization(allowed_countries=list(countries), **fields), number)[0]


def test_a_destination_must_be_in_an_allowed_country() -> None:
    assert refused("+14155550100", "US") == ""
    assert refused("+442079460112", "US") == "country"
    assert refused("+18765550100", "US", "CA") == "country", "a +1 number, and yet not the United States"


def test_a_number_of_no_country_is_never_allowed() -> None:
    assert refused("+881612345678", "US", "CA", "GB") == "country"


def test_premium_rate_is_refused_in_an_allowed_country_unless_it_is_switched_on() -> None:
    assert refused("+19005550100", "US") == "premium_rate"
    assert refused("+19005550100", "US", premium_rate_allowed=True) == ""
    assert refused("+19005550100", "CA", premium_rate_allowed=True) == "country"


def test_nobody_is_contacted_while_the_organization_is_suspended() -> None:
    suspended = Organization(allowed_countries=["US"], status="suspended")
    assert destinations.refusal(suspended, "+14155550100")[0] == "suspended"

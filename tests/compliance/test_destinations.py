from compliance import destinations


def test_a_destination_must_be_in_an_allowed_country() -> None:
    assert destinations.refusal("+14155550100", ["US"]) == ""
    assert "GB" in destinations.refusal("+442079460112", ["US"])
    assert "JM" in destinations.refusal("+18765550100", ["US", "CA"]), "a +1 number, and yet not the United States"


def test_a_number_of_no_country_is_never_allowed() -> None:
    assert "ZZ" in destinations.refusal("+881612345678", ["US", "CA", "GB"])


def test_premium_rate_is_refused_in_an_allowed_country() -> None:
    assert "premium" in destinations.refusal("+19005550100", ["US"])

"""What time it is for people, and whether they may be contacted then."""

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance import place_tables, places
from compliance.places import Home
from compliance.quiet_hours import Rule, refusal

RULES = [
    Rule("", "", None, time(8), time(21)),
    Rule("US", "", None, time(8), time(21)),
    Rule("US", "FL", None, time(8), time(20), effective_from=date(2021, 7, 1)),
    Rule("US", "TX", None, time(9), time(21)),
    Rule("US", "TX", 6, time(12), time(21)),
    Rule("US", "NV", None, time(10), time(12), effective_to=date(2020, 1, 1)),
]
NEW_YORK, MIAMI, LOS_ANGELES, HONOLULU = "+12125550142", "+13055550142", "+12135550142", "+18085550142"
LONDON, SYDNEY, DALLAS, TOLL_FREE, NOWHERE = (
    "+442079460018",
    "+61293744000",
    "+12145550142",
    "+18005550142",
    "+15551230001",
)


def allowed(number: str, at: str, home: Home | None = None) -> bool:
    return not refusal(places.of(number, home), RULES, datetime.fromisoformat(at).replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("number", "at", "expected"),
    [
        # In the United States summer time began on 2026-03-08 at 02:00 and ended on 2026-11-01 at 02:00.
        (NEW_YORK, "2026-03-07 12:59", False), (NEW_YORK, "2026-03-07 13:00", True),  # 08:00 EST
        (NEW_YORK, "2026-03-08 11:59", False), (NEW_YORK, "2026-03-08 12:00", True),  # 08:00 EDT
        (NEW_YORK, "2026-10-31 12:00", True), (NEW_YORK, "2026-11-01 12:00", False),  # 08:00 EDT, 07:00 EST
        (NEW_YORK, "2026-11-02 01:59", True), (NEW_YORK, "2026-11-02 02:00", False),  # 21:00 EST
        (MIAMI, "2026-03-08 23:59", True), (MIAMI, "2026-03-09 00:00", False),  # 20:00 EDT
        (MIAMI, "2026-03-08 00:59", True), (MIAMI, "2026-03-08 01:00", False),  # 20:00 EST the evening before
        (MIAMI, "2021-06-30 00:30", True), (MIAMI, "2021-07-02 00:30", False),  # the law is of July 2021
        (LOS_ANGELES, "2026-03-08 14:59", False), (LOS_ANGELES, "2026-03-08 15:00", True),
        (LOS_ANGELES, "2026-11-01 15:30", False), (LOS_ANGELES, "2026-11-01 16:00", True),
        (HONOLULU, "2026-03-07 18:00", True),
        (HONOLULU, "2026-03-08 17:59", False), (HONOLULU, "2026-03-08 18:00", True),
        # In London on 2026-03-29 at 01:00 UTC, in Sydney (the other way) on 2026-04-05 at 03:00 AEDT.
        (LONDON, "2026-03-28 07:59", False), (LONDON, "2026-03-28 08:00", True),
        (LONDON, "2026-03-29 06:59", False), (LONDON, "2026-03-29 07:00", True), (LONDON, "2026-03-29 20:00", False),
        (SYDNEY, "2026-04-03 20:59", False), (SYDNEY, "2026-04-03 21:00", True),  # 08:00 AEDT
        (SYDNEY, "2026-04-05 21:30", False), (SYDNEY, "2026-04-05 22:00", True),  # 08:00 AEST
        (DALLAS, "2026-06-07 16:59", False), (DALLAS, "2026-06-07 17:00", True),  # a Sunday, noon
        (DALLAS, "2026-06-08 13:59", False), (DALLAS, "2026-06-08 14:00", True),  # a Monday, nine
        ("+17025550142", "2026-06-08 23:00", True),  # Nevada's rule is no longer in force
    ],
)  # fmt: skip
def test_by_the_clock_where_they_are(number: str, at: str, expected: bool) -> None:
    assert allowed(number, at) is expected


def test_an_address_beats_the_area_code() -> None:
    moved_west = Home(country="US", region="CA", postal_code="90001")
    assert allowed(NEW_YORK, "2026-06-08 13:00")
    assert not allowed(NEW_YORK, "2026-06-08 13:00", moved_west)  # 06:00 in California
    assert allowed(NEW_YORK, "2026-06-09 03:30", moved_west)  # 20:30 in California, 23:30 in New York
    in_florida = Home(country="US", region="Florida", postal_code="33101")
    assert not allowed(LOS_ANGELES, "2026-06-09 00:30", in_florida)  # 20:30 in Miami
    abroad = Home(country="GB")
    assert allowed(NEW_YORK, "2026-06-08 08:00", abroad)


def test_a_known_zone_beats_both() -> None:
    assert allowed(NEW_YORK, "2026-06-08 07:30", Home(country="US", region="CA", timezone="Europe/London"))


@pytest.mark.parametrize(
    ("zip_code", "zones"),
    [
        ("33101", {"America/New_York"}),
        ("32501", {"America/Chicago"}),
        ("32456", {"America/New_York", "America/Chicago"}),
        ("", {"America/New_York", "America/Chicago"}),
        ("3", {"America/New_York", "America/Chicago"}),
    ],
)
def test_a_split_state_is_told_by_the_zip_code(zip_code: str, zones: set[str]) -> None:
    assert places.of(LOS_ANGELES, Home("US", "fl", zip_code)).zones == zones


def test_a_country_alone_says_no_more_than_the_number() -> None:
    assert places.of(NEW_YORK, Home(country="US")).zones == {"America/New_York"}
    everywhere = places.of(LONDON, Home(country="US"))
    assert {"America/New_York", "America/Anchorage", "Pacific/Honolulu"} < everywhere.zones
    assert len(everywhere.regions) == 51


@pytest.mark.parametrize(
    ("home", "zones"),
    [
        (Home("US", "Hawaii"), {"Pacific/Honolulu"}),
        (Home("US", "US-HI"), {"Pacific/Honolulu"}),
        (Home("US", "", "96813"), {"Pacific/Honolulu"}),
        (Home(postal_code="96813-1234"), {"Pacific/Honolulu"}),  # of no country: the number's
        (Home(region="HI"), {"Pacific/Honolulu"}),
        (Home("US", "NY", "96813"), {"America/New_York", "Pacific/Honolulu"}),  # one of the two is wrong
        (Home("US", "PR", "00901"), {"America/Puerto_Rico"}),
        (Home("US", "KS", "66101"), {"America/Chicago"}),
        (Home("US", "KS"), {"America/Chicago", "America/Denver"}),
        (Home("US", "SD", "57701"), {"America/Denver"}),
        (Home("CA", "", "T2P 1J9"), {"America/Edmonton"}),
        (Home("CA", "Québec", ""), {"America/Toronto", "America/Halifax", "America/Blanc-Sablon"}),
        (Home("AU", "WA", ""), {"Australia/Perth", "Australia/Eucla"}),
        (Home("AU", "", "4000"), {"Australia/Brisbane"}),
        (Home("ES", "Madrid"), {"Europe/Madrid", "Africa/Ceuta", "Atlantic/Canary"}),
        (Home("NL", city="Delft"), {"Europe/Amsterdam"}),
    ],
)
def test_an_address_is_read(home: Home, zones: set[str]) -> None:
    assert places.of(NEW_YORK, home).zones == zones


@pytest.mark.parametrize("home", [Home("US", "Calif."), Home("US", city="Honolulu"), Home("US", "", "09012")])
def test_an_address_that_nobody_understands_may_be_anywhere_in_its_country(home: Home) -> None:
    assert places.of(NEW_YORK, home).zones > {"America/New_York", "Pacific/Honolulu"}


def test_every_zone_of_the_tables_is_kept_by_its_country() -> None:
    known = places._zone_tab()
    for country, regions in place_tables.ZONES.items():
        assert {zone for zones in regions.values() for zone in zones} <= known[country]
        for zones in regions.values():
            assert zones
    for region, table in place_tables.US_ZIP_ZONES.items():
        for prefixes in (prefixes for zones, prefixes in table.items() if zones is not None):
            for prefix in prefixes.split():
                assert place_tables.regions_by_postal_code("US", f"{prefix}01") == [region]


@pytest.mark.parametrize("number", [TOLL_FREE, NOWHERE])
def test_an_unknown_zone_is_every_zone(number: str) -> None:
    assert not allowed(number, "2026-06-08 16:00")  # noon in New York, 06:00 in Honolulu
    assert allowed(number, "2026-06-08 20:00")  # 16:00 in New York, 10:00 in Honolulu
    assert not allowed(number, "2026-06-09 00:30")  # 20:30 in New York: Florida has closed


def test_a_state_is_only_suspected_where_its_clock_is() -> None:
    """A Sunday: Texas begins at noon, which was 17:00 UTC there; in Honolulu it was 08:00 an hour later."""
    assert not allowed(TOLL_FREE, "2026-06-07 17:30")
    assert allowed(TOLL_FREE, "2026-06-07 18:00")  # Texas has noon in Denver's zone too


def test_mobile_phones_of_a_country_with_several_zones_may_be_anywhere_in_it() -> None:
    assert places.of("+61412345678").zones > {"Australia/Perth", "Australia/Sydney", "Australia/Lord_Howe"}


EIGHT_TO_NINE = (time(8), time(21))


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([Rule("", "", None, *EIGHT_TO_NINE)], ""),
        ([Rule("GB", "", None, time(11), time(21))], "from 11:00 to 21:00"),
        ([Rule("", "", None, *EIGHT_TO_NINE), Rule("GB", "", 0, time(11), time(21))], "from 11:00 to 21:00"),
        # A rule for another day, or for a region, leaves the general one in force.
        ([Rule("", "", None, time(11), time(21)), Rule("GB", "", 6, *EIGHT_TO_NINE)], "from 11:00 to 21:00"),
        ([Rule("", "", None, *EIGHT_TO_NINE), Rule("GB", "SCT", None, time(11), time(21))], "from 11:00 to 21:00"),
        ([Rule("", "", None, *EIGHT_TO_NINE), Rule("GB", "", 0, time(0), time(0))], "on another day only"),
        ([Rule("", "", None, *EIGHT_TO_NINE), Rule("GB", "", None, time(0), time(0), date(2026, 6, 9))], ""),
        ([Rule("", "", None, *EIGHT_TO_NINE), Rule("GB", "", None, time(0), time(0), None, date(2026, 6, 7))], ""),
        ([], "No rule says"),
        ([Rule("DE", "", None, *EIGHT_TO_NINE)], "No rule says"),
    ],
)
def test_which_rule_counts(rules: list[Rule], expected: str) -> None:
    """At ten on a Monday in London."""
    why = refusal(places.of(LONDON), rules, datetime(2026, 6, 8, 9, tzinfo=UTC))
    assert expected in why if expected else not why


@given(
    at=st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2027, 1, 1)),
    number=st.sampled_from([NEW_YORK, MIAMI, LOS_ANGELES, HONOLULU, LONDON, SYDNEY, DALLAS, TOLL_FREE]),
)
def test_more_doubt_never_allows_more(at: datetime, number: str) -> None:
    at = at.replace(tzinfo=UTC)
    place = places.of(number)
    anywhere = places._anywhere_in(place.country, places._zones_of(place.country))
    if not refusal(anywhere, RULES, at):
        assert not refusal(place, RULES, at)
    window = [(spot, refusal(places.Place(place.country, frozenset({spot})), RULES, at)) for spot in place.spots]
    assert bool(refusal(place, RULES, at)) == any(why for _, why in window)


def test_a_number_of_no_country_is_never_to_be_called() -> None:
    assert not any(allowed("+883510012345", f"2026-06-08 {hour:02}:00") for hour in range(24))


def test_the_refusal_says_what_time_it_is_there() -> None:
    why = refusal(places.of(HONOLULU), RULES, datetime(2026, 6, 8, 12, tzinfo=UTC))
    assert why == (
        "It is 02:00 on Monday where the person is (Pacific/Honolulu); contact is allowed from 08:00 to 21:00"
    )

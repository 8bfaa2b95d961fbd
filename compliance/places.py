"""Where a person may be, and so what time it is for them: from their address, else from their number.

What is not known is not guessed: every place that fits is one. Facts come from the IANA time zone database (zone.tab),
from libphonenumber and, for countries whose regions keep different times or laws, from `place_tables`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import phonenumbers

from compliance import place_tables
from zerovoice.lib import phone


@dataclass(frozen=True)
class Home:
    """What is known of where somebody lives; every part may be empty. `timezone` is certain if it is given."""

    country: str = ""
    region: str = ""
    postal_code: str = ""
    timezone: str = ""
    city: str = ""


@dataclass(frozen=True)
class Place:
    """Where somebody may be: one or more (region, zone) of a country. An empty region may be any of them."""

    country: str
    spots: frozenset[tuple[str, str]]

    @property
    def zones(self) -> frozenset[str]:
        return frozenset(zone for _, zone in self.spots)

    @property
    def regions(self) -> frozenset[str]:
        return frozenset(region for region, _ in self.spots)


def of(number: str, home: Home | None = None) -> Place:
    """Where the holder of an E.164 number may be. What is known of their home beats what the number says."""
    by_number = _of_number(number)
    if home is None:
        return by_number
    place = _of_home(home, by_number)
    if not home.timezone:
        return place
    if len(place.regions) == 1:
        return Place(place.country, frozenset((region, home.timezone) for region in place.regions))
    return _anywhere_in(place.country, {home.timezone})


def _of_home(home: Home, by_number: Place) -> Place:
    """An address that names no country is taken to be in the number's, if it has such a region."""
    country = home.country.strip().upper()
    given = country or by_number.country
    if given in place_tables.ZONES:
        regions = _regions_of_home(given, home)
        if regions:
            return Place(
                given,
                frozenset(
                    (region, zone)
                    for region in regions
                    for zone in place_tables.zones_of_region(given, region, home.postal_code)
                ),
            )
    if not country:
        return by_number
    says_more = any(part.strip() for part in (home.region, home.postal_code, home.city))
    if country == by_number.country and not says_more:
        return by_number  # the address says less than the number does
    if country in place_tables.ZONES:
        return _anywhere_in(country, _zones_of(country))
    code = home.region.strip().upper()
    return Place(country, frozenset((code if len(code) <= 3 else "", zone) for zone in _zones_of(country)))


def _regions_of_home(country: str, home: Home) -> set[str]:
    """Empty if it does not say. Both, where what is written as the region is not where the postal code is."""
    named = place_tables.region_named(country, home.region)
    by_postal_code = set(place_tables.regions_by_postal_code(country, home.postal_code))
    if not named:
        return by_postal_code if not home.region.strip() else set()
    return {named} if not by_postal_code or named in by_postal_code else {named, *by_postal_code}


@lru_cache(maxsize=10_000)
def _of_number(number: str) -> Place:
    from phonenumbers import geocoder  # every prefix there is: 0.7 s and 100 MB, in processes that need it
    from phonenumbers import timezone as phone_zones

    country = phone.country_of(number)
    parsed = phonenumbers.parse(number)
    everywhere = zones = _zones_of(country)
    if phonenumbers.is_number_geographical(parsed):
        said = {place_tables.SAME_TIME.get(zone, zone) for zone in phone_zones.time_zones_for_number(parsed)}
        zones = frozenset(said & everywhere or said - {"Etc/Unknown"} or everywhere)
    # `"Los Angeles, CA"`, `"California"`
    described = geocoder.description_for_number(parsed, "en") if country in place_tables.ZONES else ""
    region = place_tables.region_named(country, described.rsplit(",", 1)[-1])
    return Place(country, frozenset((region, zone) for zone in zones)) if region else _anywhere_in(country, zones)


def _anywhere_in(country: str, zones: Iterable[str]) -> Place:
    """Each zone with the regions that keep it, where we know them."""
    table = place_tables.ZONES.get(country, {})
    spots = set()
    for zone in zones:
        regions = [region for region, kept in table.items() if zone in kept]
        spots |= {(region, zone) for region in regions or [""]}
    return Place(country, frozenset(spots))


def _zones_of(country: str) -> frozenset[str]:
    """All zones of a country; of one that has none (`ZZ`), all there are: then it is never the right time."""
    if country in place_tables.ZONES:
        return frozenset().union(*place_tables.ZONES[country].values())
    table = _zone_tab()
    return table.get(country) or frozenset().union(*table.values())


@lru_cache(maxsize=1)
def _zone_tab() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for line in (files("tzdata") / "zoneinfo" / "zone.tab").read_text().splitlines():
        if line and not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            found[country].add(zone)
    return {country: frozenset(zones) for country, zones in found.items()}

"""Where a person probably is, and so what time it is for them: from their address, else from their number.

Facts only, as of 2026: which zones the parts of a country have comes from the IANA time zone database (zone.tab) and,
for the United States, Canada and Australia, from the tables below; what a number says from libphonenumber. Where a
state is split, the first three digits of the ZIP code tell, unless they are split themselves: then both zones count.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import phonenumbers
from phonenumbers import geocoder
from phonenumbers import timezone as phone_zones

from zerovoice.lib import phone

_E, _C, _M, _P = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"
_AK, _ADAK, _HI, _AZ = "America/Anchorage", "America/Adak", "Pacific/Honolulu", "America/Phoenix"

_US = {
    (_E,): "CT DC DE GA MA MD ME NC NH NJ NY OH PA RI SC VA VT WV",
    (_C,): "AL AR IA IL LA MN MO MS OK WI",
    (_M,): "CO MT NM UT WY",
    (_P,): "CA NV WA",
    (_HI,): "HI",
    (_AZ,): "AZ",
    (_AK,): "AK",
    (_E, _C): "FL IN KY MI TN",
    (_C, _M): "KS ND NE SD TX",
    (_M, _P): "ID OR",
}
#: ZIP prefixes of states that have several zones. A prefix that is not here has the zones of the `None` line.
_US_ZIP: dict[str, dict[tuple[str, ...] | None, str]] = {
    "FL": {(_C,): "325", (_E, _C): "324", None: _E},
    "IN": {(_C,): "463 464 476 477", (_E, _C): "475 479", None: _E},
    "MI": {(_E, _C): "498 499", None: _E},
    "TX": {(_M,): "799 885", (_C, _M): "798", None: _C},
    "TN": {(_E,): "374 376 377 378 379", (_E, _C): "373 385", None: _C},
    "OR": {(_M, _P): "979", None: _P},
    "ID": {(_P,): "838", (_M, _P): "835", None: _M},
    "AZ": {(_AZ, _M): "860 865", None: _AZ},  # the Navajo Nation keeps daylight saving time
    "AK": {(_AK, _ADAK): "995", None: _AK},
}  # fmt: skip
_CA = {
    ("America/St_Johns", "America/Goose_Bay"): "NL",
    ("America/Halifax",): "NS PE",
    ("America/Moncton",): "NB",
    ("America/Toronto", "America/Blanc-Sablon"): "QC",
    ("America/Toronto", "America/Winnipeg", "America/Atikokan"): "ON",
    ("America/Winnipeg",): "MB",
    ("America/Regina", "America/Edmonton"): "SK",
    ("America/Edmonton",): "AB NT",
    ("America/Vancouver", "America/Edmonton", "America/Creston"): "BC",
    ("America/Whitehorse",): "YT",
    ("America/Iqaluit", "America/Rankin_Inlet", "America/Cambridge_Bay"): "NU",
}
_AU = {
    ("Australia/Sydney",): "ACT",
    ("Australia/Sydney", "Australia/Broken_Hill", "Australia/Lord_Howe"): "NSW",
    ("Australia/Melbourne",): "VIC",
    ("Australia/Brisbane",): "QLD",
    ("Australia/Adelaide",): "SA",
    ("Australia/Perth", "Australia/Eucla"): "WA",
    ("Australia/Hobart",): "TAS",
    ("Australia/Darwin",): "NT",
}
_NAMES = {
    "US": (
        "AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware|"
        "DC District of Columbia|DC Washington D.C.|FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|"
        "IA Iowa|KS Kansas|KY Kentucky|LA Louisiana|ME Maine|MD Maryland|MA Massachusetts|MI Michigan|MN Minnesota|"
        "MS Mississippi|MO Missouri|MT Montana|NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey|NM New Mexico|"
        "NY New York|NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|RI Rhode Island|"
        "SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah|VT Vermont|VA Virginia|WA Washington|"
        "WA Washington State|WV West Virginia|WI Wisconsin|WY Wyoming"
    ),
    "CA": (
        "AB Alberta|BC British Columbia|MB Manitoba|NB New Brunswick|NL Newfoundland and Labrador|NS Nova Scotia|"
        "NT Northwest Territories|NU Nunavut|ON Ontario|PE Prince Edward Island|QC Quebec|QC Québec|SK Saskatchewan|"
        "YT Yukon"
    ),
    "AU": (
        "ACT Australian Capital Territory|NSW New South Wales|VIC Victoria|QLD Queensland|SA South Australia|"
        "WA Western Australia|TAS Tasmania|NT Northern Territory"
    ),
}


def _by_region(table: dict[tuple[str, ...], str]) -> dict[str, frozenset[str]]:
    return {region: frozenset(zones) for zones, regions in table.items() for region in regions.split()}


_ZONES = {"US": _by_region(_US), "CA": _by_region(_CA), "AU": _by_region(_AU)}
_REGIONS = {
    country: {
        spelling.casefold(): entry.split(" ", 1)[0] for entry in names.split("|") for spelling in entry.split(" ", 1)
    }
    for country, names in _NAMES.items()
}


@dataclass(frozen=True)
class Home:
    """What is known of where somebody lives; every part may be empty. `timezone` is certain if it is given."""

    country: str = ""
    region: str = ""
    postal_code: str = ""
    timezone: str = ""


@dataclass(frozen=True)
class Place:
    """Where somebody may be. `region` is empty where it is not known or plays no part; `zones` never is."""

    country: str
    region: str
    zones: frozenset[str]


def of(number: str, home: Home | None = None) -> Place:
    """Where the holder of an E.164 number may be. What is known of their home beats what the number says."""
    by_number = _of_number(number)
    if home is None:
        return by_number
    at_home = _of_home(home) or by_number
    if home.timezone:
        return Place(at_home.country, at_home.region, frozenset({home.timezone}))
    if at_home.country == by_number.country and not at_home.region:
        return by_number  # the address says no more than the number does
    return at_home


def _of_home(home: Home) -> Place | None:
    country = home.country.upper()
    region = _REGIONS.get(country, {}).get(home.region.strip().casefold(), "")
    if not country:
        return None
    zones = _ZONES.get(country, {}).get(region) or _of_country(country)
    if country == "US" and region in _US_ZIP:
        zones = _by_zip(region, home.postal_code.strip()[:3]) or zones
    return Place(country, region, zones)


def _by_zip(region: str, prefix: str) -> frozenset[str] | None:
    if len(prefix) < 3 or not prefix.isdigit():
        return None
    table = _US_ZIP[region]
    for zones, prefixes in table.items():
        if zones is not None and prefix in prefixes.split():
            return frozenset(zones)
    return frozenset({table[None]})


@lru_cache(maxsize=10_000)
def _of_number(number: str) -> Place:
    country = phone.country_of(number)
    parsed = phonenumbers.parse(number)
    said = frozenset(phone_zones.time_zones_for_number(parsed)) - {"Etc/Unknown"}
    zones = (said & _of_country(country) if len(said) > 1 else said) or said or _of_country(country)
    return Place(country, _region_of(country, parsed), zones)


def _region_of(country: str, parsed: phonenumbers.PhoneNumber) -> str:
    """`"Los Angeles, CA"` and `"California"` → `CA`."""
    if country not in _REGIONS:
        return ""
    description = geocoder.description_for_number(parsed, "en")
    return _REGIONS[country].get(description.rsplit(",", 1)[-1].strip().casefold(), "")


def _of_country(country: str) -> frozenset[str]:
    """All zones of a country; of one that has none (`ZZ`), all there are: then it is never the right time."""
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

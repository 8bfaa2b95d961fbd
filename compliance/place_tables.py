"""Facts about the countries in which a number or an address does not say enough by itself: who keeps which time where.

As of 2026. Zones and the counties that keep another one than their state: the comments of the IANA time zone database
(zone.tab, northamerica) and, for the United States, 49 CFR Part 71. Which state a ZIP code belongs to: the first three
digits, as the United States Postal Service assigns them (Publication 65). A prefix whose offices keep two times, or of
which that is not certain, has both.
"""

from __future__ import annotations

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
#: Written as states in addresses, but far away: nobody is thought to be there who might be anywhere in the country.
_US_TERRITORIES: dict[tuple[str, ...], str] = {
    ("America/Puerto_Rico",): "PR",
    ("America/St_Thomas",): "VI",
    ("Pacific/Guam",): "GU",
    ("Pacific/Saipan",): "MP",
    ("Pacific/Pago_Pago",): "AS",
}
_CA = {
    ("America/St_Johns", "America/Goose_Bay"): "NL",
    ("America/Halifax",): "NS PE",
    ("America/Moncton",): "NB",
    ("America/Toronto", "America/Halifax", "America/Blanc-Sablon"): "QC",
    ("America/Toronto", "America/Winnipeg", "America/Atikokan"): "ON",
    ("America/Winnipeg",): "MB",
    ("America/Regina", "America/Edmonton"): "SK",
    ("America/Edmonton",): "AB NT",
    ("America/Vancouver", "America/Edmonton", "America/Creston"): "BC",
    ("America/Whitehorse",): "YT",
    ("America/Iqaluit", "America/Rankin_Inlet", "America/Cambridge_Bay", "America/Atikokan"): "NU",
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

#: Other names for what is above, as libphonenumber and addresses have them.
SAME_TIME = {
    "America/Boise": _M,
    "America/Detroit": _E,
    "America/Juneau": _AK,
    "America/North_Dakota/Center": _C,
    "America/Fort_Nelson": "America/Creston",
}

#: What ZIP prefixes say in states with several zones. A prefix that is not here has the zone of the `None` line.
US_ZIP_ZONES: dict[str, dict[tuple[str, ...] | None, str]] = {
    "FL": {(_C,): "325", (_E, _C): "324", None: _E},
    "IN": {(_C,): "463 464 476 477", (_E, _C): "465 475 479", None: _E},
    "KY": {(_C,): "420 421 422 423 424", (_E, _C): "400 401 425 426 427", None: _E},
    "MI": {(_E, _C): "498 499", None: _E},
    "TN": {(_E,): "374 376 377 378 379", (_E, _C): "373 385", None: _C},
    "KS": {(_C, _M): "677 678 679", None: _C},
    "NE": {(_M,): "693", (_C, _M): "690 691 692", None: _C},
    "ND": {(_C, _M): "585 586 587 588", None: _C},
    "SD": {(_M,): "577", (_C, _M): "575 576", None: _C},
    "TX": {(_M,): "799 885", (_C, _M): "798", None: _C},
    "ID": {(_P,): "838", (_M, _P): "835", None: _M},
    "OR": {(_M, _P): "979", None: _P},
    "NV": {(_M, _P): "898", None: _P},
    "AZ": {(_AZ, _M): "860 865", None: _AZ},  # the Navajo Nation keeps daylight saving time
    "AK": {(_AK, _ADAK): "995", None: _AK},
}  # fmt: skip

#: First and last ZIP prefix of each state. Those of the armed forces abroad are nobody's.
_US_ZIP = (
    "NY 005-005 PR 006-007 VI 008-008 PR 009-009 MA 010-027 RI 028-029 NH 030-038 ME 039-049 VT 050-054 MA 055-055 "
    "VT 056-059 CT 060-069 NJ 070-089 NY 100-149 PA 150-196 DE 197-199 DC 200-200 VA 201-201 DC 202-205 MD 206-219 "
    "VA 220-246 WV 247-268 NC 270-289 SC 290-299 GA 300-319 FL 320-339 FL 341-349 AL 350-369 TN 370-385 MS 386-397 "
    "GA 398-399 KY 400-427 OH 430-459 IN 460-479 MI 480-499 IA 500-528 WI 530-549 MN 550-567 SD 570-577 ND 580-588 "
    "MT 590-599 IL 600-629 MO 630-658 KS 660-679 NE 680-693 LA 700-714 AR 716-729 OK 730-732 TX 733-733 OK 734-749 "
    "TX 750-799 CO 800-816 WY 820-831 ID 832-838 UT 840-847 AZ 850-865 NM 870-884 TX 885-885 NV 889-898 CA 900-961 "
    "HI 967-968 GU 969-969 OR 970-979 WA 980-994 AK 995-999"
)
#: The first letter of a Canadian, the first digit of an Australian postal code.
_CA_POSTAL = (
    "A NL|B NS|C PE|E NB|G QC|H QC|J QC|K ON|L ON|M ON|N ON|P ON|R MB|S SK|T AB|V BC|X NT NU|Y YT"  # Canada Post
)
_AU_POSTAL = "0 NT|1 NSW|2 NSW ACT|3 VIC|4 QLD|5 SA|6 WA|7 TAS|8 VIC|9 QLD"  # Australia Post

_NAMES = {
    "US": (
        "AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware|"
        "DC District of Columbia|DC Washington D.C.|DC Washington DC|FL Florida|GA Georgia|HI Hawaii|ID Idaho|"
        "IL Illinois|IN Indiana|IA Iowa|KS Kansas|KY Kentucky|LA Louisiana|ME Maine|MD Maryland|MA Massachusetts|"
        "MI Michigan|MN Minnesota|MS Mississippi|MO Missouri|MT Montana|NE Nebraska|NV Nevada|NH New Hampshire|"
        "NJ New Jersey|NM New Mexico|NY New York|NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|"
        "PA Pennsylvania|RI Rhode Island|SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah|VT Vermont|"
        "VA Virginia|WA Washington|WA Washington State|WV West Virginia|WI Wisconsin|WY Wyoming|PR Puerto Rico|"
        "VI U.S. Virgin Islands|GU Guam|MP Northern Mariana Islands|AS American Samoa"
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


#: Country → its regions, each with its zones: where somebody may be of whom no more is known than the country.
ZONES = {"US": _by_region(_US), "CA": _by_region(_CA), "AU": _by_region(_AU)}
_TERRITORIES = {"US": _by_region(_US_TERRITORIES)}
_SPELLINGS = {
    country: {
        spelling.casefold(): entry.split(" ", 1)[0] for entry in names.split("|") for spelling in entry.split(" ", 1)
    }
    for country, names in _NAMES.items()
}
_POSTAL = {
    country: {line.split()[0]: line.split()[1:] for line in lines.split("|")}
    for country, lines in {"CA": _CA_POSTAL, "AU": _AU_POSTAL}.items()
}


def _us_zip_states() -> dict[str, list[str]]:
    words = _US_ZIP.split()
    states = {}
    for state, prefixes in zip(words[::2], words[1::2], strict=True):
        first, last = prefixes.split("-")
        states.update({f"{prefix:03}": [state] for prefix in range(int(first), int(last) + 1)})
    return states


_POSTAL["US"] = _us_zip_states()


def region_named(country: str, text: str) -> str:
    """The code of a state or province by its code, its ISO 3166-2 code or its English name; empty if none is so."""
    text = text.strip().casefold().removeprefix(f"{country.casefold()}-")
    return _SPELLINGS.get(country, {}).get(text, "")


def regions_by_postal_code(country: str, text: str) -> list[str]:
    """Where a postal code can be; empty if it says nothing."""
    text = text.strip().upper()
    if country == "US":
        return _POSTAL["US"].get(text[:3], []) if text[:5].isdigit() and len(text) >= 5 else []
    return _POSTAL.get(country, {}).get(text[:1], []) if len(text) >= 3 else []


def zones_of_region(country: str, region: str, postal_code: str) -> frozenset[str]:
    """The zones of a region, as far as a postal code that is in it does not tell which."""
    prefix = postal_code.strip()[:3]
    if country == "US" and region in US_ZIP_ZONES and region in regions_by_postal_code(country, postal_code):
        table = US_ZIP_ZONES[region]
        for zones, prefixes in table.items():
            if zones is not None and prefix in prefixes.split():
                return frozenset(zones)
        return frozenset({str(table[None])})
    return ZONES[country].get(region) or _TERRITORIES[country][region]

"""Telephone numbers.

E.164 is the only form in which a number is kept or handed to the carrier. Parsing and the facts about countries come
from `phonenumbers` (Google's libphonenumber metadata).
"""

import re
import unicodedata

import phonenumbers

E164 = re.compile(r"\+[1-9][0-9]{6,14}")

# Short codes that reach emergency services somewhere in the world. libphonenumber knows them by region; a caller who
# gives no region must not get through with another country's code, so the union over all regions is refused.
_EMERGENCY_ANYWHERE = frozenset({"000", "108", "110", "111", "112", "118", "119", "911", "999", "995", "988"})
_SIP_USER = re.compile(r"^(?:sips?|tel):([^@;?]*)", re.IGNORECASE)


class InvalidPhone(ValueError):
    """The text is no E.164 number."""


def parse_e164(text: str) -> str:
    """`text` if it is an E.164 number (`+` and 7 to 15 digits, a country code that exists).

    Raises InvalidPhone. Nothing is guessed: a national number has no country and is refused.
    """
    if not isinstance(text, str) or not E164.fullmatch(text):
        raise InvalidPhone("Invalid E.164 format")
    try:
        parsed = phonenumbers.parse(text)
    except phonenumbers.NumberParseException as error:
        raise InvalidPhone("Invalid E.164 format") from error
    if not phonenumbers.is_possible_number(parsed):
        raise InvalidPhone("Invalid E.164 format")
    return text


def country_of(number: str) -> str:
    """ISO 3166 country of an E.164 number, `ZZ` where it belongs to none (satellite, international toll-free).

    A number that is not assigned (such as the fictional +1 555 …) counts to the main country of its calling code.
    """
    parsed = phonenumbers.parse(number)
    region = phonenumbers.region_code_for_number(parsed) or phonenumbers.region_code_for_country_code(
        parsed.country_code or 0
    )
    return "ZZ" if region in ("001", "ZZ") else region


def is_premium_rate(number: str) -> bool:
    """Whether calling this E.164 number costs the caller more than a normal call, to somebody's profit."""
    kind = phonenumbers.number_type(phonenumbers.parse(number))
    return kind in (phonenumbers.PhoneNumberType.PREMIUM_RATE, phonenumbers.PhoneNumberType.SHARED_COST)


def is_emergency(text: str) -> bool:
    """Whether `text`, however it is spelt, would be dialled as an emergency number in any country.

    Digits of every script, blanks, punctuation, `sip:`/`tel:` wrapping, a country code or an international prefix in
    front do not hide one: `911`, `+1911`, `9 1 1`, `sip:911@example.com`, `001911`, `tel:+44999`.
    """
    wrapped = _SIP_USER.match(text.strip())
    user = wrapped.group(1) if wrapped else text.split("@", 1)[0]
    digits = "".join(str(unicodedata.digit(c)) for c in user if unicodedata.digit(c, None) is not None)
    bare = digits.lstrip("0") if digits not in _EMERGENCY_ANYWHERE else digits
    for candidate in {digits, bare, digits.removeprefix("011"), digits.removeprefix("00")}:
        if _is_emergency_digits(candidate):
            return True
    return False


def is_emergency_endpoint(endpoint: str) -> bool:
    """The same of E.164, `sip:user@host` or `client:identity`. Letters make a user's name of it: `sip:ann112@…`."""
    kind, colon, rest = endpoint.rpartition(":")
    user = rest.partition("@")[0] if colon else endpoint
    return kind != "client" and not re.search("[A-Za-z]", user) and is_emergency(user)


def _is_emergency_digits(digits: str) -> bool:
    if digits in _EMERGENCY_ANYWHERE or _emergency_in_some_region(digits):
        return True
    for length in (1, 2, 3):
        regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(digits[:length] or 0), ())
        rest = digits[length:]
        if regions and (rest in _EMERGENCY_ANYWHERE or any(_emergency_in(region, rest) for region in regions)):
            return True
    return False


def _emergency_in_some_region(digits: str) -> bool:
    return 2 < len(digits) <= 6 and any(
        _emergency_in(region, digits) for region in phonenumbers.SUPPORTED_SHORT_REGIONS
    )


def _emergency_in(region: str, digits: str) -> bool:
    return 2 < len(digits) <= 6 and phonenumbers.is_emergency_number(digits, region)


def spelt(number: str) -> str:
    """As people read it: `+1 415-555-0142` of `+14155550142`. What is no E.164 number stays as it is."""
    if not E164.fullmatch(number):
        return number
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def kind_of(number: str) -> str:
    """`toll_free`, `mobile` or `local` of an E.164 number; where mobile numbers look like others, `local`."""
    kind = phonenumbers.number_type(phonenumbers.parse(number))
    known = {phonenumbers.PhoneNumberType.TOLL_FREE: "toll_free", phonenumbers.PhoneNumberType.MOBILE: "mobile"}
    return known.get(kind, "local")


def calling_code_of(country: str) -> str:
    """The calling code of an ISO 3166 country, `44` for `GB`; empty when there is no such country."""
    if country not in phonenumbers.SUPPORTED_REGIONS:
        return ""
    return str(phonenumbers.country_code_for_region(country))

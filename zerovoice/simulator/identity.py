"""SIDs, telephone numbers and the other things that can be rung, as Twilio forms and reads them."""

import re
import uuid

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
SID = re.compile(r"[A-Z]{2}[0-9a-f]{32}")
CLIENT = re.compile(r"client:[A-Za-z0-9_]{1,256}")
SIP_USER = re.compile(r"[A-Za-z0-9+\-_.]+")  # what may stand as the caller of a SIP user
_SIP = re.compile(r"sips?:[\w\-.!~*'()&=+$,%]+@([A-Za-z0-9]([A-Za-z0-9.\-]*[A-Za-z0-9])?)(:[0-9]{1,5})?", re.ASCII)
_SIP_MOST = 255  # characters of a whole URI
MAGIC = "+1500555"  # https://www.twilio.com/docs/iam/test-credentials

# Calling codes of the countries whose numbers the network sells, and how many digits follow the code.
COUNTRIES: dict[str, tuple[str, int]] = {
    "US": ("1", 10),
    "CA": ("1", 10),
    "GB": ("44", 10),
    "DE": ("49", 10),
    "FR": ("33", 9),
    "IE": ("353", 9),
    "NL": ("31", 9),
    "ES": ("34", 9),
    "AU": ("61", 9),
}
#: How mobile numbers begin, where they have a beginning of their own.
MOBILE = {"GB": "7", "DE": "15", "FR": "6", "IE": "8", "NL": "6", "ES": "6", "AU": "4"}
_CANADA = frozenset({"204", "226", "236", "249", "250", "289", "306", "343", "403", "416", "418", "431", "437", "438",
                     "450", "506", "514", "519", "579", "581", "587", "604", "613", "639", "647", "705", "709", "778",
                     "780", "782", "807", "819", "825", "867", "873", "902", "905"})  # fmt: skip


def new_sid(prefix: str) -> str:
    return prefix + uuid.uuid4().hex


def normalise(text: str) -> str | None:
    """The E.164 form of a number as Twilio reads it, None where it reads none.

    Twilio forgives punctuation and takes ten digits, or eleven from 1, for a North American number.
    """
    bare = re.sub(r"[\s().\-]", "", text)
    if bare.isdigit() and len(bare) == 10:
        bare = "+1" + bare
    elif bare.isdigit() and len(bare) == 11 and bare.startswith("1"):
        bare = "+" + bare
    if not E164.fullmatch(bare):
        return None
    if bare.startswith("+1") and len(bare) != 12:
        return None
    return bare


def address(text: str) -> str | None:
    """`client:identity` or `sip:user@host` without the parameters and headers that may follow; None where it is
    neither, or ill-formed.

    An identity has letters, digits and underscores: what access tokens for Voice may carry and what every SDK takes.
    Sources: https://www.twilio.com/docs/iam/access-tokens, https://www.twilio.com/docs/voice/twiml/client,
    https://www.twilio.com/docs/voice/twiml/sip.
    """
    if text.startswith("client:"):
        bare = text.partition("?")[0]
        return bare if CLIENT.fullmatch(bare) else None
    bare = text.partition("?")[0].partition(";")[0]
    return bare if len(text) <= _SIP_MOST and _SIP.fullmatch(bare) else None


def endpoint(text: str) -> str | None:
    """The canonical form of whatever can be rung: a number, a client or a SIP user."""
    return address(text) if is_address(text) else normalise(text)


def is_address(text: str) -> bool:
    """Whether it means a client or a SIP user, well-formed or not, rather than a number."""
    return text.startswith(("client:", "sip:", "sips:"))


def country_of(number: str) -> str:
    """ISO country of an E.164 number, as far as the network knows countries; empty otherwise."""
    if number.startswith("+1"):
        return "CA" if number[2:5] in _CANADA else "US"
    for country, (code, _) in COUNTRIES.items():
        if number.startswith("+" + code):
            return country
    return ""


def formatted(number: str) -> str:
    """`(415) 555-2671` for North American numbers, others as they are: Twilio's `to_formatted`."""
    if number.startswith("+1") and len(number) == 12:
        return f"({number[2:5]}) {number[5:8]}-{number[8:]}"
    return number

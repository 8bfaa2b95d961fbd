"""IncomingPhoneNumbers and AvailablePhoneNumbers.

https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource
"""

from __future__ import annotations

import random
import re
from typing import Any

from . import state, wire
from .errors import TwilioError, invalid, not_found
from .identity import COUNTRIES, MAGIC, MOBILE, normalise
from .network import Number
from .rest import Params, Request, Route, page

URLS = ("VoiceUrl", "VoiceFallbackUrl", "SmsUrl", "SmsFallbackUrl", "StatusCallback")
METHODS = ("VoiceMethod", "VoiceFallbackMethod", "SmsMethod", "SmsFallbackMethod", "StatusCallbackMethod")


def buy(request: Request) -> dict[str, Any]:
    params, net = request.params, request.net
    text, area = params.text("PhoneNumber"), params.text("AreaCode")
    config = _config(params)
    if text:
        number = normalise(text)
        if number is None or number == MAGIC + "0001":
            raise TwilioError(21421, text)
        if number == MAGIC + "0000" or net.number(number) is not None:
            raise TwilioError(21422, number)
    elif area:
        if not re.fullmatch(r"\d{3}", area):
            raise TwilioError(21451, area)
        if area == "533":  # the magic area code that has none
            raise TwilioError(21452, area)
        number = _free(request, "+1" + area, 10 - 3)
    else:
        raise TwilioError(21421, "")
    _check_papers(number, params)
    bought = net.add_number(request.account, number, params.text("FriendlyName") or wire.formatted(number))
    bought.config = config | {name: params.text(name) for name in ("AddressSid", "BundleSid") if params.text(name)}
    state.save(net)
    return wire.number(bought)


#: Countries whose numbers are sold only with a regulatory bundle: https://www.twilio.com/en-us/guidelines/regulatory
_NEED_BUNDLE = ("+49", "+33")


def _check_papers(number: str, params: Params) -> None:
    for name, prefix in (("AddressSid", "AD"), ("BundleSid", "BU")):
        if params.text(name) and not re.fullmatch(prefix + "[0-9a-fA-F]{32}", params.text(name)):
            raise invalid(name, params.text(name))
    if number.startswith(wire.NEED_ADDRESS) and not params.text("AddressSid"):
        raise TwilioError(21631, number)
    if number.startswith(_NEED_BUNDLE) and not params.text("BundleSid"):
        raise TwilioError(21649, number)


def _free(request: Request, prefix: str, digits: int, seed: str = "") -> str:
    dice = random.Random(seed or None)
    while True:
        number = prefix + "2" + "".join(dice.choice("0123456789") for _ in range(digits - 1))
        if request.net.number(number) is None:
            return number


def _config(params: Params) -> dict[str, str]:
    config = {name: params.url(name, 21402) for name in URLS if name in params}
    config |= {name: params.method(name) for name in METHODS if name in params}
    if len(params.text("FriendlyName")) > 64:
        raise invalid("FriendlyName", "longer than 64 characters")
    return config


def found(request: Request) -> Number:
    number = request.net.numbers.get(request.path["sid"])
    if number is None or number.account is not request.account:
        raise not_found(request.web.path)
    return number


def fetch(request: Request) -> dict[str, Any]:
    return wire.number(found(request))


def update(request: Request) -> dict[str, Any]:
    number, params = found(request), request.params
    config = _config(params)
    if owner := params.text("AccountSid"):
        account = request.net.accounts.get(owner)
        if account is None or request.account.sid not in (account.sid, account.owner_sid):
            raise invalid("AccountSid", owner)
        number.account = account
    number.config |= config
    number.friendly_name = params.text("FriendlyName") or number.friendly_name
    number.updated = request.net.clock.now()
    state.save(request.net)
    return wire.number(number)


def release(request: Request) -> None:
    del request.net.numbers[found(request).sid]
    state.save(request.net)


def listing(request: Request) -> dict[str, Any]:
    params = request.params
    wanted, name = params.text("PhoneNumber").strip(), params.text("FriendlyName")
    pattern = re.compile(re.escape(wanted).replace(r"\*", "."))
    items = [
        n
        for n in reversed(request.net.numbers.values())
        if n.account is request.account and pattern.search(n.number) and (not name or n.friendly_name == name)
    ]
    return page(request, "incoming_phone_numbers", items, wire.number, lambda n: n.sid)


# --- numbers for sale -----------------------------------------------------------------------------------------------
_PLACES = {
    "415": ("CA", "San Francisco"),
    "212": ("NY", "New York"),
    "312": ("IL", "Chicago"),
    "206": ("WA", "Seattle"),
    "416": ("ON", "Toronto"),
    "604": ("BC", "Vancouver"),
}


def search(request: Request) -> dict[str, Any]:
    """The shop's shelf: the same search finds the same numbers until someone buys them."""
    country, kind, params = request.path["country"], request.path["kind"], request.params
    if country not in COUNTRIES or (kind == "Mobile" and country not in MOBILE):
        raise not_found(request.web.path)
    area = str(params.integer("AreaCode", 0, 1, 999)) if params.text("AreaCode") else ""
    contains = params.text("Contains")
    if contains and not re.fullmatch(r"\+?[0-9A-Za-z*%]{2,16}\$?", contains):
        raise invalid("Contains", contains)
    if area == "533" or any(params.flag(f"{c}Enabled") for c in ("Fax",)):
        numbers: list[str] = []
    else:
        numbers = _shelf(request, country, kind, area, contains)
    size = params.integer("PageSize", 30, 1, 1000, 22102)
    items = []
    for number in numbers[:size]:
        region, place = _PLACES.get(number[2:5], ("", "")) if number.startswith("+1") else ("", "")
        items.append(wire.available(number, country, region, place))
    uri = f"{request.web.path}?PageSize={size}&Page=0"
    return {
        "available_phone_numbers": items, "uri": uri, "page": 0, "page_size": size, "start": 0,
        "end": max(0, len(items) - 1), "first_page_uri": uri, "next_page_uri": None, "previous_page_uri": None,
    }  # fmt: skip


_KEYS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")


def _shelf(request: Request, country: str, kind: str, area: str, contains: str) -> list[str]:
    code, digits = COUNTRIES[country]
    dice = random.Random(f"{country}{kind}{area}{contains}")
    pattern = contains.upper().strip("%$").translate(_KEYS)
    anchored = pattern.startswith("+")
    found: list[str] = []
    for _ in range(400):
        if kind == "TollFree":
            prefix = area if area in wire.TOLL_FREE else dice.choice(wire.TOLL_FREE) if code == "1" else "800"
        elif kind == "Mobile":
            prefix = MOBILE[country]
        elif code == "1":
            prefix = area or dice.choice(("416", "604") if country == "CA" else ("415", "212", "312", "206"))
        else:
            prefix = area or "20"
        rest = [dice.choice("23456789"), *(dice.choice("0123456789") for _ in range(digits - len(prefix) - 1))]
        number = list("+" + code + prefix + "".join(rest))
        wanted = pattern.replace("*", "\0").lstrip("+")
        # A wanted pattern is written over the free digits at the end, or from the start when it begins with +.
        place = 1 if anchored else len(number) - len(wanted)
        if place < 1:
            return []
        for offset, key in enumerate(wanted):
            if key != "\0" and place + offset < len(number):
                number[place + offset] = key
        text = "".join(number)
        if (
            text.startswith("+" + code + (prefix if area else ""))
            and text not in found
            and not request.net.number(text)
        ):
            found.append(text)
        if len(found) == 50:
            break
    return found


_CREATE = frozenset({"PhoneNumber", "AreaCode", "FriendlyName", "AddressSid", "BundleSid", *URLS, *METHODS})
_UPDATE = frozenset({"AccountSid", "FriendlyName", *URLS, *METHODS})
_SEARCH = frozenset({"AreaCode", "Contains", "SmsEnabled", "MmsEnabled", "VoiceEnabled", "FaxEnabled",
                     "ExcludeAllAddressRequired", "ExcludeLocalAddressRequired", "ExcludeForeignAddressRequired",
                     "Beta"})  # fmt: skip

ROUTES = (
    Route("POST", "/IncomingPhoneNumbers.json", buy, _CREATE, 201),
    Route("GET", "/IncomingPhoneNumbers.json", listing, frozenset({"PhoneNumber", "FriendlyName"}), listing=True),
    Route("GET", "/IncomingPhoneNumbers/{sid}.json", fetch),
    Route("POST", "/IncomingPhoneNumbers/{sid}.json", update, _UPDATE),
    Route("DELETE", "/IncomingPhoneNumbers/{sid}.json", release, status=204),
    Route(
        "GET", "/AvailablePhoneNumbers/{country:[A-Z]{2}}/{kind:Local|Mobile|TollFree}.json", search, _SEARCH,
        listing=True,
    ),
)  # fmt: skip

"""Twilio's REST API: who asks, with which parameters, and lists by pages.

A `Route` names every parameter that its handler takes; any other is refused with 20001 (Twilio ignores most of them;
here a misspelt parameter must not pass for one that works).
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from aiohttp import web

from .callbacks import Target, events_of
from .errors import TwilioError, invalid, not_found
from .faults import SILENT, refusal, suffer
from .identity import SID
from .outgoing import is_url

if TYPE_CHECKING:
    from .network import Account, Network

VERSION = "/2010-04-01"
PREFIX = VERSION + "/Accounts/{account}"
MAX_PAGE_SIZE = 1000
PAGING = frozenset({"Page", "PageSize", "PageToken"})


class Params:
    """Form or query parameters of one request. Readers raise TwilioError with the given code."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self.values: dict[str, list[str]] = {}
        for name, value in pairs:
            self.values.setdefault(name, []).append(value)

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def text(self, name: str, default: str = "") -> str:
        return self.values.get(name, [default])[0]

    def all(self, name: str) -> list[str]:
        return [value for value in self.values.get(name, []) if value]

    def flag(self, name: str, default: bool = False) -> bool:
        text = self.text(name).lower()
        if text not in ("", "true", "false"):
            raise invalid(name, self.text(name))
        return text == "true" if text else default

    def optional_flag(self, name: str) -> bool | None:
        return self.flag(name) if name in self else None

    def integer(self, name: str, default: int, lowest: int, highest: int, code: int = 0) -> int:
        text = self.text(name)
        if not text:
            return default
        if not text.isdigit() or not lowest <= int(text) <= highest:
            raise TwilioError(code, text) if code else invalid(name, text)
        return int(text)

    def choice(self, name: str, allowed: Sequence[str], default: str = "") -> str:
        text = self.text(name) or default
        if text and text not in allowed:
            raise invalid(name, text)
        return text

    def method(self, name: str) -> str:
        text = (self.text(name) or "POST").upper()
        if text not in ("GET", "POST"):
            raise TwilioError(21209, self.text(name))
        return text

    def url(self, name: str, code: int = 21205) -> str:
        text = self.text(name)
        if text and not is_url(text):
            raise TwilioError(code, text)
        return text

    def target(
        self, name: str, known: tuple[str, ...], default: tuple[str, ...], *, event: str = "", code: int = 21205
    ) -> Target:
        """`{name}`, `{name}Method` and `{name}Event` as a place to tell things."""
        try:
            events = events_of(self.all(event or f"{name}Event"), known, default)
        except ValueError as error:
            raise invalid(event or f"{name}Event", str(error)) from error
        return Target(self.url(name, code), self.method(f"{name}Method"), events)


@dataclass(frozen=True)
class Request:
    net: Network
    account: Account
    params: Params
    path: dict[str, str]
    web: web.Request


Handler = Callable[[Request], Awaitable[Any] | Any]


@dataclass(frozen=True)
class Route:
    """`path` is below the account, e.g. `/Calls/{sid}.json`; `spec` the same in Twilio's own description."""

    method: str
    path: str
    handler: Handler
    params: frozenset[str] = frozenset()
    status: int = 200
    listing: bool = False


def authenticate(net: Network, request: web.Request, sid: str) -> Account:
    """The account `sid`, when the credentials are its own, one of its API keys', or its owner's; without `sid` the
    account of the credentials."""
    name, token = _credentials(request)
    for account in net.accounts.values():
        owns = account.sid == name and account.auth_token == token
        if (owns or account.keys.get(name) == token) and token:
            wanted = net.accounts.get(sid) if sid else account
            if wanted is None:
                raise not_found(request.path)
            if wanted is not account and wanted.owner_sid != account.sid:
                break
            if wanted is account and account.status != "active":
                break
            return wanted
    raise TwilioError(20003)


def _credentials(request: web.Request) -> tuple[str, str]:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        raise TwilioError(20003)
    try:
        name, _, token = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise TwilioError(20003) from error
    return name, token


async def _params(request: web.Request, route: Route) -> Params:
    form = await request.post() if request.method == "POST" else {}
    pairs = [*request.query.items(), *((name, str(value)) for name, value in form.items())]
    known = route.params | PAGING if route.listing else route.params
    unknown = sorted({name for name, _ in pairs} - known)
    if unknown:
        raise TwilioError(20001, ", ".join(unknown))
    return Params(pairs)


def endpoint(net: Network, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The aiohttp handler of a route: log, faults, authentication, parameters, answer."""

    async def act(request: web.Request) -> web.StreamResponse:
        try:
            path = dict(request.match_info)
            account = authenticate(net, request, path.get("account", ""))
            params = await _params(request, route)
            answer = route.handler(Request(net, account, params, path, request))
            if isinstance(answer, Awaitable):
                answer = await answer
        except TwilioError as error:
            return refusal(error)
        if isinstance(answer, web.StreamResponse):
            return answer
        if route.status == 204:
            return web.Response(status=204)
        return web.json_response(answer, status=route.status)

    async def handle(request: web.Request) -> web.StreamResponse:
        entry: dict[str, Any] = {
            "method": request.method, "path": request.path, "query": dict(request.query), "params": {},
            "at": net.clock.now(), "machine_at": time.time(), "status": None, "fault": "",
        }  # fmt: skip
        net.requests.append(entry)
        if request.method == "POST":
            form = await request.post()
            entry["params"] = {name: [str(v) for v in form.getall(name)] for name in form}
        fault = net.faults.drawn(request.path)
        if fault is not None:
            entry["fault"] = fault.kind
            response = await suffer(fault, request, lambda: act(request))
        else:
            response = await act(request)
        if entry["fault"] not in SILENT:
            entry["status"] = response.status
        return response

    return handle


def page(request: Request, key: str, items: Sequence[Any], shape: Callable[[Any], dict], sid: Callable) -> dict:
    """A list answer. `items` newest first. PageToken pins the page to what follows a SID, so that new items do not
    push others over the edge, as at Twilio."""
    params = request.params
    size = params.integer("PageSize", 50, 1, MAX_PAGE_SIZE, 22102)
    number = params.integer("Page", 0, 0, 10**9, 22102)
    token = params.text("PageToken")
    first = number * size
    if token:
        after = token.removeprefix("PA")
        if not SID.fullmatch(after):
            raise TwilioError(22102, token)
        position = next((i for i, item in enumerate(items) if sid(item) == after), None)
        first = first if position is None else position + 1
    shown = items[first : first + size]
    path = request.web.path
    kept = [(n, v) for n, vs in params.values.items() if n not in PAGING for v in vs]

    def uri(page_number: int, page_token: str = "") -> str:
        more = [("PageSize", str(size)), ("Page", str(page_number))]
        return f"{path}?{urlencode(kept + more + ([('PageToken', page_token)] if page_token else []))}"

    return {
        key: [shape(item) for item in shown],
        "page": number,
        "page_size": size,
        "start": first,
        "end": first + max(0, len(shown) - 1),
        "first_page_uri": uri(0),
        "next_page_uri": uri(number + 1, "PA" + sid(shown[-1])) if first + size < len(items) else None,
        "previous_page_uri": uri(number - 1) if number else None,
        "uri": uri(number),
    }

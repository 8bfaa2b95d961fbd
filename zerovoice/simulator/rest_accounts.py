"""Accounts and subaccounts. https://www.twilio.com/docs/iam/api/account"""

from __future__ import annotations

from typing import Any

from . import state, wire
from .errors import TwilioError, invalid, not_found
from .network import Account
from .rest import Request, Route, page

STATUSES = ("active", "suspended", "closed")


def create(request: Request) -> dict[str, Any]:
    """A subaccount. Subaccounts have none of their own."""
    if request.account.owner_sid != request.account.sid:
        raise TwilioError(20003, message="Subaccounts cannot create accounts")
    name = request.params.text("FriendlyName") or "SubAccount Created at " + str(int(request.net.clock.now()))
    if len(name) > 64:
        raise invalid("FriendlyName", "longer than 64 characters")
    account = request.net.new_subaccount(request.account, name)
    state.save(request.net)
    return wire.account(account)


def _visible(request: Request) -> list[Account]:
    own = request.account.sid
    return [a for a in reversed(request.net.accounts.values()) if own in (a.sid, a.owner_sid)]


def listing(request: Request) -> dict[str, Any]:
    name, status = request.params.text("FriendlyName"), request.params.choice("Status", STATUSES)
    items = [
        a for a in _visible(request) if (not name or a.friendly_name == name) and (not status or a.status == status)
    ]
    return page(request, "accounts", items, wire.account, lambda a: a.sid)


def _found(request: Request) -> Account:
    for account in _visible(request):
        if account.sid == request.path["sid"]:
            return account
    raise not_found(request.web.path)


def fetch(request: Request) -> dict[str, Any]:
    return wire.account(_found(request))


def update(request: Request) -> dict[str, Any]:
    account, params = _found(request), request.params
    status = params.choice("Status", STATUSES)
    if status and account.sid == account.owner_sid:
        raise invalid("Status", "only a subaccount's can be changed")
    if account.status == "closed":
        raise invalid("Status", "a closed account stays closed")
    account.friendly_name = params.text("FriendlyName") or account.friendly_name
    account.status = status or account.status
    account.updated = request.net.clock.now()
    state.save(request.net)
    return wire.account(account)


# Below /2010-04-01, not below an account: the caller's own is the one of the credentials.
ROUTES = (
    Route("POST", "/Accounts.json", create, frozenset({"FriendlyName"}), 201),
    Route("GET", "/Accounts.json", listing, frozenset({"FriendlyName", "Status"}), listing=True),
    Route("GET", "/Accounts/{sid}.json", fetch),
    Route("POST", "/Accounts/{sid}.json", update, frozenset({"FriendlyName", "Status"})),
)

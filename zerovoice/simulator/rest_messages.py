"""Messages. https://www.twilio.com/docs/messaging/api/message-resource"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from . import wire
from .callbacks import Target
from .clock import parse_moment, rfc2822
from .errors import TwilioError, invalid, not_found
from .identity import MAGIC, normalise
from .messages import EVENTS, Medium, Message
from .outgoing import is_url
from .rest import Request, Route, page

_TO = {"0001": 21211, "0002": 21612, "0003": 21408, "0004": 21610, "0009": 21614}
_FROM = {"0001": 21212, "0007": 21606, "0008": 21611}


def create(request: Request) -> dict[str, Any]:
    params, net = request.params, request.net
    to = _destination(request, params.text("To"))
    from_ = _sender(request, params.text("From"))
    if net.opt_outs.blocks(to, from_):
        raise TwilioError(21610, to)
    body, media = params.text("Body"), params.all("MediaUrl")
    if not body.strip() and not media:
        raise TwilioError(21602)
    if len(body) > 1600:
        raise TwilioError(21617)
    if len(media) > 10:
        raise TwilioError(21623)
    if wrong := [url for url in media if not is_url(url)]:
        raise TwilioError(21620, wrong[0])
    params.integer("ValidityPeriod", 14_400, 1, 36_000)
    callback = Target(params.url("StatusCallback", 21609), "POST", frozenset(EVENTS))
    message = Message(
        net, request.account, direction="outbound-api", to=to, from_=from_, body=body, media=media, callback=callback
    )
    message.deliver()
    return wire.message(message)


def _destination(request: Request, text: str) -> str:
    if not text:
        raise TwilioError(21604)
    number = normalise(text)
    if number is None:
        raise TwilioError(21211, text)
    if number.startswith(MAGIC) and number[-4:] in _TO:
        raise TwilioError(_TO[number[-4:]], number)
    if request.net.geo_forbidden(number):
        raise TwilioError(21408, number)
    return number


def _sender(request: Request, text: str) -> str:
    if not text:
        raise TwilioError(21603)
    number = normalise(text)
    if number is None:
        raise TwilioError(21212, text)
    if number.startswith(MAGIC) and number[-4:] in _FROM:
        raise TwilioError(_FROM[number[-4:]], number)
    if not request.net.may_call_from(request.account, number):
        raise TwilioError(21606, number)
    return number


def found(request: Request) -> Message:
    message = request.net.messages.get(request.path["sid"])
    if message is None or message.account is not request.account:
        raise not_found(request.web.path)
    return message


def fetch(request: Request) -> dict[str, Any]:
    return wire.message(found(request))


def update(request: Request) -> dict[str, Any]:
    """An empty Body redacts the text; Status=canceled calls back what has not been sent."""
    message, params = found(request), request.params
    status = params.choice("Status", ("canceled",))
    if params.text("Body"):
        raise invalid("Body", "can only be emptied")
    if status and message.status != "queued":
        raise invalid("Status", "only a message that is not yet sent can be canceled")
    if status:
        message.cancel()
    elif "Body" in params:
        message.body = ""
        message.updated = request.net.clock.now()
    return wire.message(message)


def delete(request: Request) -> None:
    message = found(request)
    if message.status in ("queued", "sent") and message.direction != "inbound":
        raise invalid("Sid", "a message under way cannot be deleted")
    del request.net.messages[message.sid]


def listing(request: Request) -> dict[str, Any]:
    params = request.params
    to, from_ = params.text("To").strip(), params.text("From").strip()
    items = [
        m
        for m in reversed(request.net.messages.values())
        if m.account is request.account
        and (not to or m.to == (normalise(to) or to))
        and (not from_ or m.from_ == (normalise(from_) or from_))
    ]
    for suffix in ("", "<", ">"):
        if text := params.text("DateSent" + suffix):
            try:
                start, end = parse_moment(text)
            except ValueError as error:
                raise invalid("DateSent" + suffix, text) from error
            low, high = (start, 1e18) if suffix == ">" else (0, end) if suffix == "<" else (start, end)
            items = [m for m in items if m.sent is not None and low <= m.sent < high]
    return page(request, "messages", items, wire.message, lambda m: m.sid)


# --- attachments ------------------------------------------------------------------------------------------------------
def _medium(request: Request) -> tuple[Message, Medium]:
    message = request.net.messages.get(request.path["message"])
    if message is not None and message.account is request.account:
        for medium in message.media:
            if medium.sid == request.path["sid"]:
                return message, medium
    raise not_found(request.web.path)


def _shape(message: Message, medium: Medium) -> dict[str, Any]:
    return {
        "sid": medium.sid,
        "account_sid": message.account.sid,
        "parent_sid": message.sid,
        "content_type": medium.content_type,
        "date_created": rfc2822(medium.created),
        "date_updated": rfc2822(medium.created),
        "uri": f"{wire.base(message.account)}/Messages/{message.sid}/Media/{medium.sid}.json",
    }


def media(request: Request) -> dict[str, Any]:
    message = request.net.messages.get(request.path["message"])
    if message is None or message.account is not request.account:
        raise not_found(request.web.path)
    return page(request, "media_list", message.media, lambda m: _shape(message, m), lambda m: m.sid)


def medium(request: Request) -> dict[str, Any]:
    return _shape(*_medium(request))


def delete_medium(request: Request) -> None:
    message, item = _medium(request)
    message.media.remove(item)


def content(request: Request) -> web.Response:
    """Twilio redirects to where it keeps the file; here that is where its sender said it is."""
    return web.Response(status=307, headers={"Location": _medium(request)[1].url})


_CREATE = frozenset({
    "To", "From", "Body", "MediaUrl", "StatusCallback", "ValidityPeriod", "SmartEncoded", "ProvideFeedback", "Attempt",
    "ForceDelivery", "MaxPrice",
})  # fmt: skip
_DATES = frozenset({"DateSent", "DateSent<", "DateSent>"})

ROUTES = (
    Route("POST", "/Messages.json", create, _CREATE, 201),
    Route("GET", "/Messages.json", listing, _DATES | {"To", "From"}, listing=True),
    Route("GET", "/Messages/{sid}.json", fetch),
    Route("POST", "/Messages/{sid}.json", update, frozenset({"Body", "Status"})),
    Route("DELETE", "/Messages/{sid}.json", delete, status=204),
    Route("GET", "/Messages/{message}/Media.json", media, listing=True),
    Route("GET", "/Messages/{message}/Media/{sid}.json", medium),
    Route("DELETE", "/Messages/{message}/Media/{sid}.json", delete_medium, status=204),
    Route("GET", "/Messages/{message}/Media/{sid:ME[0-9a-f]{32}}", content),
)

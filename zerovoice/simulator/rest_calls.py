"""Calls: place, look at, change, end. https://www.twilio.com/docs/voice/api/call-resource"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import wire
from .call import CALL_EVENTS, MAX_SECONDS, Call
from .callbacks import Target
from .clock import parse_moment
from .errors import InstructionError, TwilioError, invalid, not_found
from .identity import CLIENT, MAGIC, SIP_USER, address, is_address, normalise
from .instructions import Source
from .interpreter import execute
from .outbound import Detection, begin
from .recordings import EVENTS as RECORDING_EVENTS
from .rest import Params, Request, Route, page
from .twiml import parse

STATUSES = ("queued", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled")


def create(request: Request) -> dict[str, Any]:
    call = place(request, request.params, source_of(request.params, required=True))
    return wire.call(call)


def place(request: Request, params: Params, source: Source) -> Call:
    """Everything that can be wrong with a new call is refused here, in Twilio's order: To, From, then the rest."""
    net = request.net
    to = destination(request, params.text("To"))
    from_ = caller_id(request, params.text("From"), to)
    digits = params.text("SendDigits")
    if digits and set(digits) - set("0123456789*#w"):
        raise TwilioError(21206, digits)
    callback = params.target("StatusCallback", CALL_EVENTS, ("completed",), code=21205)
    timeout = params.integer("Timeout", 60, 1, 600, 21208)
    limit = params.integer("TimeLimit", MAX_SECONDS, 1, 86_400)
    fallback = Target(params.url("FallbackUrl"), params.method("FallbackMethod"))
    detection = Detection.from_params(params)
    recording = None
    if params.flag("Record"):
        recording = (
            params.choice("RecordingChannels", ("mono", "dual"), "mono"),
            params.choice("RecordingTrack", ("inbound", "outbound", "both"), "both"),
            params.target("RecordingStatusCallback", RECORDING_EVENTS, ("completed",)),
        )
    call = Call(net, request.account, direction="outbound-api", to=to, from_=from_, callback=callback, timeout=timeout)
    call.time_limit = limit
    call.fallback = fallback
    begin(call, source, send_digits=digits, detection=detection, recording=recording)
    return call


def destination(request: Request, text: str) -> str:
    """A number, client or SIP user that may be called. Magic numbers as documented for test credentials."""
    if not text:
        raise TwilioError(21201)
    if is_address(text):
        called = address(text)
        if called is None:
            raise TwilioError(21211, message=f"Called is not valid: {text}")
        return called
    number = normalise(text)
    magic = {"0001": 21217, "0002": 21214, "0003": 21215, "0004": 21216}
    if number is None:
        raise TwilioError(21217, text)
    if number.startswith(MAGIC) and number[-4:] in magic:
        raise TwilioError(magic[number[-4:]], number)
    if request.net.geo_forbidden(number):
        raise TwilioError(21215, number)
    return number


def caller_id(request: Request, text: str, to: str) -> str:
    """Who seems to call: a number of the account; to a client or SIP user also a client; to a SIP user any user name.

    Source: https://www.twilio.com/docs/voice/api/sip-making-calls and the From of the Call resource.
    """
    if not text:
        raise TwilioError(21213)
    number = normalise(text)
    if number is None and is_address(to) and CLIENT.fullmatch(text):
        return text
    if number is None and to.startswith("sip") and SIP_USER.fullmatch(text):
        return text
    if number is None or number == MAGIC + "0001":
        raise TwilioError(21212, text)
    if not request.net.may_call_from(request.account, number):
        raise TwilioError(21210, number)
    return number


def source_of(params: Params, *, required: bool = False) -> Source:
    """Url or Twiml: one of them, Twiml well-formed."""
    twiml, url = params.text("Twiml"), params.text("Url")
    if params.text("ApplicationSid"):
        raise TwilioError(21218, params.text("ApplicationSid"))
    if twiml:
        if len(twiml) > 4000:
            raise invalid("Twiml", "longer than 4000 characters")
        try:
            parse(twiml)
        except InstructionError as error:
            raise invalid("Twiml", str(error)) from error
        return Source(inline=twiml)
    if required or url:
        if not url:
            raise TwilioError(21205, message="Url parameter is required")
        return Source(params.url("Url"), params.method("Method"))
    return Source()


def found(request: Request, sid: str) -> Call:
    call = request.net.calls.get(sid)
    if call is None or call.account is not request.account:
        raise not_found(request.web.path)
    return call


def fetch(request: Request) -> dict[str, Any]:
    return wire.call(found(request, request.path["sid"]))


def update(request: Request) -> dict[str, Any]:
    """Status ends it, Url or Twiml redirects it: 21220 when it is not in progress (or, to be ended, already over)."""
    call, params = found(request, request.path["sid"]), request.params
    status = params.choice("Status", ("canceled", "completed"))
    source = source_of(params)
    if status and (source.url or source.inline):
        raise TwilioError(21221, "Status and Url or Twiml exclude each other")
    fallback = Target(params.url("FallbackUrl"), params.method("FallbackMethod"))
    callback = params.url("StatusCallback")
    limit = params.integer("TimeLimit", 0, 1, 86_400)
    if call.over:
        raise TwilioError(21220)
    if (source.url or source.inline) and call.status != "in-progress":
        raise TwilioError(21220)
    if callback:
        call.callback = Target(callback, params.method("StatusCallbackMethod"), call.callback.events | {"completed"})
    if fallback.url:
        call.fallback = fallback
    if limit:
        call.limit_to(limit)
    if status == "completed" or (status == "canceled" and call.answered is None):
        call.updated_by_api = True
        call.end("completed" if call.answered else "canceled")
    elif source.url or source.inline:
        call.updated_by_api = True
        call.run(execute(call, source))
    return wire.call(call)


def delete(request: Request) -> None:
    call = found(request, request.path["sid"])
    if not call.over:
        raise invalid("Sid", "a call under way cannot be deleted")
    del request.net.calls[call.sid]


def listing(request: Request) -> dict[str, Any]:
    params = request.params
    wanted_status = params.choice("Status", STATUSES)
    to, from_ = params.text("To").strip(), params.text("From").strip()
    parent = params.text("ParentCallSid")
    tests = []
    for name, moment in (("StartTime", lambda c: c.answered or c.dialled), ("EndTime", lambda c: c.ended)):
        for suffix in ("", "<", ">"):
            if text := params.text(name + suffix):
                tests.append(_time_test(name + suffix, text, suffix, moment))
    calls = [
        call
        for call in reversed(request.net.calls.values())
        if call.account is request.account
        and (not to or call.to == (normalise(to) or to))
        and (not from_ or call.from_ == (normalise(from_) or from_))
        and (not parent or (call.parent is not None and call.parent.sid == parent))
        and (not wanted_status or wire.call(call)["status"] == wanted_status)
        and all(test(call) for test in tests)
    ]
    return page(request, "calls", calls, wire.call, lambda call: call.sid)


def _time_test(name: str, text: str, suffix: str, moment: Callable[[Call], float | None]) -> Callable[[Call], bool]:
    """Twilio's inequalities include the moment named: `StartTime>` is on or after, `StartTime<` on or before."""
    try:
        start, end = parse_moment(text)
    except ValueError as error:
        raise invalid(name, text) from error

    def test(call: Call) -> bool:
        at = moment(call)
        if at is None:
            return False
        return at >= start if suffix == ">" else at < end if suffix == "<" else start <= at < end

    return test


CREATE = frozenset({
    "To", "From", "Url", "Method", "Twiml", "ApplicationSid", "FallbackUrl", "FallbackMethod", "StatusCallback",
    "StatusCallbackEvent", "StatusCallbackMethod", "SendDigits", "Timeout", "TimeLimit", "Record",
    "RecordingChannels", "RecordingTrack", "RecordingStatusCallback", "RecordingStatusCallbackMethod",
    "RecordingStatusCallbackEvent", "Trim", "MachineDetection", "MachineDetectionTimeout",
    "MachineDetectionSpeechThreshold", "MachineDetectionSpeechEndThreshold", "MachineDetectionSilenceTimeout",
    "AsyncAmd", "AsyncAmdStatusCallback", "AsyncAmdStatusCallbackMethod", "CallReason", "CallerId",
})  # fmt: skip
_UPDATE = {
    "Url", "Method", "Twiml", "Status", "FallbackUrl", "FallbackMethod", "StatusCallback", "StatusCallbackMethod",
    "TimeLimit",
}  # fmt: skip
_LIST = {"To", "From", "ParentCallSid", "Status", "StartTime", "StartTime<", "StartTime>", "EndTime", "EndTime<",
         "EndTime>"}  # fmt: skip

ROUTES = (
    Route("POST", "/Calls.json", create, CREATE, 201),
    Route("GET", "/Calls.json", listing, frozenset(_LIST), listing=True),
    Route("GET", "/Calls/{sid}.json", fetch),
    Route("POST", "/Calls/{sid}.json", update, frozenset(_UPDATE)),
    Route("DELETE", "/Calls/{sid}.json", delete, status=204),
)

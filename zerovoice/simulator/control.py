"""The control API, `/_sim/…`: what tests and demonstrations tell the network, and what it tells them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from . import state
from .clock import iso
from .identity import endpoint, normalise
from .messages import Message
from .outgoing import is_url
from .people import Manner, manner_of, script_of

if TYPE_CHECKING:
    from .call import Call
    from .network import Network
    from .sound import Utterance


def routes(net: Network) -> list[web.RouteDef]:
    control = Control(net)
    table: list[tuple[str, str, Callable[[web.Request], Awaitable[web.Response]]]] = [
        ("GET", "/health", control.health),
        ("POST", "/calls", control.call_in),
        ("GET", "/calls", control.calls),
        ("GET", "/calls/{sid}", control.call),
        ("PUT", "/people/{number}", control.put_person),
        ("GET", "/people", control.people),
        ("DELETE", "/people/{number}", control.forget_person),
        ("PUT", "/faults", control.put_faults),
        ("GET", "/faults", control.faults),
        ("DELETE", "/faults", control.clear_faults),
        ("GET", "/requests", control.requests),
        ("DELETE", "/requests", control.clear_requests),
        ("GET", "/callbacks", control.callbacks),
        ("POST", "/numbers", control.add_number),
        ("POST", "/messages", control.message_in),
        ("GET", "/messages", control.messages),
    ]
    return [web.route(method, "/_sim" + path, _worded(handler)) for method, path, handler in table]


def _worded(
    handler: Callable[[web.Request], Awaitable[web.Response]],
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """What is wrong with a control request is said in a sentence, as a 400."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)

    return handle


async def _json(request: web.Request, *known: str) -> dict[str, Any]:
    try:
        value = await request.json()
    except ValueError as error:
        raise ValueError(f"the body is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise ValueError("the body must be a JSON object")
    if unknown := sorted(set(value) - set(known)):
        raise ValueError(f"unknown field {unknown[0]!r}; known are {', '.join(known)}")
    return value


def _phone(value: dict[str, Any], name: str) -> str:
    number = normalise(str(value.get(name, "")))
    if number is None:
        raise ValueError(f"{name} must be an E.164 phone number, not {value.get(name)!r}")
    return number


class Control:
    def __init__(self, net: Network) -> None:
        self.net = net

    async def health(self, request: web.Request) -> web.Response:
        clock = self.net.clock
        return web.json_response(
            {
                "status": "ok", "now": iso(clock.now()), "clock_speed": clock.speed, "clock_start": clock.start,
                "calls": sum(not c.over for c in self.net.calls.values()),
            }
        )  # fmt: skip

    # --- people and calls -------------------------------------------------------------------------------------------
    async def call_in(self, request: web.Request) -> web.Response:
        value = await _json(request, "from", "to", "script")
        caller = str(value.get("from", ""))
        # Callers without a number are real: Twilio sends `anonymous`, a client or a SIP URI.
        from_ = endpoint(caller) or (caller if caller in ("anonymous", "unknown") else "")
        if not from_:
            raise ValueError(f"from must be an E.164 number, client:…, sip:…@… or anonymous, not {caller!r}")
        number = self.net.number(_phone(value, "to"))
        if number is None:
            raise ValueError(f"nobody owns {value['to']}: give it to an account by POST /_sim/numbers, or buy it")
        script = script_of(value.get("script"))
        call = self.net.receive(number, from_, Manner(script=script))
        return web.json_response({"sid": call.sid}, status=201)

    async def calls(self, request: web.Request) -> web.Response:
        calls = list(self.net.calls.values())
        for name in ("from", "to", "status", "direction"):
            if wanted := request.query.get(name, "").replace(" ", "+"):
                calls = [c for c in calls if getattr(c, "from_" if name == "from" else name) == wanted]
        return web.json_response([shown(call) for call in calls])

    async def call(self, request: web.Request) -> web.Response:
        call = self.net.calls.get(request.match_info["sid"])
        if call is None:
            return web.json_response({"error": "no such call"}, status=404)
        return web.json_response(shown(call))

    async def put_person(self, request: web.Request) -> web.Response:
        value = await _json(request, "outcome", "answer_after", "script")
        number = self.net.people.put(request.match_info["number"], manner_of(value))
        return web.json_response(self.net.people.of(number).shown(number))

    async def people(self, request: web.Request) -> web.Response:
        return web.json_response([m.shown(n) for n, m in self.net.people.known.items()])

    async def forget_person(self, request: web.Request) -> web.Response:
        self.net.people.known.pop(endpoint(request.match_info["number"]) or "", None)
        return web.Response(status=204)

    async def add_number(self, request: web.Request) -> web.Response:
        value = await _json(request, "phone_number", "account_sid")
        number = _phone(value, "phone_number")
        account = self.net.accounts.get(value.get("account_sid") or self.net.main.sid)
        if account is None:
            raise ValueError(f"there is no account {value['account_sid']}")
        owned = self.net.number(number)
        if owned is not None and owned.account is not account:
            raise ValueError(f"{number} belongs to {owned.account.sid}")
        if owned is None:
            owned = self.net.add_number(account, number)
            state.save(self.net)
        body = {"sid": owned.sid, "phone_number": number, "account_sid": account.sid}
        return web.json_response(body, status=201)

    # --- messages
    async def message_in(self, request: web.Request) -> web.Response:
        value = await _json(request, "from", "to", "body", "media_urls")
        from_, to = _phone(value, "from"), _phone(value, "to")
        body, media = value.get("body", ""), value.get("media_urls") or []
        if not isinstance(body, str):
            raise ValueError(f"body must be text, not {body!r}")
        if not isinstance(media, list) or not all(isinstance(url, str) and is_url(url) for url in media):
            raise ValueError(f"media_urls must be a list of URLs, not {media!r}")
        if not body and not media:
            raise ValueError("a message has a body, media_urls or both")
        number = self.net.number(to)
        if number is None:
            raise ValueError(f"nobody owns {to}: give it to an account by POST /_sim/numbers, or buy it")
        message = Message(self.net, number.account, direction="inbound", to=to, from_=from_, body=body, media=media)
        self.net.opt_outs.hear(self.net, message)
        self.net.run(message.answer(number))
        return web.json_response({"sid": message.sid}, status=201)

    async def messages(self, request: web.Request) -> web.Response:
        """What has arrived at a phone: `?to=`; at any, without it."""
        to = normalise(request.query.get("to", ""))
        if "to" in request.query and to is None:
            raise ValueError(f"to must be an E.164 phone number, not {request.query['to']!r}")
        rows = [
            {"sid": m.sid, "from": m.from_, "to": m.to, "body": m.body, "media_urls": [x.url for x in m.media],
             "at": iso(m.arrived)}
            for m in self.net.messages.values()
            if m.arrived is not None and to in (None, m.to)
        ]  # fmt: skip
        return web.json_response(rows)

    # --- faults and logs --------------------------------------------------------------------------------------------
    async def put_faults(self, request: web.Request) -> web.Response:
        self.net.faults.put(await _json(request, "rest", "callbacks"))
        return web.json_response(self.net.faults.shown())

    async def faults(self, request: web.Request) -> web.Response:
        return web.json_response(self.net.faults.shown())

    async def clear_faults(self, request: web.Request) -> web.Response:
        self.net.faults.clear()
        return web.Response(status=204)

    async def requests(self, request: web.Request) -> web.Response:
        rows = [row | {"at": iso(row["at"])} for row in self.net.requests]
        return web.json_response(rows)

    async def clear_requests(self, request: web.Request) -> web.Response:
        self.net.requests.clear()
        return web.Response(status=204)

    async def callbacks(self, request: web.Request) -> web.Response:
        rows = [row | {"at": iso(row["at"])} for row in self.net.notices.log]
        return web.json_response(rows)


def shown(call: Call) -> dict[str, Any]:
    """A call as the network saw it. `heard` is by seconds from its answer: what its person said, and to whom; what
    they heard, and from whom."""
    legs = [c for c in call.net.calls.values() if c.parent is call]
    conference = call.participation.conference if call.participation else None
    return {
        "sid": call.sid,
        "account_sid": call.account.sid,
        "from": call.from_,
        "to": call.to,
        "direction": call.direction,
        "status": call.status,
        "created_time": iso(call.created),
        "start_time": iso(call.dialled),
        "answer_time": iso(call.answered),
        "end_time": iso(call.ended),
        "duration": call.duration,
        "answered_by": call.answered_by or None,
        "parent": call.parent.sid if call.parent else None,
        "legs": [{"sid": leg.sid, "to": leg.to, "from": leg.from_, "status": leg.status} for leg in legs],
        "conference": conference.sid if conference else None,
        "conferences": [
            {"sid": stay.conference.sid, "name": stay.conference.name, "joined": iso(stay.created),
             "left": iso(stay.left)}
            for stay in call.stays
        ],
        "recordings": [r.sid for r in call.recordings if not r.deleted],
        "errors": [error | {"at": iso(error["at"])} for error in call.errors],
        "heard": heard(call),
    }  # fmt: skip


def heard(call: Call) -> list[dict[str, Any]]:
    origin = call.answered or call.created

    def row(utterance: Utterance, listener: Call | None, start: float, end: float) -> dict[str, Any]:
        speaker = utterance.speaker
        return {
            "speaker": speaker.party if speaker else "network",
            "speaker_sid": speaker.sid if speaker else None,
            "listener": listener.party if listener else None,
            "listener_sid": listener.sid if listener else None,
            "kind": utterance.kind,
            "text": utterance.text,
            "start": round(start - origin, 3),
            "end": round(end - origin, 3),
            "at": iso(start),
            "cut": utterance.end < utterance.full_end or end < utterance.end,
        }

    rows = [row(h.utterance, call, h.since, h.end) for h in call.hearings]
    for utterance in call.spoken:
        listeners = [(c, h) for c in utterance.listeners for h in c.hearings if h.utterance is utterance]
        rows += [row(utterance, c, h.since, h.end) for c, h in listeners]
        if not listeners:
            rows.append(row(utterance, None, utterance.start, utterance.end))
    return sorted(rows, key=lambda item: item["start"])

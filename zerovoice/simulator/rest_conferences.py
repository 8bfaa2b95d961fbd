"""Conferences and their participants.

https://www.twilio.com/docs/voice/api/conference-resource, …/conference-participant-resource
"""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import quoteattr

from . import wire
from .clock import parse_moment
from .conference import EVENTS, Conference, Participation
from .errors import TwilioError, invalid, not_found
from .identity import SID
from .instructions import Source
from .recordings import Recording
from .rest import Params, Request, Route, page
from .rest_calls import CREATE, place


def _conference(request: Request, sid: str) -> Conference:
    conference = request.net.conferences.get(sid)
    if conference is None or conference.account is not request.account:
        raise not_found(request.web.path)
    return conference


def fetch(request: Request) -> dict[str, Any]:
    return wire.conference(_conference(request, request.path["sid"]))


def update(request: Request) -> dict[str, Any]:
    """Status=completed ends it for everyone; AnnounceUrl is heard by everyone."""
    conference, params = _conference(request, request.path["sid"]), request.params
    status = params.choice("Status", ("completed",))
    announcement = _source(params, "Announce")
    if conference.status == "completed" and (status or announcement):
        raise not_found(request.web.path)
    if announcement:
        _announce(request, conference, list(conference.participants.values()), announcement)
    if status:
        conference.end("conference-ended-via-api", None, "conference_ended_via_api")
    return wire.conference(conference)


def listing(request: Request) -> dict[str, Any]:
    params = request.params
    name, status = params.text("FriendlyName"), params.choice("Status", ("init", "in-progress", "completed"))
    items = [
        c
        for c in reversed(request.net.conferences.values())
        if c.account is request.account and (not name or c.name == name) and (not status or c.status == status)
    ]
    for field, moment in (("DateCreated", lambda c: c.created), ("DateUpdated", lambda c: c.updated)):
        for suffix in ("", "<", ">"):
            if text := params.text(field + suffix):
                try:
                    start, end = parse_moment(text)
                except ValueError as error:
                    raise invalid(field + suffix, text) from error
                low, high = (start, 1e18) if suffix == ">" else (0, end) if suffix == "<" else (start, end)
                items = [c for c in items if low <= moment(c) < high]
    return page(request, "conferences", items, wire.conference, lambda c: c.sid)


def _recordings(request: Request) -> list[Recording]:
    return [r for r in reversed(_conference(request, request.path["conference"]).recordings) if not r.deleted]


def recordings(request: Request) -> dict[str, Any]:
    return page(request, "recordings", _recordings(request), wire.conference_recording, lambda r: r.sid)


def recording(request: Request) -> dict[str, Any]:
    for item in _recordings(request):
        if item.sid == request.path["sid"]:
            return wire.conference_recording(item)
    raise not_found(request.web.path)


# --- participants ---------------------------------------------------------------------------------------------------
def _participation(request: Request) -> Participation:
    """Of a call that is in the conference now, by its SID or label. Who has left is a 404, as at Twilio."""
    conference, key = _conference(request, request.path["conference"]), request.path["call"]
    for participation in conference.participants.values():
        if key in (participation.call.sid, participation.label):
            return participation
    raise not_found(request.web.path)


def _coached(params: Params, conference: Conference | None, coach: str = "") -> str | None:
    """Coaching and CallSidToCoach as the SID of the call to coach, empty for nobody; None when neither is given."""
    coaching, sid = params.optional_flag("Coaching"), params.text("CallSidToCoach")
    if coaching is None and not sid:
        return None
    if coaching is False:
        return ""
    if not sid:
        raise TwilioError(20001, message="Coaching needs a CallSidToCoach")
    if not (sid.startswith("CA") and SID.fullmatch(sid)):
        raise invalid("CallSidToCoach", sid)
    if conference is None or sid == coach or not conference.may_be_coached(sid):
        raise TwilioError(16028, sid)
    return sid


def _source(params: Params, name: str) -> Source | None:
    url = params.url(f"{name}Url")
    return Source(url, params.method(f"{name}Method")) if url else None


def _announce(request: Request, conference: Conference, to: list[Participation], source: Source) -> None:
    if to:
        request.net.spawn(conference.announce(to, source), to[0].call)


def participant(request: Request) -> dict[str, Any]:
    return wire.participant(_participation(request))


def update_participant(request: Request) -> dict[str, Any]:
    participation, params = _participation(request), request.params
    conference = participation.conference
    coached = _coached(params, conference, participation.call.sid)
    hold, muted = params.optional_flag("Hold"), params.optional_flag("Muted")
    end_on_exit, beep = params.optional_flag("EndConferenceOnExit"), params.optional_flag("BeepOnExit")
    hold_source = _source(params, "Hold") or _source(params, "Wait")
    announcement = _source(params, "Announce")
    if muted is not None:
        conference.set_muted(participation, muted)
    if hold is not None:
        conference.set_hold(participation, hold, hold_source)
    if coached is not None:
        conference.set_coached(participation, coached)
    if end_on_exit is not None:
        conference.set_end_on_exit(participation, end_on_exit)
    if beep is not None:
        participation.beep = "onExit" if beep else "false"
    if announcement:
        _announce(request, conference, [participation], announcement)
    return wire.participant(participation)


def remove(request: Request) -> None:
    """Out of the conference; the call goes on with what follows its <Dial>, or ends."""
    _participation(request).dismiss("participant_updated_via_api")


def participants(request: Request) -> dict[str, Any]:
    conference, params = _conference(request, request.path["conference"]), request.params
    muted, hold, coaching = (params.optional_flag(name) for name in ("Muted", "Hold", "Coaching"))
    items = [
        p
        for p in reversed(conference.participants.values())
        if muted in (None, p.muted) and hold in (None, p.hold) and coaching in (None, bool(p.coached))
    ]
    return page(request, "participants", items, wire.participant, lambda p: p.call.sid)


def add(request: Request) -> dict[str, Any]:
    """Call somebody into a conference, by its SID or, where none of that name is under way, by name."""
    params, net = request.params, request.net
    key = request.path["conference"]
    conference = net.conferences.get(key)
    name = conference.name if conference is not None and conference.account is request.account else key
    if conference is not None and conference.status == "completed":
        raise not_found(request.web.path)
    attributes = _attributes(params)
    coached = _coached(params, conference or net.conference_named(request.account, name)) or ""
    if coached:
        attributes["coach"] = coached
    text = " ".join(f"{attribute}={quoteattr(value)}" for attribute, value in attributes.items())
    twiml = f"<Response><Dial><Conference {text}>{_escape(name)}</Conference></Dial></Response>"
    call = place(request, params, Source(inline=twiml))
    conference = conference or net.conference_named(request.account, name)
    if conference is None:
        target = params.target(
            "ConferenceStatusCallback", EVENTS, ("start", "end", "join", "leave", "mute", "hold", "modify", "speaker")
        )
        now = net.clock.now()
        conference = Conference(net=net, account=request.account, name=name, callback=target, created=now, updated=now)
        net.conferences[conference.sid] = conference
    created = net.clock.now()
    shown = Participation(
        call,
        conference,
        muted=params.flag("Muted"),
        start_on_enter=params.flag("StartConferenceOnEnter", True),
        end_on_exit=params.flag("EndConferenceOnExit"),
        label=params.text("Label"),
        coached=coached,
        created=created,
        updated=created,
    )
    return wire.participant(shown, "queued")


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _attributes(params: Params) -> dict[str, str]:
    attributes = {
        "muted": str(params.flag("Muted")).lower(),
        "startConferenceOnEnter": str(params.flag("StartConferenceOnEnter", True)).lower(),
        "endConferenceOnExit": str(params.flag("EndConferenceOnExit")).lower(),
        "beep": params.choice("Beep", ("true", "false", "onEnter", "onExit"), "true"),
        "maxParticipants": str(params.integer("MaxParticipants", 250, 2, 250)),
    }
    if params.text("Label"):
        attributes["participantLabel"] = params.text("Label")
    if "WaitUrl" in params:
        attributes |= {"waitUrl": params.url("WaitUrl"), "waitMethod": params.method("WaitMethod")}
    record = params.choice("ConferenceRecord", ("true", "false", "record-from-start", "do-not-record"))
    if record:
        attributes["record"] = record
    if params.text("ConferenceRecordingStatusCallback"):
        attributes["recordingStatusCallback"] = params.url("ConferenceRecordingStatusCallback")
    return attributes


_DATES = frozenset(f"Date{kind}{suffix}" for kind in ("Created", "Updated") for suffix in ("", "<", ">"))
_UPDATE = frozenset({
    "Muted", "Hold", "HoldUrl", "HoldMethod", "AnnounceUrl", "AnnounceMethod", "WaitUrl", "WaitMethod", "BeepOnExit",
    "EndConferenceOnExit", "Coaching", "CallSidToCoach",
})  # fmt: skip
_ADD = (
    CREATE
    - {"Url", "Method", "Twiml", "ApplicationSid", "FallbackUrl", "FallbackMethod", "SendDigits", "AsyncAmd",
       "AsyncAmdStatusCallback", "AsyncAmdStatusCallbackMethod"}
) | {
    "Label", "Muted", "Beep", "StartConferenceOnEnter", "EndConferenceOnExit", "WaitUrl", "WaitMethod", "EarlyMedia",
    "MaxParticipants", "ConferenceRecord", "ConferenceTrim", "ConferenceStatusCallback",
    "ConferenceStatusCallbackMethod", "ConferenceStatusCallbackEvent", "ConferenceRecordingStatusCallback",
    "ConferenceRecordingStatusCallbackMethod", "ConferenceRecordingStatusCallbackEvent", "Coaching", "CallSidToCoach",
}  # fmt: skip

ROUTES = (
    Route("GET", "/Conferences.json", listing, _DATES | {"FriendlyName", "Status"}, listing=True),
    Route("GET", "/Conferences/{sid}.json", fetch),
    Route("POST", "/Conferences/{sid}.json", update, frozenset({"Status", "AnnounceUrl", "AnnounceMethod"})),
    Route("GET", "/Conferences/{conference}/Recordings.json", recordings, listing=True),
    Route("GET", "/Conferences/{conference}/Recordings/{sid}.json", recording),
    Route("POST", "/Conferences/{conference}/Participants.json", add, _ADD, 201),
    Route(
        "GET", "/Conferences/{conference}/Participants.json", participants,
        frozenset({"Muted", "Hold", "Coaching"}), listing=True,
    ),
    Route("GET", "/Conferences/{conference}/Participants/{call}.json", participant),
    Route("POST", "/Conferences/{conference}/Participants/{call}.json", update_participant, _UPDATE),
    Route("DELETE", "/Conferences/{conference}/Participants/{call}.json", remove, status=204),
)  # fmt: skip

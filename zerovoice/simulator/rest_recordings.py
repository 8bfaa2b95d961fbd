"""Recordings: of a call, and the account's. https://www.twilio.com/docs/voice/api/recording"""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from . import media, wire
from .call import Call
from .clock import parse_moment
from .errors import TwilioError, invalid, not_found
from .recordings import EVENTS, Recording
from .rest import Request, Route, page
from .rest_calls import found as found_call

MEDIA = r"(\.wav|\.mp3)?"
BEHAVIORS = ("silence", "skip")


def create(request: Request) -> dict[str, Any]:
    call, params = found_call(request, request.path["call"]), request.params
    channels = params.choice("RecordingChannels", ("mono", "dual"), "mono")
    track = params.choice("RecordingTrack", ("inbound", "outbound", "both"), "both")
    params.choice("Trim", ("trim-silence", "do-not-trim"))
    target = params.target("RecordingStatusCallback", EVENTS, ("completed",))
    if call.status != "in-progress":
        raise TwilioError(21220, message="Requested resource is not eligible for recording")
    recording = Recording(
        request.net, request.account, source="StartCallRecordingAPI", channels=2 if channels == "dual" else 1,
        callback=target, call=call, track=track,
    )  # fmt: skip
    recording.start()
    return wire.call_recording(recording)


def _of_call(request: Request) -> tuple[Call, Recording]:
    """The recording of the path; `Twilio.CURRENT` is the one under way."""
    call, sid = found_call(request, request.path["call"]), request.path["sid"]
    for recording in reversed(call.recordings):
        if not recording.deleted and (recording.sid == sid or (sid == "Twilio.CURRENT" and recording.running)):
            return call, recording
    raise not_found(request.web.path)


def fetch_of_call(request: Request) -> dict[str, Any]:
    return wire.call_recording(_of_call(request)[1])


def update(request: Request) -> dict[str, Any]:
    """Pause, resume, stop. Asking for what already is changes nothing; a recording that is over is 21220."""
    _, recording = _of_call(request)
    status = request.params.choice("Status", ("in-progress", "paused", "stopped"))
    behavior = request.params.choice("PauseBehavior", BEHAVIORS, "silence")
    if not status:
        raise invalid("Status", "")
    if not recording.running:
        raise TwilioError(21220, message="Recording is not in-progress. Cannot update.")
    if status == "paused":
        recording.pause(behavior)
    elif status == "in-progress":
        recording.resume()
    else:
        recording.stop()
    return wire.call_recording(recording)


def delete_of_call(request: Request) -> None:
    _delete(request, _of_call(request)[1])


def _delete(request: Request, recording: Recording) -> None:
    if recording.running:
        raise invalid("Sid", "a recording under way cannot be deleted")
    recording.deleted = True
    del request.net.recordings[recording.sid]


def list_of_call(request: Request) -> dict[str, Any]:
    call = found_call(request, request.path["call"])
    items = [r for r in reversed(call.recordings) if not r.deleted]
    return page(request, "recordings", _dated(request, items), wire.call_recording, lambda r: r.sid)


def _dated(request: Request, items: list[Recording]) -> list[Recording]:
    for suffix in ("", "<", ">"):
        if text := request.params.text("DateCreated" + suffix):
            try:
                start, end = parse_moment(text)
            except ValueError as error:
                raise invalid("DateCreated" + suffix, text) from error
            low, high = (start, 1e18) if suffix == ">" else (0, end) if suffix == "<" else (start, end)
            items = [r for r in items if low <= r.created < high]
    return items


def found(request: Request) -> Recording:
    recording = request.net.recordings.get(request.path["sid"])
    if recording is None or recording.account is not request.account:
        raise not_found(request.web.path)
    return recording


def fetch(request: Request) -> dict[str, Any]:
    return wire.recording(found(request))


def delete(request: Request) -> None:
    _delete(request, found(request))


def listing(request: Request) -> dict[str, Any]:
    call, conference = request.params.text("CallSid"), request.params.text("ConferenceSid")
    items = [
        r
        for r in reversed(request.net.recordings.values())
        if r.account is request.account
        and (not call or (r.call is not None and r.call.sid == call))
        and (not conference or (r.conference is not None and r.conference.sid == conference))
    ]
    return page(request, "recordings", _dated(request, items), wire.recording, lambda r: r.sid)


async def audio(request: Request) -> web.StreamResponse:
    """The file. Not there before the recording is completed."""
    recording = found(request)
    channels = request.params.integer("RequestedChannels", recording.channels, 1, 2)
    if recording.status != "completed":
        raise not_found(request.web.path)
    extension = request.path.get("extension") or ".wav"
    wav = await asyncio.to_thread(media.wav, recording, channels)
    if extension == ".mp3":
        return web.Response(body=await asyncio.to_thread(media.mp3, wav), content_type="audio/mpeg")
    return web.Response(body=wav, content_type="audio/x-wav")


_DATES = frozenset({"DateCreated", "DateCreated<", "DateCreated>"})
_CREATE = frozenset({
    "RecordingChannels", "RecordingTrack", "RecordingStatusCallback", "RecordingStatusCallbackMethod",
    "RecordingStatusCallbackEvent", "Trim",
})  # fmt: skip

ROUTES = (
    Route("POST", "/Calls/{call}/Recordings.json", create, _CREATE, 201),
    Route("GET", "/Calls/{call}/Recordings.json", list_of_call, _DATES, listing=True),
    Route("GET", "/Calls/{call}/Recordings/{sid}.json", fetch_of_call),
    Route("POST", "/Calls/{call}/Recordings/{sid}.json", update, frozenset({"Status", "PauseBehavior"})),
    Route("DELETE", "/Calls/{call}/Recordings/{sid}.json", delete_of_call, status=204),
    Route("GET", "/Recordings.json", listing, _DATES | {"CallSid", "ConferenceSid"}, listing=True),
    Route("GET", "/Recordings/{sid}.json", fetch),
    Route("DELETE", "/Recordings/{sid}.json", delete, status=204),
    # Twilio's media, which its description of the API leaves out: the recording's URI with another ending, or none.
    Route("GET", "/Recordings/{sid:RE[0-9a-f]{32}}{extension:" + MEDIA + "}", audio, frozenset({"RequestedChannels"})),
)

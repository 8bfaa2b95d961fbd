"""Twilio's JSON: one function per resource, every field of its description, in its types and formats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .clock import rfc2822
from .identity import COUNTRIES, MOBILE, formatted

if TYPE_CHECKING:
    from .call import Call
    from .conference import Conference, Participation
    from .messages import Message
    from .network import Account, Number
    from .recordings import Recording

VERSION = "2010-04-01"


def base(account: Account) -> str:
    return f"/{VERSION}/Accounts/{account.sid}"


def account(item: Account) -> dict[str, Any]:
    names = (
        "available_phone_numbers", "calls", "conferences", "incoming_phone_numbers", "messages", "recordings",
    )  # fmt: skip
    paths = {name: "".join(word.capitalize() for word in name.split("_")) for name in names}
    return {
        "sid": item.sid,
        "auth_token": item.auth_token,
        "friendly_name": item.friendly_name,
        "owner_account_sid": item.owner_sid,
        "status": item.status,
        "type": "Full",
        "date_created": rfc2822(item.created),
        "date_updated": rfc2822(item.updated),
        "uri": f"{base(item)}.json",
        "subresource_uris": {name: f"{base(item)}/{path}.json" for name, path in paths.items()},
    }


def call(item: Call) -> dict[str, Any]:
    uri = f"{base(item.account)}/Calls/{item.sid}"
    duration = item.duration
    return {
        "sid": item.sid,
        "account_sid": item.account.sid,
        "parent_call_sid": item.parent.sid if item.parent else None,
        "phone_number_sid": item.number_sid or None,
        "to": item.to,
        "to_formatted": formatted(item.to),
        "from": item.from_,
        "from_formatted": formatted(item.from_),
        "status": "queued" if item.status == "initiated" else item.status,
        "start_time": rfc2822(item.answered or item.dialled),
        "end_time": rfc2822(item.ended),
        "duration": None if duration is None else str(duration),
        "price": None,
        "price_unit": "USD",
        "direction": item.direction,
        "answered_by": item.answered_by or None,
        "api_version": VERSION,
        "forwarded_from": None,
        "group_sid": None,
        "caller_name": None,
        "queue_time": "0",
        "trunk_sid": None,
        "date_created": rfc2822(item.created),
        "date_updated": rfc2822(item.updated),
        "uri": f"{uri}.json",
        "subresource_uris": {
            name: f"{uri}/{path}.json"
            for name, path in {
                "events": "Events", "notifications": "Notifications", "payments": "Payments",
                "recordings": "Recordings", "siprec": "Siprec", "streams": "Streams",
                "transcriptions": "Transcriptions", "user_defined_messages": "UserDefinedMessages",
                "user_defined_message_subscriptions": "UserDefinedMessageSubscriptions",
            }.items()
        },
    }  # fmt: skip


def _recording(item: Recording) -> dict[str, Any]:
    return {
        "sid": item.sid,
        "account_sid": item.account.sid,
        "call_sid": item.call.sid if item.call else None,
        "conference_sid": item.conference.sid if item.conference else None,
        "api_version": VERSION,
        "date_created": rfc2822(item.created),
        "date_updated": rfc2822(item.updated),
        "start_time": rfc2822(item.started),
        "duration": None if item.ended is None else str(round(item.seconds)),
        "price": None,
        "price_unit": "USD",
        "encryption_details": None,
        "status": item.status,
        "channels": item.channels,
        "source": item.source,
        "error_code": None,
    }


def call_recording(item: Recording) -> dict[str, Any]:
    assert item.call is not None
    uri = f"{base(item.account)}/Calls/{item.call.sid}/Recordings/{item.sid}.json"
    return _recording(item) | {"uri": uri, "track": item.track}


def conference_recording(item: Recording) -> dict[str, Any]:
    assert item.conference is not None
    uri = f"{base(item.account)}/Conferences/{item.conference.sid}/Recordings/{item.sid}.json"
    return _recording(item) | {"uri": uri}


def recording(item: Recording) -> dict[str, Any]:
    uri = f"{base(item.account)}/Recordings/{item.sid}"
    return _recording(item) | {
        "uri": f"{uri}.json",
        "media_url": item.url,
        "subresource_uris": {
            "add_on_results": f"{uri}/AddOnResults.json",
            "transcriptions": f"{uri}/Transcriptions.json",
        },
    }


def conference(item: Conference) -> dict[str, Any]:
    uri = f"{base(item.account)}/Conferences/{item.sid}"
    answer = {
        "sid": item.sid,
        "account_sid": item.account.sid,
        "friendly_name": item.name,
        "status": item.status,
        "region": "us1",
        "api_version": VERSION,
        "date_created": rfc2822(item.created),
        "date_updated": rfc2822(item.updated),
        "call_sid_ending_conference": item.ended_by or None,
        "uri": f"{uri}.json",
        "subresource_uris": {
            "participants": f"{uri}/Participants.json",
            "recordings": f"{uri}/Recordings.json",
        },
    }
    return answer | ({"reason_conference_ended": item.reason_ended} if item.reason_ended else {})


def participant(item: Participation, status: str = "connected") -> dict[str, Any]:
    uri = f"{base(item.call.account)}/Conferences/{item.conference.sid}/Participants/{item.call.sid}.json"
    return {
        "account_sid": item.call.account.sid,
        "call_sid": item.call.sid,
        "conference_sid": item.conference.sid,
        "label": item.label or None,
        "call_sid_to_coach": item.coached or None,
        "coaching": bool(item.coached),
        "muted": item.muted,
        "hold": item.hold,
        "start_conference_on_enter": item.start_on_enter,
        "end_conference_on_exit": item.end_on_exit,
        "status": status,
        "queue_time": None,
        "date_created": rfc2822(item.created),
        "date_updated": rfc2822(item.updated),
        "uri": uri,
    }


def message(item: Message) -> dict[str, Any]:
    uri = f"{base(item.account)}/Messages/{item.sid}"
    return {
        "sid": item.sid,
        "account_sid": item.account.sid,
        "api_version": VERSION,
        "body": item.body,
        "num_segments": str(item.segments),
        "num_media": str(len(item.media)),
        "direction": item.direction,
        "from": item.from_,
        "to": item.to,
        "status": item.status,
        "price": None,
        "price_unit": "USD",
        "error_code": item.error_code,
        "error_message": item.error_message,
        "messaging_service_sid": None,
        "date_created": rfc2822(item.created),
        "date_updated": rfc2822(item.updated),
        "date_sent": rfc2822(item.sent),
        "uri": f"{uri}.json",
        "subresource_uris": {"media": f"{uri}/Media.json"},
    }


CAPABILITIES = {"voice": True, "sms": True, "mms": True, "fax": False}


def number(item: Number) -> dict[str, Any]:
    config = item.config

    def url(name: str) -> str | None:
        return config.get(name) or None

    return {
        "sid": item.sid,
        "account_sid": item.account.sid,
        "phone_number": item.number,
        "friendly_name": item.friendly_name,
        "api_version": VERSION,
        "beta": False,
        "origin": "twilio",
        "status": "in-use",
        "type": _type(item.number),
        "capabilities": CAPABILITIES,
        "address_sid": config.get("AddressSid"),
        "address_requirements": "any" if item.number.startswith(NEED_ADDRESS) else "none",
        "bundle_sid": config.get("BundleSid"),
        "identity_sid": None,
        "trunk_sid": None,
        "emergency_status": "Inactive",
        "emergency_address_sid": None,
        "emergency_address_status": "unregistered",
        "voice_receive_mode": "voice",
        "voice_application_sid": None,
        "voice_caller_id_lookup": False,
        "voice_url": url("VoiceUrl"),
        "voice_method": config.get("VoiceMethod", "POST"),
        "voice_fallback_url": url("VoiceFallbackUrl"),
        "voice_fallback_method": config.get("VoiceFallbackMethod", "POST"),
        "sms_application_sid": None,
        "sms_url": url("SmsUrl"),
        "sms_method": config.get("SmsMethod", "POST"),
        "sms_fallback_url": url("SmsFallbackUrl"),
        "sms_fallback_method": config.get("SmsFallbackMethod", "POST"),
        "status_callback": url("StatusCallback"),
        "status_callback_method": config.get("StatusCallbackMethod", "POST"),
        "date_created": rfc2822(item.created),
        "date_updated": rfc2822(item.updated),
        "uri": f"{base(item.account)}/IncomingPhoneNumbers/{item.sid}.json",
    }


def _type(number: str) -> str:
    if number.startswith("+1"):
        return "tollfree" if number[2:5] in TOLL_FREE else "local"
    mobile = tuple(f"+{COUNTRIES[country][0]}{start}" for country, start in MOBILE.items())
    return "mobile" if number.startswith(mobile) else "local"


NEED_ADDRESS = ("+61",)  # countries whose numbers are sold only to who has an address: a sample of Twilio's list
TOLL_FREE = ("800", "833", "844", "855", "866", "877", "888")


def available(number: str, country: str, region: str, locality: str) -> dict[str, Any]:
    return {
        "phone_number": number,
        "friendly_name": formatted(number),
        "lata": None,
        "locality": locality or None,
        "rate_center": locality.upper() or None,
        "latitude": None,
        "longitude": None,
        "region": region or None,
        "postal_code": None,
        "iso_country": country,
        "address_requirements": "any" if number.startswith(NEED_ADDRESS) else "none",
        "beta": False,
        "capabilities": CAPABILITIES,
    }

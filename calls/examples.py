"""What the API description shows of calls, queues and agents: one coherent afternoon."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

_CUSTOMER, _OURS, _ANN = "+14155550142", "+16285550100", "+15105550111"
_QUEUE = {"id": "0199c0de-0000-7000-8000-000000000001", "name": "Support"}
_AGENT = {"id": "0199c0de-0000-7000-8000-000000000002", "name": "Ann"}
_CALL_ID = "0199c0de-0000-7000-8000-000000000003"
_PROMPT_ID = "0199c0de-0000-7000-8000-00000000000b"
_RECORDING_ID = "0199c0de-0000-7000-8000-000000000006"

_CALL: dict[str, Any] = {
    "id": _CALL_ID,
    "direction": "outbound",
    "from_number": _OURS,
    "to_number": _CUSTOMER,
    "status": "completed",
    "phase": "over",
    "disposition": "answered",
    "failure_reason": "",
    "hung_up_by": "customer",
    "queue": _QUEUE,
    "agent": _AGENT,
    "record": True,
    "recording_paused": False,
    "original_id": None,
    "status_callback_url": "",
    "created_at": "2026-03-02T14:00:00.120000Z",
    "answered_at": "2026-03-02T14:00:06Z",
    "ended_at": "2026-03-02T14:02:31Z",
    "ring_seconds": 6,
    "wait_seconds": 9,
    "talk_seconds": 136,
    "hold_seconds": 0,
    "wrap_up_seconds": 15,
    "duration_seconds": 145,
}


def _leg(number: int, role: str, to: str, agent: dict[str, str] | None, answered: str, accepted: str | None) -> Any:
    return {
        "id": f"0199c0de-0000-7000-8000-00000000000{number}",
        "role": role,
        "transfer": "",
        "mode": "",
        "status": "completed",
        "from_number": _OURS,
        "to_number": to,
        "agent": agent,
        "failure_reason": "",
        "created_at": "2026-03-02T14:00:00.120000Z" if role == "customer" else "2026-03-02T14:00:06.300000Z",
        "answered_at": answered,
        "accepted_at": accepted,
        "ended_at": "2026-03-02T14:02:31Z",
        "wrap_up_seconds": 15 if agent else 0,
    }


_LEGS = [
    _leg(4, "customer", _CUSTOMER, None, "2026-03-02T14:00:06Z", None),
    _leg(5, "agent", _ANN, _AGENT, "2026-03-02T14:00:12Z", "2026-03-02T14:00:15Z"),
]

FINISHED_CALL = OpenApiExample("A finished call", _CALL)
_CONSENT = {
    "mode": "require",
    "wording": "May we record this call? Press 1, or say yes.",
    "answer": "yes",
    "answered_at": "2026-03-02T14:00:09Z",
}
CALL_IN_DETAIL = OpenApiExample("A finished call", {**_CALL, "consent": _CONSENT, "erased_at": None, "legs": _LEGS})
NOTE = OpenApiExample(
    "A note",
    {
        "id": "0199c0de-0000-7000-8000-000000000007",
        "text": "Wants to be called back on Monday.",
        "author_name": "ann@example.com",
        "created_at": "2026-03-02T14:03:10.400000Z",
    },
)
RECORDING = OpenApiExample(
    "A fetched recording",
    {
        "id": _RECORDING_ID,
        "erased_at": None,
        "status": "completed",
        "channels": ["customer", "agent"],
        "started_at": "2026-03-02T14:00:06Z",
        "duration_seconds": 145,
        "media": "done",
        "size": 4640044,
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "audio_url": f"https://voice.example.com/api/v1/calls/{_CALL_ID}/recordings/{_RECORDING_ID}/audio",
    },
)
QUEUE = OpenApiExample(
    "A queue",
    {
        **_QUEUE,
        "is_default": True,
        "strategy": "skills",
        "skills": ["billing"],
        "skills_timeout_seconds": 120,
        "ring_timeout_seconds": 20,
        "wrap_up_seconds": 15,
        "max_wait_seconds": 600,
        "max_size": 50,
        "overflow_route": {"type": "voicemail", "target_id": _QUEUE["id"]},
        "service_level_seconds": 20,
        "short_abandon_seconds": 5,
        "announce_position": True,
        "announce_wait": True,
        "offers_callback": True,
        "music_id": _PROMPT_ID,
        "voicemail_greeting": "Please leave us a message.",
        "voicemail_prompt_id": None,
        "created_at": "2026-01-05T09:00:00Z",
    },
)
AGENT = OpenApiExample(
    "An agent in conversation",
    {
        **_AGENT,
        "endpoint": _ANN,
        "user_id": "0199c0de-0000-7000-8000-000000000008",
        "press_to_accept": True,
        "state": "busy",
        "state_reason": "",
        "state_since": "2026-03-02T14:00:15Z",
        "wrap_up_until": None,
        "queues": [_QUEUE],
        "skills": {"billing": 8, "french": 5},
        "missed_limit": 3,
        "voicemail_greeting": "",
        "voicemail_prompt_id": None,
        "created_at": "2026-01-05T09:00:00Z",
    },
)
STATE_CHANGE = OpenApiExample(
    "Gone for lunch", {"state": "break", "reason": "lunch", "since": "2026-03-02T12:00:03.512000Z"}
)
VOICE_TOKEN = OpenApiExample(
    "A token of one hour",
    {
        "token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImN0eSI6InR3aWxpby1mcGE7dj0xIn0.eyJqdGkiOiIuLi4ifQ.c2lnbmF0dXJl",
        "identity": "ann",
        "expires_at": "2026-03-02T15:00:00Z",
    },
)
PROMPT = OpenApiExample(
    "Music to wait by",
    {
        "id": _PROMPT_ID,
        "name": "Waiting music",
        "content_type": "audio/mpeg",
        "duration_seconds": 95,
        "size": 760_832,
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "audio_url": f"https://voice.example.com/api/v1/prompts/{_PROMPT_ID}/audio",
        "created_at": "2026-01-05T09:00:00Z",
    },
)
_MENU: dict[str, Any] = {
    "name": "Main menu",
    "greeting": "For sales, press 1 or say sales. For support, press 2.",
    "input": "dtmf speech",
    "options": [
        {
            "digits": "1",
            "phrases": ["sales", "new order"],
            "route": {"type": "queue", "target_id": _QUEUE["id"], "priority": 10},
        },
        {"digits": "2", "phrases": [], "route": {"type": "agent", "target_id": _AGENT["id"]}},
    ],
    "fallback_route": {"type": "voicemail", "target_id": None},
}
IVR_MENU = OpenApiExample(
    "A menu",
    {
        "id": "0199c0de-0000-7000-8000-00000000000d",
        **_MENU,
        "prompt_id": None,
        "language": "en-US",
        "timeout_seconds": 5,
        "no_input_retries": 2,
        "invalid_retries": 2,
        "no_input_text": "",
        "invalid_text": "",
        "created_at": "2026-01-05T09:00:00Z",
    },
)
_HOURS: dict[str, Any] = {
    "name": "Office",
    "timezone": "America/New_York",
    "weekly": {
        "monday": [["09:00", "17:30"]],
        "friday": [["09:00", "12:00"], ["13:00", "17:00"]],
        "saturday": [["20:00", "24:00"]],
    },
    "holidays_country": "US",
    "holidays_subdivision": "NY",
    "exceptions": [{"date": "2026-12-24", "name": "Christmas Eve", "open": [["09:00", "12:00"]]}],
    "closed_route": {"type": "voicemail", "target_id": None},
}
BUSINESS_HOURS = OpenApiExample(
    "Office hours",
    {"id": "0199c0de-0000-7000-8000-00000000000e", **_HOURS, "created_at": "2026-01-05T09:00:00Z"},
)
BUSINESS_STATUS = OpenApiExample(
    "Christmas Eve, in the afternoon", {"open": False, "reason": "exception", "at": "2026-12-24T19:00:00Z"}
)
WRAP_UP_CODE = OpenApiExample(
    "A code",
    {
        "id": "0199c0de-0000-7000-8000-00000000000c",
        "code": "sold",
        "label": "Sold something",
        "active": True,
        "created_at": "2026-01-05T09:00:00Z",
    },
)

PLACE_CALL = OpenApiExample("A call", {"from_number": _OURS, "to_number": _CUSTOMER})
PLACE_CALL_WITH_EVERYTHING = OpenApiExample(
    "A recorded call through a queue",
    {
        "from_number": _OURS,
        "to_number": _CUSTOMER,
        "record": True,
        "queue_id": _QUEUE["id"],
        "status_callback_url": "https://crm.example.com/hooks/calls",
    },
)
TRANSFER_TO_AGENT = OpenApiExample(
    "A warm transfer to an agent", {"target_agent_id": _AGENT["id"], "transfer_type": "warm"}
)
MONITOR = OpenApiExample("To listen", {"mode": "listen", "endpoint": _ANN})
TRANSFER = OpenApiExample("A cold transfer", {"target_number": "+12125550199", "transfer_type": "cold"})
DISPOSITION = OpenApiExample("A word of yours", {"disposition": "sold"})
WRITE_NOTE = OpenApiExample("A note", {"text": "Wants to be called back on Monday."})
WRITE_QUEUE = OpenApiExample("A queue", {"name": "Support", "ring_timeout_seconds": 20, "max_wait_seconds": 600})
WRITE_QUEUE_WITH_MORE = OpenApiExample(
    "A queue of experts, with a way out",
    {
        "name": "Billing",
        "strategy": "skills",
        "skills": ["billing"],
        "skills_timeout_seconds": 120,
        "max_size": 50,
        "overflow_route": {"type": "queue", "target_id": _QUEUE["id"], "priority": 5},
        "offers_callback": True,
    },
)
WRITE_AGENT = OpenApiExample(
    "An agent", {"name": "Ann", "endpoint": _ANN, "queue_ids": [_QUEUE["id"]], "skills": {"billing": 8, "french": 5}}
)
UPLOAD_PROMPT = OpenApiExample(
    "Music to wait by", {"name": "Waiting music", "file": "music.mp3"}, media_type="multipart/form-data"
)
RENAME_PROMPT = OpenApiExample("Another name", {"name": "Waiting music"})
WRITE_WRAP_UP_CODE = OpenApiExample("A code", {"code": "sold", "label": "Sold something"})
WRITE_IVR_MENU = OpenApiExample("A menu", _MENU)
WRITE_BUSINESS_HOURS = OpenApiExample("Office hours", _HOURS)
PRESENCE = OpenApiExample("A break", {"state": "break", "reason": "lunch"})

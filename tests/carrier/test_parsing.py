from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zerovoice.carrier import parsing

CALL = {
    "CallSid": "CA1", "AccountSid": "AC1", "CallStatus": "no-answer", "SequenceNumber": "2", "CallDuration": "0",
    "Duration": "1", "Timestamp": "Mon, 23 Nov 2026 03:49:05 +0000", "Direction": "outbound-api",
    "From": "+15550001111", "To": "+15550002222", "ParentCallSid": "CA0", "AnsweredBy": "machine_end_beep",
    "SipResponseCode": "487", "ErrorCode": "13227",
}  # fmt: skip


def test_a_call_status_callback():
    notice = parsing.call_notice(CALL)
    assert notice == parsing.CallNotice(
        sid="CA1", status="no_answer", sequence=2, at=datetime(2026, 11, 23, 3, 49, 5, tzinfo=UTC), duration_seconds=0,
        direction="outbound", to="+15550002222", from_="+15550001111", parent_sid="CA0", answered_by="machine",
        error_code=13227, sip_code=487, raw=CALL,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("queued", "queued"), ("initiated", "initiated"), ("ringing", "ringing"), ("in-progress", "in_progress"),
     ("completed", "completed"), ("busy", "busy"), ("no-answer", "no_answer"), ("canceled", "canceled"),
     ("failed", "failed"), ("levitating", "unknown"), ("", "unknown")],
)  # fmt: skip
def test_call_status(theirs, ours):
    assert parsing.call_notice({"CallStatus": theirs}).status == ours


def test_a_conference_event():
    notice = parsing.conference_notice(
        {"ConferenceSid": "CF1", "FriendlyName": "call-1", "StatusCallbackEvent": "participant-leave", "CallSid": "CA1",
         "SequenceNumber": "7", "Timestamp": "Mon, 23 Nov 2026 03:49:05 +0000", "ReasonParticipantLeft": "hung_up"}
    )  # fmt: skip
    assert (notice.sid, notice.name, notice.event, notice.call_sid, notice.sequence, notice.reason) == (
        "CF1", "call-1", "leave", "CA1", 7, "hung_up",
    )  # fmt: skip


def test_a_recording_callback():
    notice = parsing.recording_notice(
        {"RecordingSid": "RE1", "CallSid": "CA1", "RecordingStatus": "completed", "RecordingDuration": "12",
         "RecordingChannels": "2", "RecordingStartTime": "Mon, 23 Nov 2026 03:49:05 +0000", "RecordingUrl": "https://x"}
    )  # fmt: skip
    assert (notice.sid, notice.status, notice.duration_seconds, notice.channels, notice.url) == (
        "RE1", "completed", 12, 2, "https://x",
    )  # fmt: skip
    assert notice.started_at == datetime(2026, 11, 23, 3, 49, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["2026-11-23T03:49:05Z", "2026-11-23T04:49:05+01:00", "Mon, 23 Nov 2026 03:49:05 +0000",
             "Sun, 22 Nov 2026 19:49:05 -0800", "Mon, 23 Nov 2026 03:49:05 GMT"],
)  # fmt: skip
def test_every_spelling_of_a_moment_is_utc(text):
    assert parsing.moment(text) == datetime(2026, 11, 23, 3, 49, 5, tzinfo=UTC)
    assert parsing.moment(text).utcoffset().total_seconds() == 0


NAMES = [
    *CALL, "ConferenceSid", "StatusCallbackEvent", "RecordingStatus", "RecordingDuration", "RecordingStartTime",
    "RecordingChannels",
]  # fmt: skip


@given(st.dictionaries(st.sampled_from(NAMES), st.text()))
def test_nothing_that_the_carrier_sends_is_an_exception(payload):
    parsing.call_notice(payload)
    parsing.conference_notice(payload)
    parsing.recording_notice(payload)

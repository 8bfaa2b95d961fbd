"""Everything the gateway sends, as a server sees it."""

import base64
from datetime import timedelta

import pytest

from tests.carrier import openapi
from tests.carrier.conftest import TOKEN
from tests.carrier.http_server import Reply, answer
from zerovoice.carrier import gateway
from zerovoice.carrier.errors import Ambiguous, Unavailable
from zerovoice.carrier.models import CarrierAccount
from zerovoice.carrier.results import NumberAddresses
from zerovoice.lib import clock

pytestmark = pytest.mark.django_db

CA, RE, PN, SK, SM, ME = (prefix + "0" * 32 for prefix in ("CA", "RE", "PN", "SK", "SM", "ME"))

CREATE = {
    "to": "+15550002222", "from_": "+15550001111", "url": "https://x/a?b=1#rc=2", "status_callback": "https://x/s",
    "timeout_seconds": 30,
}  # fmt: skip
ADDRESSES = NumberAddresses("https://x/v", "https://x/f", "https://x/s", "https://x/m", "https://x/m")
BUY = {"phone_number": "+15550003333", "friendly_name": "Support", "addresses": ADDRESSES}
MESSAGE = {
    "to": "+15550002222", "from_": "+15550001111", "body": "Your table is ready.", "status_callback": "https://x/s",
}  # fmt: skip
PAPERS = {"address_sid": "AD" + "0" * 32, "bundle_sid": "BU" + "0" * 32}

EVERYTHING = [
    (lambda g: g.create_call(**CREATE), "CreateCall"),
    (lambda g: g.create_call(**CREATE, machine_detection=True, fallback_url="https://x/f"), "CreateCall"),
    (lambda g: g.fetch_call(sid=CA), "FetchCall"),
    (lambda g: g.find_calls(to="+1", from_="+2", started_after=clock.now()), "ListCall"),
    (lambda g: g.create_call(**CREATE, time_limit_seconds=590), "CreateCall"),
    (lambda g: g.limit_call(sid=CA, seconds=1190), "UpdateCall"),
    (lambda g: g.redirect_call(sid=CA, url="https://x/a"), "UpdateCall"),
    (lambda g: g._end(CA, "completed"), "UpdateCall"),
    (lambda g: g._end(CA, "canceled"), "UpdateCall"),
    (lambda g: g.start_recording(call_sid=CA, status_callback="https://x/r"), "CreateCallRecording"),
    (lambda g: g.list_recordings(call_sid=CA), "ListCallRecording"),
    (lambda g: g.fetch_recording(sid=RE), "FetchRecording"),
    (lambda g: g.pause_recording(call_sid=CA, sid=RE), "UpdateCallRecording"),
    (lambda g: g.resume_recording(call_sid=CA, sid=RE), "UpdateCallRecording"),
    (lambda g: g.stop_recording(call_sid=CA, sid=RE), "UpdateCallRecording"),
    (lambda g: g.delete_recording(sid=RE), "DeleteRecording"),
    (lambda g: g.delete_message(sid=SM), "DeleteMessage"),
    (lambda g: g.delete_media(message_sid=SM, sid=ME), "DeleteMedia"),
    (lambda g: g.buy_number(**BUY), "CreateIncomingPhoneNumber"),
    (lambda g: g.buy_number(**BUY, **PAPERS), "CreateIncomingPhoneNumber"),
    (lambda g: g.search_numbers(country="US", number_type="local", area_code="415"), "ListAvailablePhoneNumberLocal"),
    (lambda g: g.search_numbers(country="GB", number_type="mobile"), "ListAvailablePhoneNumberMobile"),
    (
        lambda g: g.search_numbers(country="US", number_type="toll_free", contains="*HOME"),
        "ListAvailablePhoneNumberTollFree",
    ),
    (lambda g: g.find_number(phone_number="+15550003333"), "ListIncomingPhoneNumber"),
    (lambda g: g.list_numbers(), "ListIncomingPhoneNumber"),
    (lambda g: g.update_number(sid=PN, friendly_name="", addresses=ADDRESSES), "UpdateIncomingPhoneNumber"),
    (lambda g: g.release_number(sid=PN), "DeleteIncomingPhoneNumber"),
    (lambda g: g.create_message(**MESSAGE), "CreateMessage"),
    (lambda g: g.create_message(**MESSAGE, media_urls=["https://x/a.png", "https://x/b.png"]), "CreateMessage"),
    (lambda g: g.fetch_message(sid=SM), "FetchMessage"),
    (lambda g: g.find_messages(to="+1", from_="+2", created_after=clock.now()), "ListMessage"),
    (lambda g: g.ping(), "FetchAccount"),
]


LISTS = {
    "Calls": "calls", "Recordings": "recordings", "IncomingPhoneNumbers": "incoming_phone_numbers",
    "Messages": "messages",
    "Local": "available_phone_numbers", "Mobile": "available_phone_numbers", "TollFree": "available_phone_numbers",
}  # fmt: skip


def sensible(seen):
    if seen.method == "DELETE":
        return Reply(204, b"")
    if seen.method == "GET" and (name := seen.path.rsplit("/", 1)[1].removesuffix(".json")) in LISTS:
        return answer({LISTS[name]: [], "page": 0, "next_page_uri": None})
    return answer({"sid": CA, "status": "active", "capabilities": {}})


@openapi.described
@pytest.mark.parametrize(("act", "operation"), EVERYTHING, ids=[name for _, name in EVERYTHING])
def test_each_request_is_one_that_twilio_describes(fake_carrier, fake_gateway, act, operation):
    fake_carrier.script = sensible
    act(fake_gateway)
    assert fake_carrier.seen
    assert [openapi.check(seen) for seen in fake_carrier.seen][-1] == operation


@openapi.described
def test_the_check_itself_can_fail(fake_carrier, fake_gateway):
    fake_carrier.script = sensible
    fake_gateway._client.calls(CA).update(status="levitating")
    fake_gateway._client.calls(CA).recordings(RE).update(status="paused", pause_behavior="silence")
    levitating, fine = fake_carrier.seen
    openapi.check(fine)
    with pytest.raises(Exception, match="levitating"):
        openapi.check(levitating)


def test_no_public_method_is_left_out():
    import inspect

    tried = inspect.getsource(inspect.getmodule(test_no_public_method_is_left_out))
    public = {name for name, _ in inspect.getmembers(gateway.Gateway, inspect.isfunction) if not name.startswith("_")}
    assert {name for name in public if f"g.{name}(" not in tried} == {
        "check", "end_call", "download_recording", "download_media",
    }  # fmt: skip


def test_a_call_is_created_as_asked(fake_carrier, fake_gateway, instance_account):
    fake_carrier.script = sensible
    fake_gateway.create_call(**CREATE)
    (seen,) = fake_carrier.seen
    assert seen.path == f"/2010-04-01/Accounts/{instance_account}/Calls.json"
    assert seen.form == {
        "To": ["+15550002222"], "From": ["+15550001111"], "Url": ["https://x/a?b=1#rc=2"], "Method": ["POST"],
        "StatusCallback": ["https://x/s"], "StatusCallbackMethod": ["POST"], "Timeout": ["30"],
        "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"],
    }  # fmt: skip


def test_recordings_have_two_channels_and_keep_the_calls_time(fake_carrier, fake_gateway):
    fake_carrier.script = sensible
    fake_gateway.start_recording(call_sid=CA, status_callback="https://x/r")
    assert fake_carrier.seen[-1].form["RecordingChannels"] == ["dual"]
    assert fake_carrier.seen[-1].form["Trim"] == ["do-not-trim"]
    fake_gateway.pause_recording(call_sid=CA, sid=RE)
    assert fake_carrier.seen[-1].form == {"Status": ["paused"], "PauseBehavior": ["silence"]}


def test_a_recording_that_runs_is_not_started_twice(fake_carrier, fake_gateway):
    running = {"sid": RE, "call_sid": CA, "status": "paused", "channels": 2, "duration": "-1"}
    fake_carrier.script = lambda seen: answer({"recordings": [running], "page": 0, "next_page_uri": None})
    found = fake_gateway.start_recording(call_sid=CA, status_callback="https://x/r")
    assert (found.sid, found.status, found.channels, found.duration_seconds) == (RE, "paused", 2, None)
    assert [seen.method for seen in fake_carrier.seen] == ["GET"]


def test_the_wav_is_asked_for_with_both_channels(fake_carrier, fake_gateway, instance_account):
    fake_carrier.script = lambda seen: Reply(200, b"RIFF" + b"\1" * 200_000, {"Content-Type": "audio/x-wav"})
    pieces = list(fake_gateway.download_recording(sid=RE, channels=2, chunk=65_536))
    assert b"".join(pieces) == b"RIFF" + b"\1" * 200_000
    assert max(map(len, pieces)) <= 65_536
    (seen,) = fake_carrier.seen
    assert seen.path == f"/2010-04-01/Accounts/{instance_account}/Recordings/{RE}.wav"
    assert seen.query == {"RequestedChannels": ["2"]}


def test_an_answer_that_makes_no_sense_is_an_error_of_ours(fake_carrier, fake_gateway):
    fake_carrier.script = lambda seen: Reply(200, b"{}")
    with pytest.raises(Ambiguous):
        fake_gateway.create_call(**CREATE)
    with pytest.raises(Unavailable):
        fake_gateway.list_numbers()


def who(seen):
    return base64.b64decode(seen.headers["Authorization"].removeprefix("Basic ")).decode()


def test_the_token_authenticates_where_there_is_no_api_key(fake_carrier, fake_gateway, instance_account):
    fake_carrier.script = sensible
    fake_gateway.fetch_call(sid=CA)
    assert who(fake_carrier.seen[0]) == f"{instance_account}:{TOKEN}"


def test_an_api_key_is_preferred_but_may_not_read_the_account(fake_carrier, instance_account, settings):
    settings.TWILIO_API_KEY_SID, settings.TWILIO_API_KEY_SECRET = SK, "key secret"
    fake_carrier.script = sensible
    with_key = gateway.for_account_sid(instance_account)
    with_key.fetch_call(sid=CA)
    list(with_key.download_recording(sid=RE, channels=2))
    with_key.ping()
    assert [who(seen) for seen in fake_carrier.seen] == [f"{SK}:key secret"] * 2 + [f"{instance_account}:{TOKEN}"]


def test_an_organisations_account_is_spoken_to_with_its_own_credentials(fake_carrier, organization_id):
    sid = "AC" + "1f" * 16
    CarrierAccount.objects.create(organization_id=organization_id, account_sid=sid, auth_token="their token")
    fake_carrier.script = sensible
    gateway.for_organization(organization_id).create_call(**CREATE)
    (seen,) = fake_carrier.seen
    assert who(seen) == f"{sid}:their token"
    assert seen.path.startswith(f"/2010-04-01/Accounts/{sid}/")


def test_changed_credentials_are_used_at_once(fake_carrier, instance_account, settings):
    fake_carrier.script = sensible
    gateway.for_account_sid(instance_account).fetch_call(sid=CA)
    settings.TWILIO_AUTH_TOKEN = "rotated"
    gateway.for_account_sid(instance_account).fetch_call(sid=CA)
    assert [who(seen) for seen in fake_carrier.seen] == [f"{instance_account}:{TOKEN}", f"{instance_account}:rotated"]


def test_region_and_edge_are_part_of_the_host(instance_account, settings):
    settings.TWILIO_REGION, settings.TWILIO_EDGE, settings.TWILIO_API_URL = "ie1", "dublin", ""
    client = gateway.for_account_sid(instance_account)._client
    assert (
        client.get_hostname("https://api.twilio.com/2010-04-01/x") == "https://api.dublin.ie1.twilio.com/2010-04-01/x"
    )


@pytest.mark.parametrize(
    "host", ["api.twilio.com", "api.dublin.ie1.twilio.com", "voice.twilio.com", "lookups.twilio.com"]
)
def test_every_host_of_twilios_can_be_redirected(fake_gateway, fake_carrier, host):
    assert fake_gateway._http.redirected(f"https://{host}/v1/a?b=c%20d") == f"{fake_carrier.url}/v1/a?b=c%20d"


def test_calls_are_looked_for_from_the_newest_back(fake_carrier, fake_gateway):
    def call(sid, minutes):
        made = clock.now() - timedelta(minutes=minutes)
        return {"sid": sid, "status": "ringing", "date_created": made.strftime("%a, %d %b %Y %H:%M:%S +0000")}

    calls = [call("CA3", 0), call("CA2", 1), call("CA1", 60), call("CA0", 0)]
    fake_carrier.script = lambda seen: answer({"calls": calls, "page": 0, "next_page_uri": None})
    since = clock.now() - timedelta(minutes=5)
    assert [found.sid for found in fake_gateway.find_calls(to="+1", from_="+2", started_after=since)] == ["CA3", "CA2"]
    assert fake_carrier.seen[0].query == {"To": ["+1"], "From": ["+2"], "PageSize": ["50"]}

import xml.etree.ElementTree as ET

import pytest

from tests.carrier.conftest import TOKEN
from tests.carrier.signing import post, signature
from zerovoice.carrier import receipts, webhooks
from zerovoice.carrier.models import CarrierAccount, Receipt
from zerovoice.lib.ids import new_id

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.carrier.webhook_urls")]

PUBLIC_URL = "https://voice.example.com"


@pytest.fixture(autouse=True)
def known_kind(monkeypatch, settings, instance_account):
    monkeypatch.setitem(receipts._handlers, "call", lambda receipt: None)
    settings.PUBLIC_URL = PUBLIC_URL


@pytest.fixture
def send(client, instance_account):
    """Posts a notice; every part of it can be made wrong."""

    def send(form=None, *, path="", token=TOKEN, account_sid=instance_account, **options):
        path = path or f"/webhooks/twilio/notices/call/{new_id()}"
        form = {"AccountSid": account_sid, "CallSid": "CA1"} if form is None else form
        return post(client, path, form, token=token, public_url=options.pop("public_url", PUBLIC_URL), **options)

    return send


def refused(response):
    assert response.status_code == 403
    assert response.json() == {
        "error": "Forbidden",
        "code": "forbidden",
        "details": {"field": None, "message": "The signature is missing or wrong"},
    }
    assert not Receipt.objects.exists()
    return True


def test_a_notice_is_kept_before_it_is_answered(send, instance_account):
    ref = new_id()
    form = {"AccountSid": instance_account, "CallSid": "CA1", "CallStatus": "ringing", "To": " +1555 ", "Empty": ""}
    response = send(form, path=f"/webhooks/twilio/notices/call/{ref}")
    assert (response.status_code, response.content) == (204, b"")
    receipt = Receipt.objects.get()
    assert (receipt.kind, receipt.ref, receipt.account_sid, receipt.payload) == ("call", ref, instance_account, form)


def test_repeated_parameters_blanks_and_other_scripts_are_part_of_the_signature(send, instance_account):
    form = [
        ("AccountSid", instance_account), ("Body", "  two  blanks "), ("Body", "b"), ("Body", "a"), ("Ü", "ñ😀"),
        ("Empty", ""), ("Plus", "+1 555&=%"),
    ]  # fmt: skip
    assert send(form).status_code == 204


@pytest.mark.parametrize("query", ["?a=1&a=2&b=%20x%20", "?q=a+b%2Bc", "?empty=&x"])
def test_the_query_is_part_of_the_signature(send, query):
    path = f"/webhooks/twilio/notices/call/{new_id()}"
    assert send(path=path + query).status_code == 204
    assert send(path=path + query, signed_path=path).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"token": "another token"},
        {"public_url": "https://attacker.example"},
        {"public_url": "http://voice.example.com"},
        {"signed_path": "/webhooks/twilio/notices/call/0190c0de-0000-7000-8000-000000000000"},
        {"account_sid": "AC" + "00" * 16},
        {"account_sid": ""},
    ],
)
def test_wrongly_signed_or_addressed_notices_change_nothing(send, wrong):
    assert refused(send(**wrong))


def test_an_altered_form_is_refused(client, instance_account):
    path = f"/webhooks/twilio/notices/call/{new_id()}"
    signed = signature(PUBLIC_URL + path, [("AccountSid", instance_account), ("CallStatus", "busy")], TOKEN)
    for form in (
        {"AccountSid": instance_account, "CallStatus": "completed"},
        {"AccountSid": instance_account, "CallStatus": "busy", "More": "x"},
        {"AccountSid": instance_account},
    ):
        assert refused(client.post(path, form, headers={"X-Twilio-Signature": signed}))


@pytest.mark.parametrize("header", [None, "", "x", "Ω", "=" * 28])
def test_unsigned_notices_are_refused(client, instance_account, header):
    headers = {} if header is None else {"X-Twilio-Signature": header}
    path = f"/webhooks/twilio/notices/call/{new_id()}"
    assert refused(client.post(path, {"AccountSid": instance_account}, headers=headers))


def test_without_a_token_nothing_is_accepted(send, settings):
    settings.TWILIO_AUTH_TOKEN = ""
    assert refused(send(token=""))


def test_an_organisations_own_account_signs_with_its_own_token(send, organization_id, instance_account):
    sid = "AC" + "1f" * 16
    account = CarrierAccount.objects.create(organization_id=organization_id, account_sid=sid, auth_token="their token")
    assert refused(send(account_sid=sid, token=TOKEN))
    assert refused(send(account_sid=instance_account, token="their token"))
    assert send(account_sid=sid, token="their token").status_code == 204
    Receipt.objects.all().delete()
    account.active = False
    account.save()
    assert refused(send(account_sid=sid, token="their token"))


def test_the_carriers_token_tells_a_repeated_delivery(send, instance_account):
    path = f"/webhooks/twilio/notices/call/{new_id()}"
    for token in ("t1", "t1", "t2"):
        assert send(path=path, **{"I-Twilio-Idempotency-Token": token}).status_code == 204
    assert Receipt.objects.count() == 2


def test_without_a_token_the_notice_itself_tells(send, instance_account):
    path = f"/webhooks/twilio/notices/call/{new_id()}"
    for status, sequence in (("ringing", "1"), ("ringing", "1"), ("in-progress", "2"), ("completed", "3")):
        form = {
            "AccountSid": instance_account, "CallSid": "CA1", "CallStatus": status, "SequenceNumber": sequence,
        }  # fmt: skip
        assert send(form, path=path).status_code == 204
    assert Receipt.objects.count() == 3


def test_a_notice_of_a_kind_that_nobody_handles_is_not_found(send):
    assert send(path=f"/webhooks/twilio/notices/nonsense/{new_id()}").status_code == 404
    assert not Receipt.objects.exists()


def test_notices_are_posted(client):
    response = client.get(f"/webhooks/twilio/notices/call/{new_id()}")
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")


def test_a_null_character_does_not_stop_a_notice(send, instance_account):
    assert send({"AccountSid": instance_account, "Body": "a\0b"}).status_code == 204
    assert Receipt.objects.get().payload["Body"] == "ab"


def test_an_instruction_is_answered_with_twiml(client, instance_account):
    form = {"AccountSid": instance_account, "From": "+15550001111"}
    response = post(client, "/webhooks/twilio/greet/Ann", form, token=TOKEN, public_url=PUBLIC_URL)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/xml; charset=utf-8"
    assert ET.fromstring(response.content).find("Say").text == "Hello Ann, you are +15550001111."


def test_an_instruction_is_given_to_nobody_else(client, instance_account):
    form = {"AccountSid": instance_account, "From": "+15550001111"}
    assert refused(post(client, "/webhooks/twilio/greet/Ann", form, token="wrong", public_url=PUBLIC_URL))


def test_the_urls_we_give_to_the_carrier():
    ref = new_id()
    fragment = "#rc=2&rt=4000&tt=14000&rp=5xx,ct,rt"
    assert webhooks.notice_url("call", ref) == f"{PUBLIC_URL}/webhooks/twilio/notices/call/{ref}{fragment}"
    assert (
        webhooks.public_url("greet", name="Ann", query={"step": 2, "q": "a&b"})
        == f"{PUBLIC_URL}/webhooks/twilio/greet/Ann?step=2&q=a%26b{fragment}"
    )

import pytest

from zerovoice.carrier.checks import carrier_credentials, carrier_in_production


def ids(found):
    return {message.id for message in found}


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({}, set()),
        ({"TWILIO_AUTH_TOKEN": ""}, {"carrier.E001"}),
        ({"TWILIO_API_KEY_SID": "SK1"}, {"carrier.E002"}),
        ({"CARRIER_BREAKER_FAILURES": 0}, {"carrier.E003"}),
        ({"TWILIO_ACCOUNT_SID": "", "TWILIO_AUTH_TOKEN": ""}, set()),
    ],
)
def test_credentials_that_cannot_work(settings, changed, refused):
    for name, value in changed.items():
        setattr(settings, name, value)
    assert ids(carrier_credentials()) == refused


def test_production_with_development_addresses(settings):
    settings.PUBLIC_URL, settings.TWILIO_API_URL = "http://localhost:8000", "http://127.0.0.1:8010"
    assert ids(carrier_in_production()) == {"carrier.E004", "carrier.E005"}
    settings.PUBLIC_URL, settings.TWILIO_API_URL = "https://voice.example.com", ""
    assert ids(carrier_in_production()) == set()

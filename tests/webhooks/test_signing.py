import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from zerovoice.lib import clock
from zerovoice.webhooks import signing

BODY = '{"type":"call.completed","name":"é"}'.encode()


def headers(*secrets: str) -> dict[str, str]:
    return signing.headers(secrets, message_id="msg", timestamp=int(clock.machine_now().timestamp()), body=BODY)


def test_the_conventions_own_library_verifies_it() -> None:
    secret = signing.new_secret()
    assert Webhook(secret).verify(BODY, headers(secret)) == {"type": "call.completed", "name": "é"}


def test_either_of_two_secrets_verifies_it_and_no_other() -> None:
    old, new, other = (signing.new_secret() for _ in range(3))
    both = headers(new, old)
    assert len(both["webhook-signature"].split()) == 2
    Webhook(old).verify(BODY, both)
    Webhook(new).verify(BODY, both)
    with pytest.raises(WebhookVerificationError):
        Webhook(other).verify(BODY, both)


@pytest.mark.parametrize("changed", ["webhook-id", "webhook-timestamp"])
def test_id_and_time_are_signed(changed: str) -> None:
    secret = signing.new_secret()
    sent = headers(secret)
    sent[changed] = str(int(sent["webhook-timestamp"]) + 1)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY, sent)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY + b" ", headers(secret))


def test_secrets_have_the_conventions_form() -> None:
    assert signing.new_secret().startswith("whsec_")
    assert signing.new_secret() != signing.new_secret()

import pytest
from django.core.management import call_command
from django.db import connection

from zerovoice.carrier import gateway
from zerovoice.carrier.models import CarrierAccount
from zerovoice.lib import encryption

pytestmark = pytest.mark.django_db

SID = "AC" + "1f" * 16


@pytest.fixture
def account(organization_id):
    return CarrierAccount.objects.create(
        organization_id=organization_id, account_sid=SID, auth_token="the token", api_key_secret="the secret"
    )


def in_the_database():
    with connection.cursor() as cursor:
        cursor.execute("SELECT auth_token, api_key_secret, api_key_sid FROM carrier_carrieraccount")
        return cursor.fetchone()


def test_secrets_are_not_readable_in_the_database(account):
    token, secret, key_sid = in_the_database()
    assert "token" not in token
    assert "secret" not in secret
    assert key_sid == ""
    read = CarrierAccount.objects.get()
    assert (read.auth_token, read.api_key_secret) == ("the token", "the secret")


def test_a_new_key_reads_the_old_ones_secrets_until_they_are_rotated(account, settings):
    old = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new key", [old]
    assert CarrierAccount.objects.get().auth_token == "the token"
    call_command("rotate_secrets")
    settings.SECRET_KEY_FALLBACKS = []
    read = CarrierAccount.objects.get()
    assert (read.auth_token, read.api_key_secret) == ("the token", "the secret")
    settings.SECRET_KEY = old
    with pytest.raises(encryption.UnreadableSecret):
        CarrierAccount.objects.get()


def test_an_organisation_with_an_account_of_its_own_uses_it(account, make_organization, instance_account):
    other = make_organization().id
    assert gateway.for_organization(account.organization_id).account_sid == SID
    assert gateway.for_organization(other).account_sid == instance_account
    assert gateway.serves(SID, account.organization_id)
    assert not gateway.serves(instance_account, account.organization_id)
    assert gateway.serves(instance_account, other)
    assert not gateway.serves(SID, other)


def test_one_account_belongs_to_one_organisation(account, make_organization):
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError), transaction.atomic():
        CarrierAccount.objects.create(organization=make_organization(), account_sid=SID, auth_token="x")


def test_secrets_are_not_shown_in_a_repr():
    credentials = gateway.Credentials(SID, "the token", "SK1", "the secret")
    assert "the token" not in repr(credentials)
    assert "the secret" not in repr(credentials)

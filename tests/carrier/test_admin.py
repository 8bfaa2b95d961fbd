import pytest
from django.urls import reverse

from tests.api import factories
from tests.carrier.receipts import stored
from zerovoice.accounts import actions, scopes
from zerovoice.accounts.models import AuditEntry, User
from zerovoice.carrier import breaker, commands
from zerovoice.carrier.errors import Refused
from zerovoice.carrier.models import CarrierAccount, Command, Receipt
from zerovoice.carrier.work import State
from zerovoice.lib.ids import new_id

pytestmark = pytest.mark.django_db

SID = "AC" + "1f" * 16


@pytest.fixture
def operator(client):
    user = User.objects.create_superuser("operator@example.com", "a long password")
    client.force_login(user)
    return client


@pytest.fixture
def owner(client, make_organization):
    """An organisation's owner who may use the admin site."""
    organization = make_organization()
    user = User.objects.create_user("olga@example.com", "a long password", is_staff=True)
    actions.add_member(organization=organization, user=user, role=scopes.OWNER)
    client.force_login(user)
    client.organization = organization
    return client


def replay(client, model, *rows):
    url = reverse(f"admin:carrier_{model}_changelist")
    response = client.post(url, {"action": "replay", "_selected_action": [str(row.pk) for row in rows]}, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def test_the_operator_sees_what_went_wrong_and_replays_it(operator):
    receipt = stored()
    Receipt.claim(receipt.pk).fail("ValueError: something odd")
    shown = operator.get(reverse("admin:carrier_receipt_changelist")).content.decode()
    assert "something odd" in shown
    assert operator.get(reverse("admin:carrier_receipt_change", args=[receipt.pk])).status_code == 200
    assert "1 replayed" in replay(operator, "receipt", receipt)
    receipt.refresh_from_db()
    assert receipt.state == State.PENDING


def test_receipts_are_nobody_elses(owner):
    receipt = stored()
    assert owner.get(reverse("admin:carrier_receipt_changelist")).status_code == 403
    assert owner.get(reverse("admin:carrier_receipt_change", args=[receipt.pk])).status_code == 403


def refuse(command):
    raise Refused(21211)


@pytest.fixture
def failed_command(monkeypatch):
    monkeypatch.setattr(commands, "_kinds", dict(commands._kinds))
    commands.register("test", refuse)

    def make(organization, **options):
        command = commands.submit("test", organization_id=organization.id, target_id=new_id(), **options)
        commands.execute(str(command.pk))
        command.refresh_from_db()
        assert command.state == State.FAILED
        return command

    return make


def test_an_owner_replays_their_own_commands_only(owner, make_organization, failed_command):
    own, strangers = failed_command(owner.organization), failed_command(make_organization())
    shown = owner.get(reverse("admin:carrier_command_changelist")).content.decode()
    assert str(own.pk) in shown
    assert str(strangers.pk) not in shown
    replay(owner, "command", own, strangers)
    assert [Command.objects.get(pk=c.pk).state for c in (own, strangers)] == [State.PENDING, State.FAILED]


def order(client, model, row):
    return client.post(reverse(f"admin:carrier_{model}_order", args=[row.pk, "replay"]))


def test_one_is_replayed_on_its_own_page(owner, make_organization, failed_command):
    own, strangers = failed_command(owner.organization), failed_command(make_organization())
    page = owner.get(reverse("admin:carrier_command_change", args=[own.pk])).content.decode()
    assert "Refused" in page
    assert "order/replay" in page
    assert order(owner, "command", strangers).status_code == 404
    assert order(owner, "receipt", stored()).status_code in (403, 404)
    assert order(owner, "command", own).status_code == 302
    assert [Command.objects.get(pk=c.pk).state for c in (own, strangers)] == [State.PENDING, State.FAILED]


def test_what_failed_is_shown_first(operator, django_assert_max_num_queries):
    failed, fine = stored(), stored()
    url = reverse("admin:carrier_receipt_changelist")
    assert operator.get(url).context["cl"].result_count == 2
    Receipt.claim(failed.pk).fail("ValueError: something odd")
    Receipt.claim(fine.pk).succeed()
    with django_assert_max_num_queries(14):
        assert [row.pk for row in operator.get(url).context["cl"].result_list] == [failed.pk]
    assert operator.get(url, {"state": "all"}).context["cl"].result_count == 2


def test_it_leads_to_the_call_it_is_about(operator, make_organization):
    call = factories.make(["calls/{call_id}"], make_organization())["calls/{call_id}"]
    receipt = stored()
    Receipt.objects.filter(pk=receipt.pk).update(ref=call, payload={"Body": "<script>alert(1)</script>"})
    page = operator.get(reverse("admin:carrier_receipt_change", args=[receipt.pk])).content.decode()
    assert reverse("admin:calls_call_change", args=[call]) in page
    assert "<script>alert" not in page


def test_what_may_happen_at_most_once_is_not_replayed(operator, make_organization, failed_command):
    command = failed_command(make_organization(), at_most_once=True)
    assert "0 of 1 replayed" in replay(operator, "command", command)


def test_an_account_is_added_and_its_secrets_never_shown(operator, make_organization):
    organization = make_organization()
    form = {"organization": str(organization.id), "account_sid": SID, "auth_token": "the token", "active": "on"}
    response = operator.post(reverse("admin:carrier_carrieraccount_add"), form)
    assert response.status_code == 302
    account = CarrierAccount.objects.get()
    assert (account.auth_token, account.api_key_secret) == ("the token", "")
    change = reverse("admin:carrier_carrieraccount_change", args=[account.pk])
    assert "the token" not in operator.get(change).content.decode()
    assert operator.post(change, {"api_key_sid": "SK" + "0" * 32, "api_key_secret": "s"}).status_code == 302
    account.refresh_from_db()
    assert (account.auth_token, account.api_key_secret, account.active) == ("the token", "s", False)
    entries = AuditEntry.objects.filter(organization=organization, target_type="carrier.carrieraccount")
    assert [entry.action for entry in entries.order_by("pk")] == ["carrier_account.created", "carrier_account.changed"]


def test_the_instances_account_cannot_be_claimed(operator, make_organization, settings):
    form = {
        "organization": str(make_organization().id), "account_sid": settings.TWILIO_ACCOUNT_SID, "auth_token": "x",
    }  # fmt: skip
    response = operator.post(reverse("admin:carrier_carrieraccount_add"), form)
    assert response.status_code == 200
    assert not CarrierAccount.objects.exists()


def test_breakers_are_shown(operator, make_organization, settings):
    settings.CARRIER_BREAKER_FAILURES = 1
    CarrierAccount.objects.create(organization=make_organization(), account_sid=SID, auth_token="x")
    breaker.for_account(SID).failed("")
    shown = operator.get(reverse("admin:carrier_carrieraccount_changelist")).content.decode()
    assert "open since" in shown
    assert f"{settings.TWILIO_ACCOUNT_SID}: breaker closed" in shown

"""Buying a number: once, for whoever asked first, and known in the end whatever fails meanwhile."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from numbers import tasks
from numbers.models import PhoneNumber
from tests import people
from tests.numbers.carrier import Carrier
from tests.people import Caller
from tests.simulator_control import SimulatorControl
from zerovoice.accounts.models import AuditEntry
from zerovoice.carrier.gateway_numbers import Numbers
from zerovoice.lib import clock

pytestmark = pytest.mark.django_db

NUMBERS = "/api/v1/numbers"
PURCHASE = f"{NUMBERS}/purchase"
CREATES = r"/IncomingPhoneNumbers\.json$"
NewNumber = Callable[[], str]


class Killed(BaseException):
    """SIGKILL: no code of ours runs any more."""


def listed(caller: Caller) -> list[str]:
    return [number["phone_number"] for number in caller.get(NUMBERS).json()["results"]]


def later(number: str, seconds: int = 600) -> None:
    """Let ten minutes pass for this number, then let a worker look."""
    past = timedelta(seconds=seconds)
    for row in PhoneNumber.objects.unsettled().filter(number=number):
        until = row.unsettled_until
        PhoneNumber.objects.filter(pk=row.pk).update(
            settle_at=clock.machine_now() - past, unsettled_until=until and until - past
        )
        tasks.settle(str(row.pk))


def creates(simulator: SimulatorControl, number: str) -> int:
    return sum(
        1
        for row in simulator.requests()
        if row["method"] == "POST" and row["path"].endswith("/IncomingPhoneNumbers.json")
        and number in str(row["params"])
    )  # fmt: skip


def test_a_number_is_bought_and_leads_here(owner: Caller, carrier: Carrier, new_number: NewNumber) -> None:
    answer = owner.post(PURCHASE, {"phone_number": (wanted := new_number()), "friendly_name": "Support Line"})
    assert answer.status_code == 201, answer.content
    bought = answer.json()
    assert (bought["phone_number"], bought["friendly_name"], bought["status"]) == (wanted, "Support Line", "active")
    assert (bought["country"], bought["number_type"]) == ("US", "local")
    assert owner.get(f"{NUMBERS}/{bought['id']}").json() == bought
    assert listed(owner) == [wanted]
    at_carrier = carrier.numbers()[wanted]
    assert at_carrier["friendly_name"] == "Support Line"
    for name, path in (
        ("voice_url", "/voice/inbound"), ("voice_fallback_url", "/voice/fallback"), ("sms_url", "/messages/inbound"),
        ("sms_fallback_url", "/messages/inbound"), ("status_callback", f"/inbound/{bought['id']}"),
    ):  # fmt: skip
        assert path in at_carrier[name], (name, at_carrier[name])
    actions = AuditEntry.objects.filter(target_id=bought["id"]).values_list("action", "actor_kind")
    assert set(actions) == {("number.ordered", "user"), ("number.purchased", "user")}


def test_a_toll_free_number_is_one(owner: Caller, simulator: SimulatorControl) -> None:
    found = owner.post(f"{NUMBERS}/search", {"country": "US", "number_type": "toll_free", "limit": 1}).json()
    bought = owner.post(PURCHASE, {"phone_number": found["results"][0]["phone_number"]}).json()
    assert bought["number_type"] == "toll_free"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"phone_number": None}, "phone_number"),
        ({"phone_number": "4155550100"}, "phone_number"),
        ({"friendly_name": "x" * 65}, "friendly_name"),
        ({"address_sid": "AD1"}, "address_sid"),
        ({"bundle_sid": "AD" + "0" * 32}, "bundle_sid"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_malformed_is_named(owner: Caller, change: dict[str, Any], field: str) -> None:
    body = {name: value for name, value in {"phone_number": "+14155550177", **change}.items() if value is not None}
    answer = owner.post(PURCHASE, body)
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, field)
    assert not PhoneNumber.objects.exists()


@pytest.mark.parametrize(
    ("wanted", "field", "reason"),
    [
        ("+15005550000", "phone_number", "number_unavailable"),
        ("+61255501234", "address_sid", "papers_needed"),
        ("+4930901820", "bundle_sid", "papers_needed"),
    ],
)
@pytest.mark.usefixtures("simulator")
def test_the_carriers_refusal_names_the_field(owner: Caller, wanted: str, field: str, reason: str) -> None:
    answer = owner.post(PURCHASE, {"phone_number": wanted})
    assert (answer.status_code, answer.json()["details"]["field"]) == (422, field), answer.content
    assert listed(owner) == []
    assert PhoneNumber.objects.get(number=wanted).failure_reason == reason


@pytest.mark.usefixtures("simulator")
def test_with_its_papers_it_is_sold(owner: Caller, carrier: Carrier, new_number: NewNumber) -> None:
    wanted = f"+612{new_number()[-8:]}"
    body = {"phone_number": wanted, "address_sid": "AD" + "0" * 32}
    assert owner.post(PURCHASE, body).status_code == 201
    assert carrier.numbers()[wanted]["address_sid"] == "AD" + "0" * 32


def test_what_somebody_has_is_not_sold_again(
    owner: Caller, stranger: Caller, simulator: SimulatorControl, new_number: NewNumber
) -> None:
    body = {"phone_number": new_number()}
    assert owner.post(PURCHASE, body).status_code == 201
    asked = len(simulator.requests())
    for caller in (owner, stranger):
        answer = caller.post(PURCHASE, body)
        assert (answer.status_code, answer.json()["details"]["field"]) == (422, "phone_number")
    assert len(simulator.requests()) == asked
    assert PhoneNumber.objects.count() == 1


def test_one_key_buys_once(owner: Caller, simulator: SimulatorControl, new_number: NewNumber) -> None:
    body = {"phone_number": (wanted := new_number())}
    first = owner.post(PURCHASE, body, Idempotency_Key="order-1")
    again = owner.post(PURCHASE, body, Idempotency_Key="order-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again["Idempotent-Replayed"] == "true"
    assert creates(simulator, wanted) == 1


@pytest.mark.parametrize("kind", ["500", "reset"])
def test_bought_though_the_carrier_said_it_failed(
    owner: Caller, simulator: SimulatorControl, carrier: Carrier, new_number: NewNumber, kind: str
) -> None:
    simulator.faults(rest=[{"path": CREATES, "kind": kind, "after": True}])  # and so the look that follows fails
    answer = owner.post(PURCHASE, {"phone_number": (wanted := new_number())})
    simulator.clear_faults()
    assert (answer.status_code, answer.json()["status"]) == (201, "purchasing")
    assert listed(owner) == []
    later(wanted, seconds=1)
    assert owner.get(f"{NUMBERS}/{answer.json()['id']}").json()["status"] == "active"
    assert listed(owner) == [wanted]
    assert PhoneNumber.objects.get(number=wanted).sid == carrier.numbers()[wanted]["sid"]
    assert creates(simulator, wanted) == 1


def test_not_bought_and_the_carrier_did_not_say_so(
    owner: Caller, simulator: SimulatorControl, carrier: Carrier, new_number: NewNumber
) -> None:
    simulator.faults(rest=[{"path": CREATES, "kind": "500"}])
    answer = owner.post(PURCHASE, {"phone_number": (wanted := new_number())})
    simulator.clear_faults()
    assert (answer.status_code, answer.json()["status"]) == (201, "purchasing")
    later(wanted, seconds=1)
    found = owner.get(f"{NUMBERS}/{answer.json()['id']}").json()
    assert found["status"] == "purchasing", "it may still come"
    later(wanted)
    found = owner.get(f"{NUMBERS}/{answer.json()['id']}").json()
    assert (found["status"], found["failure_reason"]) == ("failed", "carrier_unknown")
    assert wanted not in carrier.numbers()
    assert owner.post(PURCHASE, {"phone_number": wanted}).json()["status"] == "active", "it can be bought after that"


def test_what_was_on_the_account_before_is_no_evidence(
    owner: Caller, simulator: SimulatorControl, carrier: Carrier, new_number: NewNumber
) -> None:
    carrier.buy(wanted := new_number())
    simulator.faults(rest=[{"path": CREATES, "kind": "500"}])
    answer = owner.post(PURCHASE, {"phone_number": wanted})
    simulator.clear_faults()
    later(wanted)
    assert owner.get(f"{NUMBERS}/{answer.json()['id']}").json()["status"] == "failed"


@pytest.mark.parametrize("acted", [True, False])
def test_a_process_that_dies_while_it_buys(
    owner: Caller, carrier: Carrier, new_number: NewNumber, monkeypatch: pytest.MonkeyPatch, acted: bool
) -> None:
    real = Numbers.buy_number

    def die(self: Numbers, **fields: Any) -> None:
        if acted:
            real(self, **fields)
        raise Killed

    monkeypatch.setattr(Numbers, "buy_number", die)
    with pytest.raises(Killed):
        owner.post(PURCHASE, {"phone_number": (wanted := new_number())}, Idempotency_Key="order-1")
    monkeypatch.setattr(Numbers, "buy_number", real)
    later(wanted)
    assert PhoneNumber.objects.get(number=wanted).status == ("active" if acted else "failed")
    assert (wanted in carrier.numbers()) == acted


def test_a_carrier_that_is_away_sells_nothing(
    owner: Caller, simulator: SimulatorControl, new_number: NewNumber
) -> None:
    simulator.faults(rest=[{"path": CREATES, "kind": "429"}])
    answer = owner.post(PURCHASE, {"phone_number": (wanted := new_number())}, Idempotency_Key="order-1")
    simulator.clear_faults()
    assert answer.status_code == 503
    assert PhoneNumber.objects.get(number=wanted).status == "failed"
    again = owner.post(PURCHASE, {"phone_number": wanted}, Idempotency_Key="order-1")
    assert (again.status_code, again.json()["status"]) == (201, "active")


def test_the_reconciler_looks_after_what_nobody_finished(owner: Caller) -> None:
    def order(number: str, status: str, settle_at: Any) -> UUID:
        return PhoneNumber.objects.create(
            organization=owner.organization, number=number, country="US", number_type="local", status=status,
            settle_at=settle_at,
        ).pk  # fmt: skip

    now = clock.machine_now()
    due = order("+14155550101", "purchasing", now - timedelta(seconds=1))
    releasing = order("+14155550102", "releasing", now - timedelta(seconds=1))
    order("+14155550103", "purchasing", now + timedelta(seconds=60))
    order("+14155550104", "active", None)
    tasks.reconcile()
    moved = PhoneNumber.objects.filter(settle_at__gt=now, settle_at__lt=now + timedelta(seconds=30))
    assert {number.pk for number in moved} == {due, releasing}


def test_a_suspended_organization_buys_nothing(owner: Caller, new_number: NewNumber) -> None:
    owner.organization.status = "suspended"
    owner.organization.save()
    assert owner.post(PURCHASE, {"phone_number": new_number()}).status_code == 403
    assert not PhoneNumber.objects.exists()


def test_who_may_only_read_buys_nothing(owner: Caller, new_number: NewNumber) -> None:
    reader = people.program(owner.organization, "numbers:read")
    assert reader.post(PURCHASE, {"phone_number": new_number()}).status_code == 403

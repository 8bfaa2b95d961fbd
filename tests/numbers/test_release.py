"""Giving a number back: at the carrier first, never under a call, and finished whatever fails meanwhile."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from numbers import tasks
from numbers.models import PhoneNumber
from tests.numbers.carrier import Carrier
from tests.people import Caller
from tests.simulator_control import SimulatorControl
from zerovoice.accounts.models import AuditEntry
from zerovoice.carrier.gateway_numbers import Numbers
from zerovoice.carrier.models import CarrierAccount
from zerovoice.lib import clock
from zerovoice.lib.ids import new_id

pytestmark = pytest.mark.django_db

NUMBERS = "/api/v1/numbers"
DELETES = r"/IncomingPhoneNumbers/PN"
NewNumber = Callable[[], str]


class Killed(BaseException):
    """SIGKILL: no code of ours runs any more."""


@pytest.fixture
def bought(owner: Caller, simulator: SimulatorControl, new_number: NewNumber) -> Any:
    return owner.post(f"{NUMBERS}/purchase", {"phone_number": new_number()}).json()


def status(bought: Any) -> str:
    return PhoneNumber.objects.get(pk=bought["id"]).status


def settle(bought: Any) -> None:
    PhoneNumber.objects.filter(pk=bought["id"]).update(settle_at=clock.machine_now() - timedelta(seconds=1))
    tasks.settle(bought["id"])


def test_it_is_released_at_the_carrier_and_here(owner: Caller, carrier: Carrier, bought: Any) -> None:
    assert owner.delete(f"{NUMBERS}/{bought['id']}").status_code == 204
    assert bought["phone_number"] not in carrier.numbers()
    assert status(bought) == "released"
    assert owner.get(NUMBERS).json()["results"] == []
    assert owner.get(f"{NUMBERS}/{bought['id']}").status_code == 404
    assert owner.delete(f"{NUMBERS}/{bought['id']}").status_code == 404
    actions = AuditEntry.objects.filter(target_id=bought["id"]).values_list("action", flat=True)
    assert "number.released" in actions
    again = owner.post(f"{NUMBERS}/purchase", {"phone_number": bought["phone_number"]})
    assert again.status_code == 201, "it can be bought again"


def test_one_that_is_gone_at_the_carrier_is_released(owner: Caller, carrier: Carrier, bought: Any) -> None:
    carrier.release(carrier.numbers()[bought["phone_number"]]["sid"])
    assert owner.delete(f"{NUMBERS}/{bought['id']}").status_code == 204
    assert status(bought) == "released"


def test_not_under_a_call(owner: Caller, carrier: Carrier, bought: Any) -> None:
    from calls.models import Call

    call = Call.objects.create(
        organization=owner.organization, direction="inbound", from_number="+14155550142",
        to_number=bought["phone_number"], own_number_id=bought["id"],
    )  # fmt: skip
    answer = owner.delete(f"{NUMBERS}/{bought['id']}")
    assert answer.status_code == 422
    assert "in use" in answer.json()["details"]["message"]
    assert status(bought) == "active"
    assert bought["phone_number"] in carrier.numbers()
    call.ended_at = clock.now()
    call.save()
    assert owner.delete(f"{NUMBERS}/{bought['id']}").status_code == 204


def test_a_strangers_number_is_not_there(stranger: Caller, bought: Any) -> None:
    assert stranger.delete(f"{NUMBERS}/{bought['id']}").status_code == 404
    assert status(bought) == "active"


@pytest.mark.parametrize("kind", ["500", "reset"])
@pytest.mark.parametrize("acted", [True, False])
def test_when_the_carrier_does_not_say(
    owner: Caller, simulator: SimulatorControl, carrier: Carrier, bought: Any, kind: str, acted: bool
) -> None:
    simulator.faults(rest=[{"path": DELETES, "kind": kind, "after": acted}])
    assert owner.delete(f"{NUMBERS}/{bought['id']}").status_code == 204
    simulator.clear_faults()
    assert status(bought) == "releasing"
    assert owner.get(NUMBERS).json()["results"] == []
    settle(bought)
    assert status(bought) == "released"
    assert bought["phone_number"] not in carrier.numbers()


def test_a_carrier_that_is_away_releases_nothing(
    owner: Caller, simulator: SimulatorControl, carrier: Carrier, bought: Any
) -> None:
    simulator.faults(rest=[{"path": DELETES, "kind": "429"}])
    assert owner.delete(f"{NUMBERS}/{bought['id']}").status_code == 503
    simulator.clear_faults()
    assert status(bought) == "active"
    assert bought["phone_number"] in carrier.numbers()


@pytest.mark.parametrize("acted", [True, False])
def test_a_process_that_dies_while_it_releases(
    owner: Caller, carrier: Carrier, bought: Any, monkeypatch: pytest.MonkeyPatch, acted: bool
) -> None:
    real = Numbers.release_number

    def die(self: Numbers, **fields: Any) -> None:
        if acted:
            real(self, **fields)
        raise Killed

    monkeypatch.setattr(Numbers, "release_number", die)
    with pytest.raises(Killed):
        owner.delete(f"{NUMBERS}/{bought['id']}")
    with pytest.raises(Killed):  # and the worker who looks after it
        settle(bought)
    monkeypatch.setattr(Numbers, "release_number", real)
    settle(bought)
    assert status(bought) == "released"
    assert bought["phone_number"] not in carrier.numbers()


def test_it_is_released_on_the_account_it_was_bought_on(owner: Caller, carrier: Carrier, bought: Any) -> None:
    """An account of their own, made later, does not have it: its 404 would say that it is released."""
    CarrierAccount.objects.create(
        organization=owner.organization, account_sid=f"AC{new_id().hex}", auth_token="a token"
    )
    assert owner.delete(f"{NUMBERS}/{bought['id']}").status_code == 204
    assert bought["phone_number"] not in carrier.numbers()

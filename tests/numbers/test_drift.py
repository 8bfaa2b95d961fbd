"""Our list against the carrier's, and numbers that were there before us."""

from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import httpx
import pytest
from django.core.management import CommandError, call_command

from numbers import drift, tasks
from numbers.models import Drift, PhoneNumber
from tests import people
from tests.numbers.carrier import Carrier
from tests.people import Caller
from tests.simulator_control import SimulatorControl
from zerovoice.carrier import commands
from zerovoice.carrier.models import CarrierAccount, Command
from zerovoice.embedded.environment import ACCOUNT_SID, AUTH_TOKEN

pytestmark = pytest.mark.django_db

NUMBERS = "/api/v1/numbers"
NewNumber = Callable[[], str]


@pytest.fixture
def branch(simulator: SimulatorControl) -> Iterator[Carrier]:
    """A carrier account of somebody's own."""
    made = httpx.post(
        f"{simulator.url}/2010-04-01/Accounts.json", auth=(ACCOUNT_SID, AUTH_TOKEN), data={"FriendlyName": "Branch"}
    ).json()
    carrier = Carrier(simulator, made["sid"], made["auth_token"])
    carrier.sid, carrier.token = made["sid"], made["auth_token"]  # type: ignore[attr-defined]
    yield carrier
    carrier.http.close()


@pytest.fixture
def independent(branch: Any) -> Caller:
    """The owner of an organisation with a carrier account of its own."""
    caller = people.member(people.organization("Branch"), "owner")
    CarrierAccount.objects.create(organization=caller.organization, account_sid=branch.sid, auth_token=branch.token)
    return caller


def buy(caller: Caller, number: str) -> Any:
    answer = caller.post(f"{NUMBERS}/purchase", {"phone_number": number})
    assert answer.status_code == 201, answer.content
    return answer.json()


def found(caller: Caller, **query: str) -> list[tuple[str, str]]:
    results = caller.get(f"{NUMBERS}/drift", query).json()["results"]
    return sorted((row["kind"], row["phone_number"]) for row in results)


def compare(carrier: Any = None) -> None:
    drift.compare(carrier.sid if carrier else ACCOUNT_SID)


def execute() -> None:
    for command in Command.objects.exclude(state="done"):
        commands.execute(str(command.pk))


def test_where_both_agree_there_is_none(owner: Caller, carrier: Carrier, new_number: NewNumber) -> None:
    buy(owner, new_number())
    compare()
    assert found(owner) == []


def test_each_kind_is_found_and_goes_again(
    independent: Caller, branch: Any, new_number: NewNumber, owner: Caller
) -> None:
    lost, bent, fine = (buy(independent, new_number()) for _ in range(3))
    branch.release(branch.numbers()[lost["phone_number"]]["sid"])
    branch.change(branch.numbers()[bent["phone_number"]]["sid"], VoiceUrl="https://elsewhere.example/v")
    branch.buy(strange := new_number())
    compare(branch)
    assert found(independent) == sorted(
        [("missing", lost["phone_number"]), ("misdirected", bent["phone_number"]), ("unknown", strange)]
    )
    assert found(independent, kind="unknown") == [("unknown", strange)]
    assert found(owner) == [], "another organization's"
    (row,) = independent.get(f"{NUMBERS}/drift", {"kind": "misdirected"}).json()["results"]
    assert (row["number_id"], row["addresses"]) == (bent["id"], ["voice_url"])
    compare(branch)
    (again,) = independent.get(f"{NUMBERS}/drift", {"kind": "misdirected"}).json()["results"]
    assert again["found_at"] == row["found_at"]

    assert independent.post(f"{NUMBERS}/{bent['id']}/repair").status_code == 202
    execute()
    assert "/voice/inbound" in branch.numbers()[bent["phone_number"]]["voice_url"]
    assert independent.delete(f"{NUMBERS}/{lost['id']}").status_code == 204
    adopted = independent.post(f"{NUMBERS}/adopt", {"phone_number": strange})
    assert adopted.status_code == 201, adopted.content
    execute()
    assert found(independent) == []
    compare(branch)
    assert found(independent) == []
    owned = {number["phone_number"] for number in independent.get(NUMBERS).json()["results"]}
    assert owned == set(branch.numbers()) == {bent["phone_number"], fine["phone_number"], strange}
    assert adopted.json()["id"] in branch.numbers()[strange]["status_callback"]


def test_nobody_takes_an_unowned_number_of_the_shared_account(
    owner: Caller, carrier: Carrier, new_number: NewNumber
) -> None:
    carrier.buy(strange := new_number())
    compare()
    assert found(owner) == []
    assert Drift.objects.get(number=strange).organization is None, "the operator's matter"
    answer = owner.post(f"{NUMBERS}/adopt", {"phone_number": strange})
    assert (answer.status_code, answer.json()["details"]["field"]) == (422, "phone_number")
    assert not PhoneNumber.objects.filter(number=strange).exists()
    said = StringIO()
    call_command("adopt_number", owner.organization.slug, strange, stdout=said)
    assert strange in said.getvalue()
    assert [number["phone_number"] for number in owner.get(NUMBERS).json()["results"]] == [strange]
    with pytest.raises(CommandError, match="already"):
        call_command("adopt_number", owner.organization.slug, strange)


def test_what_is_not_on_the_account_is_not_adopted(
    independent: Caller, branch: Any, owner: Caller, carrier: Carrier, new_number: NewNumber
) -> None:
    theirs = buy(owner, new_number())["phone_number"]
    for number in (theirs, new_number()):
        answer = independent.post(f"{NUMBERS}/adopt", {"phone_number": number})
        assert (answer.status_code, answer.json()["details"]["field"]) == (422, "phone_number")


def test_a_purchase_that_came_after_all_is_taken_in(owner: Caller, carrier: Carrier, new_number: NewNumber) -> None:
    bought = buy(owner, new_number())
    PhoneNumber.objects.filter(pk=bought["id"]).update(status="failed", failure_reason="carrier_unknown", sid="")
    compare()
    assert owner.get(f"{NUMBERS}/{bought['id']}").json() == bought


def test_what_is_being_bought_or_released_is_no_drift(owner: Caller, carrier: Carrier, new_number: NewNumber) -> None:
    for status in ("purchasing", "releasing"):
        PhoneNumber.objects.filter(pk=buy(owner, new_number())["id"]).update(status=status)
    number = buy(owner, new_number())
    carrier.release(carrier.numbers()[number["phone_number"]]["sid"])
    PhoneNumber.objects.filter(pk=number["id"]).update(status="releasing")
    compare()
    assert found(owner) == []


def test_a_carrier_that_is_away_changes_nothing(
    owner: Caller, carrier: Carrier, simulator: SimulatorControl, new_number: NewNumber
) -> None:
    number = buy(owner, new_number())
    carrier.release(carrier.numbers()[number["phone_number"]]["sid"])
    compare()
    assert found(owner) == [("missing", number["phone_number"])]
    simulator.faults(rest=[{"path": "IncomingPhoneNumbers", "kind": "500"}])
    tasks.compare(ACCOUNT_SID)
    assert found(owner) == [("missing", number["phone_number"])]

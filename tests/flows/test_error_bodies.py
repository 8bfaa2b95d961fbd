"""The errors of the call endpoints, to the letter: 403, 404 and 503 (400 and 422 stand with what is refused)."""

import pytest

from tests.flows.company import leg

NOT_FOUND = {
    "error": "Not Found",
    "code": "not_found",
    "details": {"field": None, "message": "Resource not found"},
}
UNAVAILABLE = {
    "error": "Service Unavailable",
    "code": "service_unavailable",
    "details": {"field": None, "message": "The telephone carrier is not available"},
}


@pytest.fixture(scope="module")
def office(new_company):
    return new_company(agents=1)


@pytest.fixture(scope="module")
def call_id(office):
    return office.talking()


@pytest.fixture
def carrier_is_down(office, call_id):
    """The breaker of the company's carrier account is open: an account of its own, so that nobody else's is."""
    account = "AC" + office.tenant.id.replace("-", "")
    office.sim.faults(rest=[{"path": account, "kind": "500"}])
    office.stack.django(_BREAK, tenant_id=office.tenant.id, account=account)
    office.sim.clear_faults()
    yield account
    office.stack.django(_MEND, account=account)


_BREAK = """
from django.conf import settings
from zerovoice.carrier import errors, gateway
from zerovoice.carrier.models import CarrierAccount

CarrierAccount.objects.create(organization_id=tenant_id, account_sid=account, auth_token="0" * 32)
for _ in range(settings.CARRIER_BREAKER_FAILURES):
    try:
        gateway.for_organization(tenant_id).ping()
    except errors.Unavailable:
        pass
"""
_MEND = """
from zerovoice.carrier.models import CarrierAccount

CarrierAccount.objects.filter(account_sid=account).delete()
"""


def requests_about(office, account):
    return [r for r in office.sim.requests() if account in r["path"]]


def refused(answer):
    assert (answer.status_code, answer.json()) == (503, UNAVAILABLE)
    assert 1 <= int(answer.headers["Retry-After"]) <= 60


def test_503_placing_a_call(office, carrier_is_down):
    before = len(requests_about(office, carrier_is_down))
    customer = office.stack.new_phone()
    refused(office.api.post("/calls/outbound", json={"from_number": office.number, "to_number": customer}))
    assert len(requests_about(office, carrier_is_down)) == before
    assert office.get("/calls/logs", to=customer)["count"] == 0, "known to be in vain: no call was made of it"


def test_503_hanging_up_leaves_the_call_as_it_was(office, call_id, carrier_is_down):
    refused(office.hang_up(call_id))
    call = office.call(call_id)
    assert (call["phase"], call["hung_up_by"]) == ("joined", "")


def test_503_transferring_leaves_the_conversation_as_it_was(office, call_id, carrier_is_down):
    target = office.stack.new_phone()
    refused(office.transfer(call_id, target))
    call = office.call(call_id)
    assert (call["phase"], office.rung(target)) == ("joined", 0)
    assert leg(call, "agent")["ended_at"] is None


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("PATCH", ""),
        ("POST", "/hangup"),
        ("POST", "/transfer"),
        ("GET", "/recordings"),
        ("GET", "/recordings/01a20000-0000-7000-8000-000000000000/audio"),
        ("GET", "/notes"),
        ("POST", "/notes"),
    ],
)
@pytest.mark.parametrize("which", ["nobody's", "a stranger's", "no id"])
def test_404(office, company, call_id, method, path, which):
    wanted = {"nobody's": "01a20000-0000-7000-8000-000000000000", "a stranger's": call_id, "no id": "latest"}[which]
    body = {"/notes": {"text": "x"}, "": {"disposition": "x"}}.get(path, {})
    if path == "/transfer":
        body = {"target_number": "+14155550123", "transfer_type": "cold"}
    answer = company.api.request(method, f"/calls/{wanted}{path}", json=None if method == "GET" else body)
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)
    assert office.call(call_id)["phase"] == "joined"


def test_403_a_viewer_changes_nothing(office, call_id):
    viewer = office.member("viewer")
    body = {"target_number": "+14155550123", "transfer_type": "cold"}
    for path, sent in (("outbound", {}), (f"{call_id}/hangup", {}), (f"{call_id}/transfer", body)):
        answer = viewer.post(f"/calls/{path}", json=sent)
        assert answer.status_code == 403
        assert answer.json() == {
            "error": "Forbidden",
            "code": "forbidden",
            "details": {"field": None, "message": "This needs the scope calls:write"},
        }
    assert viewer.get(f"/calls/{call_id}").status_code == 200
    assert office.call(call_id)["phase"] == "joined"

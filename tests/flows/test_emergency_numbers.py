"""Emergency numbers, in any spelling, never reach the carrier."""

import pytest

SPELLINGS = [
    *("911", "+1911", "112", "sip:911@pbx.example.com", "999", "000", "+44999", "+49110", "1911", "011911", "00112"),
    *(" 911 ", "9 1 1", "9-1-1", "(911)", "+1 911", "+1-911", "tel:911", "tel:+1911", "TEL:+1-911;ext=1"),
    *("sips:112@example.com", "SIP:+1911@example.com", "sip:911;phone-context=+1@example.com", "911@example.com"),
    *("٩١١", "９１１", "+１９１１"),
]
REFUSAL = {
    "error": "Unprocessable Entity",
    "code": "unprocessable_entity",
    "details": {"field": "to_number", "message": "Emergency numbers cannot be called through the API"},
}


@pytest.fixture(scope="module")
def dialer(new_company):
    return new_company(agents=1)


def calls_asked_for(dialer) -> int:
    return sum(r["method"] == "POST" and r["path"].endswith("/Calls.json") for r in dialer.sim.requests())


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_it_cannot_be_called(dialer, spelling):
    before = calls_asked_for(dialer)
    answer = dialer.api.post("/calls/outbound", json={"from_number": dialer.number, "to_number": spelling})
    assert answer.status_code == 422, answer.text
    assert answer.json() == REFUSAL
    assert calls_asked_for(dialer) == before
    assert dialer.get("/calls/logs")["count"] == 0


def test_no_call_can_be_transferred_to_it(company):
    call_id = company.talking()
    before = calls_asked_for(company)
    for spelling in SPELLINGS:
        answer = company.transfer(call_id, spelling)
        assert answer.status_code == 422
        assert answer.json() == {**REFUSAL, "details": {**REFUSAL["details"], "field": "target_number"}}
    assert calls_asked_for(company) == before
    assert company.call(call_id)["phase"] == "joined"


@pytest.mark.parametrize("spelling", ["911", "+1911", "112", "+44999", "sip:911@pbx.example.com"])
def test_it_is_no_agents_phone(dialer, spelling):
    answer = dialer.api.post("/agents", json={"name": "Eve", "endpoint": spelling})
    assert answer.status_code == 422
    assert answer.json()["details"]["field"] == "endpoint"


def test_a_number_that_only_begins_like_one_can_be_called(dialer):
    assert dialer.place("+19115550123")

"""Numbers that the carrier refuses, and Twilio's magic ones: an error that says why, and nothing left behind."""

import pytest

MAGIC = "+1500555000"
INVALID = "This is not a valid phone number"
#: The last digit of the magic number called → status, reason kept on the call, what the answer says.
REFUSED = {
    "1": (422, "invalid_number", INVALID),  # 21217
    "2": (422, "invalid_number", "This number cannot be reached"),  # 21214
    "3": (403, "destination_forbidden", "Calls to this destination are not enabled"),  # 21215
    "4": (422, "blocked", "The account may not call this number"),  # 21216
}
NAMES = {
    403: {"error": "Forbidden", "code": "forbidden"},
    422: {"error": "Unprocessable Entity", "code": "unprocessable_entity"},
}


@pytest.fixture(scope="module")
def dialer(new_company):
    return new_company(agents=1)


def asked_for(dialer, number: str) -> list[str]:
    """The calls of ours to this number that the carrier was asked for."""
    wanted = {"To": [number], "From": [dialer.number]}
    return [r for r in dialer.sim.requests() if wanted.items() <= r["params"].items()]


def place(dialer, to: str, from_: str = ""):
    return dialer.api.post("/calls/outbound", json={"from_number": from_ or dialer.number, "to_number": to})


@pytest.mark.parametrize("digit", REFUSED)
def test_the_carriers_refusal_is_the_answer(dialer, digit):
    status, reason, message = REFUSED[digit]
    answer = place(dialer, MAGIC + digit)
    assert answer.status_code == status
    assert answer.json() == {**NAMES[status], "details": {"field": "to_number", "message": message}}
    assert len(asked_for(dialer, MAGIC + digit)) == 1
    call = dialer.get("/calls/logs", to=MAGIC + digit)["results"][0]
    assert (call["status"], call["disposition"], call["failure_reason"]) == ("failed", "failed", reason)
    assert dialer.live() == []


@pytest.fixture(scope="module")
def ordinary(dialer):
    return {digit: place(dialer, MAGIC + digit) for digit in "056789"}


@pytest.mark.parametrize("digit", "056789")
def test_the_other_magic_numbers_are_people(dialer, ordinary, digit):
    assert ordinary[digit].status_code == 201
    call = dialer.in_the_books(ordinary[digit].json()["id"])
    assert (call["status"], call["disposition"]) in {("completed", "answered"), ("completed", "abandoned")}


@pytest.mark.parametrize("digit", "0123456789")
def test_no_magic_number_is_ours_to_call_from(dialer, digit):
    before = len(dialer.sim.calls())
    answer = place(dialer, dialer.stack.new_phone(), from_=MAGIC + digit)
    assert answer.status_code == 422
    assert answer.json() == {
        **NAMES[422],
        "details": {"field": "from_number", "message": "Not an active number of this organization"},
    }
    assert len(dialer.sim.calls()) == before


def test_a_country_that_is_not_allowed_is_never_asked_for(dialer):
    answer = place(dialer, "+442079460018")
    assert answer.status_code == 403
    message = "Calls to GB are not allowed for this organization"
    assert answer.json() == {**NAMES[403], "details": {"field": "to_number", "message": message}}
    assert asked_for(dialer, "+442079460018") == []


def test_another_companys_number_is_not_ours_to_call_from(dialer, company):
    answer = place(dialer, dialer.stack.new_phone(), from_=company.number)
    assert answer.status_code == 422
    assert answer.json()["details"]["field"] == "from_number"


def test_a_number_is_named_by_its_id_too(dialer):
    answer = place(dialer, dialer.person(outcome="busy"), from_=dialer.tenant.number_id)
    assert answer.status_code == 201
    assert answer.json()["from_number"] == dialer.number


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"to_number": "5551234"}, "to_number", "Invalid E.164 format"),
        ({"to_number": "+0123456789"}, "to_number", "Invalid E.164 format"),
        ({"to_number": "+1415555010012345"}, "to_number", "Invalid E.164 format"),
        ({"from_number": "Sales"}, "from_number", "Invalid E.164 format"),
        ({"to_number": None}, "to_number", "This field may not be null."),
        ({"record": "perhaps"}, "record", "Must be true or false."),
        ({"queue_id": "first"}, "queue_id", "Must be a valid UUID."),
        ({"status_callback_url": "here"}, "status_callback_url", "Must be an http or https URL"),
        ({"urgent": True}, "urgent", "Unknown field."),
    ],
)
def test_a_malformed_field_is_a_400_that_names_it(dialer, change, field, message):
    body = {"from_number": dialer.number, "to_number": "+14155550123", **change}
    answer = dialer.api.post("/calls/outbound", json=body)
    assert answer.status_code == 400
    assert answer.json() == {
        "error": "Bad Request",
        "code": "bad_request",
        "details": {"field": field, "message": message},
    }
    assert asked_for(dialer, "+14155550123") == []


def test_a_queue_of_nobodys_is_a_422(dialer, company):
    body = {"from_number": dialer.number, "to_number": "+14155550123", "queue_id": company.queue_id}
    answer = dialer.api.post("/calls/outbound", json=body)
    assert answer.status_code == 422
    assert answer.json() == {**NAMES[422], "details": {"field": "queue_id", "message": "No such queue"}}

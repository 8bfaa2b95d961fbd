"""STOP and START from a person's phone, and what calls and messages to them are answered from then on."""

from collections.abc import Callable

import pytest

from tests.flows.company import Company


def write(company: Company, person: str, body: str) -> None:
    """And wait until it is processed."""
    before = company.get("/sms", **{"from": person})["count"]
    company.sim.message(person, company.number, body)
    company.until(lambda: company.get("/sms", **{"from": person})["count"] == before + 1, 60, f"{body} is here")


def contact(company: Company, person: str) -> tuple[int, int]:
    """What a message and a call to them are answered."""
    body = {"from_number": company.number, "to_number": person}
    message = company.api.post("/sms/send", json={**body, "body": "Hello"})
    call = company.api.post("/calls/outbound", json=body)
    for answer in (message, call):
        if answer.status_code == 451:
            told = answer.json()["details"]
            assert told["field"] == "to_number"
            assert any(words in told["message"] for words in ("opted out", "list", "blocked")), told
    return message.status_code, call.status_code


@pytest.mark.parametrize("word", ["STOP", " stop \n", "Unsubscribe"])
def test_stop_ends_calls_and_messages_and_start_takes_it_back(
    company: Company, new_company: Callable[..., Company], word: str
) -> None:
    other = new_company(agents=0)
    person = company.person()
    write(company, person, word)
    assert contact(company, person) == (451, 451)
    status = company.get("/compliance/dnc", phone=person)
    assert (status["listed"], status["reason"]) == (True, "opted_out")
    assert contact(other, person)[1] == 201  # another organisation is not concerned
    refused = company.get("/compliance/decisions", phone=person)["results"]
    assert {row["channel"] for row in refused} == {"sms", "voice"}
    write(company, person, "start")
    assert contact(company, person) == (201, 201)


def test_start_does_not_undo_what_was_listed_by_hand(company: Company) -> None:
    person = company.person()
    company.api.post("/compliance/dnc", json={"phone": person, "reason": "By letter"}).raise_for_status()
    write(company, person, "STOP")
    write(company, person, "START")
    assert contact(company, person) == (451, 451)
    assert company.get("/compliance/dnc", phone=person)["reason"] == "dnc"


@pytest.mark.parametrize("body", ["please don't stop", "stop it", "nonstop"])
def test_a_word_in_a_sentence_is_a_word(company: Company, body: str) -> None:
    person = company.person()
    write(company, person, body)
    assert contact(company, person) == (201, 201)


def test_a_block_at_the_carrier_that_we_never_heard_of_is_a_451_for_that_pair(company: Company) -> None:
    """They stopped the number before it was ours: only the carrier knows."""
    person = company.person()
    forget = "from compliance.models import DncEntry; DncEntry.objects.filter(number=person).delete(); result = None"
    write(company, person, "STOP")
    company.stack.django(forget, person=person)
    assert contact(company, person) == (451, 201)
    body = {"from_number": company.number, "to_number": person, "body": "Hello"}
    assert company.api.post("/sms/send", json=body).status_code == 451
    assert company.get("/compliance/dnc", phone=person)["listed"] is False
    write(company, person, "START")
    assert contact(company, person)[0] == 201

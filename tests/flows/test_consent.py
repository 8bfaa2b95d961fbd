"""Whoever is recorded is told first, or has agreed: as the organisation wants it. In doubt nobody is recorded."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.flows.company import Company, moment

QUESTION = "May we record this call? Press 1, or say yes."
TOLD = "Calls are recorded to train our staff."


@pytest.fixture
def office(new_company: Callable[..., Company]) -> Company:
    return new_company(agents=1)


def wants(office: Company, mode: str, text: str = "", **more: Any) -> None:
    settings = {"recording_consent": mode, "recording_consent_text": text, **more}
    office.api.patch("/compliance/settings", json=settings).raise_for_status()


def after(office: Company, call_id: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What the call says of the consent, and its recordings."""
    call = office.in_the_books(call_id)
    assert call["disposition"] == "answered", call
    return call["consent"], office.get(f"/calls/{call_id}/recordings")["results"]


def ask_about_it(
    office: Company, answer: list[dict[str, Any]]
) -> tuple[dict[str, Any], list[dict[str, Any]], list[tuple[str, str]]]:
    wants(office, "require", QUESTION)
    customer = office.person([
        {"wait_for": "say yes"}, *answer, {"wait_for": "How can I help you?"}, {"wait": 20},
        {"say": "Thank you."}, {"hangup": True},
    ])  # fmt: skip
    consent, recordings = after(office, office.place(customer, record=True))
    return consent, recordings, office.heard(customer)


@pytest.mark.parametrize(
    ("answer", "word", "recorded"),
    [
        ([{"press": "1"}], "yes", 1),
        ([{"wait": 1}, {"say": "Yes, that is fine."}], "yes", 1),
        ([{"wait": 1}, {"say": "No, I do not agree."}], "no", 0),
        ([{"press": "2"}], "no", 0),
        ([], "silence", 0),
    ],
    ids=["a key", "a yes", "a no", "another key", "silence"],
)
def test_only_who_agrees_is_recorded(office: Company, answer: list[dict[str, Any]], word: str, recorded: int) -> None:
    consent, recordings, heard = ask_about_it(office, answer)
    assert (consent["mode"], consent["wording"], consent["answer"]) == ("require", QUESTION, word), heard
    assert len(recordings) == recorded
    assert [text for _, text in heard].count(QUESTION) == 1, heard  # though an agent is there before the answer
    if recorded:
        assert moment(recordings[0]["started_at"]) >= moment(consent["answered_at"]).replace(microsecond=0)


def test_who_is_told_is_recorded_from_then_on(office: Company) -> None:
    wants(office, "announce", TOLD)
    customer = office.person(
        [{"wait_for": "How can I help you?"}, {"wait": 20}, {"say": "Thank you."}, {"hangup": True}]
    )
    consent, recordings = after(office, office.place(customer, record=True))
    assert (consent["mode"], consent["wording"], consent["answer"], len(recordings)) == ("announce", TOLD, "told", 1)
    heard = [text for _, text in office.heard(customer)]
    assert TOLD in heard
    assert moment(recordings[0]["started_at"]) >= moment(consent["answered_at"]).replace(microsecond=0)


def test_who_calls_us_is_asked_as_well(office: Company) -> None:
    wants(office, "require", QUESTION, record_inbound=True)
    says_yes = [{"wait_for": "say yes"}, {"press": "1"}, {"wait_for": "How can I help you?"}, {"wait": 20},
                {"say": "Thank you."}, {"hangup": True}]  # fmt: skip
    call_id, _ = office.receive(says_yes)
    consent, recordings = after(office, call_id)
    assert (consent["answer"], len(recordings)) == ("yes", 1)


def test_a_call_that_is_not_recorded_asks_nothing(office: Company) -> None:
    wants(office, "require", QUESTION)
    customer = office.person([{"wait_for": "How can I help you?"}, {"say": "Thank you."}, {"hangup": True}])
    consent, recordings = after(office, office.place(customer))
    assert (consent, recordings) == (None, [])
    assert QUESTION not in [text for _, text in office.heard(customer)]

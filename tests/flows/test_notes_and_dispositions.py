"""What people add to a call: notes, and their own word for what became of it."""

import pytest

from tests.flows.company import ASKS


@pytest.fixture(scope="module")
def office(new_company):
    return new_company(agents=1)


@pytest.fixture(scope="module")
def call_id(office):
    call_id = office.place(office.person(outcome="busy"))
    office.in_the_books(call_id)
    return call_id


def test_notes_the_newest_first(office, call_id):
    for text in ("Called back, busy.", "Will try tomorrow. ✓"):
        answer = office.api.post(f"/calls/{call_id}/notes", json={"text": text})
        assert answer.status_code == 201
        assert set(answer.json()) == {"id", "text", "author_name", "created_at"}
    notes = office.get(f"/calls/{call_id}/notes")
    assert [note["text"] for note in notes["results"]] == ["Will try tomorrow. ✓", "Called back, busy."]
    assert (notes["count"], notes["next"], notes["previous"]) == (2, None, None)


def test_a_note_names_its_author(office, call_id):
    supervisor = office.member("supervisor")
    note = supervisor.post(f"/calls/{call_id}/notes", json={"text": "Listened in."}).json()
    assert note["author_name"].startswith("supervisor-")


def test_a_call_that_lasts_can_have_notes(office):
    live = office.place(office.person(outcome="no-answer"))
    assert office.api.post(f"/calls/{live}/notes", json={"text": "Rings."}).status_code == 201
    assert office.hang_up(live).status_code == 200


@pytest.mark.parametrize(
    "body", [{}, {"text": ""}, {"text": "  "}, {"text": "x" * 10_001}, {"text": None}, {"note": ""}]
)
def test_a_note_without_a_text_is_a_400(office, call_id, body):
    before = office.get(f"/calls/{call_id}/notes")["count"]
    assert office.api.post(f"/calls/{call_id}/notes", json=body).status_code == 400
    assert office.get(f"/calls/{call_id}/notes")["count"] == before


def test_a_finished_call_takes_a_disposition_of_ones_own(office):
    call_id = office.place(office.person(ASKS))
    office.in_the_books(call_id)
    answer = office.api.patch(f"/calls/{call_id}", json={"disposition": "sold"})
    assert (answer.status_code, answer.json()["disposition"]) == (200, "sold")
    assert [call["id"] for call in office.get("/calls/logs", disposition="sold")["results"]] == [call_id]
    assert office.call(call_id)["status"] == "completed"


def test_a_call_that_lasts_does_not(office):
    call_id = office.talking()
    answer = office.api.patch(f"/calls/{call_id}", json={"disposition": "sold"})
    assert (answer.status_code, answer.json()) == (
        422,
        {
            "error": "Unprocessable Entity",
            "code": "unprocessable_entity",
            "details": {"field": "disposition", "message": "The call is not over yet"},
        },
    )
    office.hang_up(call_id)
    assert office.in_the_books(call_id)["disposition"] == "answered"


@pytest.mark.parametrize("body", [{}, {"disposition": ""}, {"disposition": "x" * 65}, {"status": "completed"}])
def test_a_disposition_that_is_none_is_a_400(office, call_id, body):
    assert office.api.patch(f"/calls/{call_id}", json=body).status_code == 400
    assert office.call(call_id)["disposition"] == "busy"

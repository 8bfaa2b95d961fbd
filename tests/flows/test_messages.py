"""Messages through the whole system: out over the carrier and back as callbacks, in from people's phones."""

import http.server
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.flows.company import Company

PICTURE = b"\x89PNG\r\n" + bytes(range(256)) * 40


class Pictures(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path.endswith(".png") else 404)
        self.end_headers()
        if self.path.endswith(".png"):
            self.wfile.write(PICTURE)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def pictures() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pictures)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def calm(company: Company) -> Iterator[Company]:
    yield company
    company.sim.clear_faults()


def send(company: Company, to: str, body: str = "Hello", **fields: Any) -> dict[str, Any]:
    answer = company.api.post(
        "/sms/send", json={"from_number": company.number, "to_number": to, "body": body, **fields}
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def becomes(company: Company, message: dict[str, Any], status: str) -> dict[str, Any]:
    def there() -> dict[str, Any] | None:
        found = company.get(f"/sms/{message['id']}")
        return dict(found) if found["status"] == status else None

    return company.until(there, 60, f"the message is {status}")


def test_a_message_is_delivered(company: Company) -> None:
    person = company.stack.new_phone()
    sent = send(company, person, "Your table is ready.")
    assert sent["status"] == "queued"
    done = becomes(company, sent, "delivered")
    assert done["sent_at"] <= done["delivered_at"]
    assert done["error"] is None
    (arrived,) = company.sim.messages(person)
    assert (arrived["from"], arrived["body"]) == (company.number, "Your table is ready.")


def test_a_phone_that_is_off_gets_nothing_and_we_are_told_why(company: Company) -> None:
    person = company.person(outcome="unreachable")
    done = becomes(company, send(company, person), "undelivered")
    assert done["error"] == {
        "code": 30003, "reason": "unreachable", "meaning": "The recipient's phone is unreachable",
    }  # fmt: skip
    assert done["delivered_at"] is None


def test_callbacks_in_any_order_end_alike(calm: Company) -> None:
    calm.sim.faults(callbacks={"duplicate": 0.5, "reorder": 0.5, "delay": 0.3, "delay_seconds": 3})
    sent = [send(calm, calm.stack.new_phone(), f"Number {n}") for n in range(12)]
    for message in sent:
        becomes(calm, message, "delivered")


def test_a_lost_callback_is_made_up_for(calm: Company) -> None:
    calm.sim.faults(callbacks={"drop": 1.0})
    message = send(calm, calm.stack.new_phone())
    calm.until(lambda: calm.get(f"/sms/{message['id']}")["status"] == "delivered", 200, "the reconciler asked")


def test_what_people_write_comes_in_with_its_pictures(company: Company, pictures: str) -> None:
    person = company.stack.new_phone()
    company.sim.message(person, company.number, "This one?", [f"{pictures}/cake.png"])

    def fetched() -> dict[str, Any] | None:
        results = company.get("/sms", **{"from": person})["results"]
        return results[0] if results and results[0]["media"][0]["state"] == "done" else None

    message = company.until(fetched, 60, "the picture is here")
    assert (message["direction"], message["status"], message["body"]) == ("inbound", "received", "This one?")
    (medium,) = message["media"]
    assert (medium["content_type"], medium["size"]) == ("image/png", len(PICTURE))
    answer = company.api.get(medium["url"])
    assert (answer.content, answer.headers["content-type"]) == (PICTURE, "image/png")
    stranger = company.stack.api(company.stack.new_organization("Other"))
    assert stranger.get(medium["url"]).status_code == 404
    (conversation,) = company.get("/sms/conversations", phone=person)["results"]
    assert (conversation["inbound_count"], conversation["last_message"]["id"]) == (1, message["id"])


def test_a_picture_that_is_not_there_harms_nobody(company: Company, pictures: str) -> None:
    person = company.stack.new_phone()
    company.sim.message(person, company.number, "", [f"{pictures}/gone.jpg"])
    company.until(lambda: company.get("/sms", **{"from": person})["results"], 60)
    becomes(company, send(company, person), "delivered")
    assert company.api.get(f"{company.stack.base_url}/health/ready").json()["checks"]["twilio"]["status"] == "healthy"


@pytest.mark.parametrize(
    "fault",
    [
        {"path": "Messages", "kind": "timeout", "after": True, "rate": 1, "seconds": 12},
        {"path": "Messages", "kind": "reset", "after": True, "rate": 1},
        {"path": "Messages", "kind": "500", "after": True, "rate": 1},
    ],
    ids=["timeout", "reset", "500"],
)
@pytest.mark.parametrize("callbacks", [{}, {"drop": 1.0}], ids=["told", "not told"])
def test_an_ambiguous_send_is_sent_once_and_found(
    calm: Company, fault: dict[str, Any], callbacks: dict[str, float]
) -> None:
    person = calm.stack.new_phone()
    calm.sim.faults(rest=[fault], callbacks=callbacks)
    message = send(calm, person)
    calm.sim.faults(callbacks=callbacks)
    calm.until(lambda: calm.get(f"/sms/{message['id']}")["status"] == "delivered", 250, "it is known")
    assert len(calm.sim.messages(person)) == 1
    assert calm.get("/sms", to=person)["count"] == 1


def test_a_send_that_the_carrier_never_saw_fails_as_unknown(calm: Company) -> None:
    person = calm.stack.new_phone()
    calm.sim.faults(rest=[{"path": "Messages", "kind": "500", "after": False, "rate": 1}])
    message = send(calm, person)
    calm.sim.clear_faults()
    calm.until(lambda: calm.get(f"/sms/{message['id']}")["status"] == "failed", 250)
    assert calm.get(f"/sms/{message['id']}")["error"]["reason"] == "carrier_unknown"
    assert calm.sim.messages(person) == []


def test_nothing_is_sent_after_a_listing_was_acknowledged(new_company: Callable[..., Company]) -> None:
    """Many senders and one who lists, over HTTP: what the network took in, it took in before the acknowledgement."""
    office = new_company()
    people = [office.stack.new_phone() for _ in range(6)]
    acknowledged: dict[str, int] = {}

    def write(n: int) -> None:
        with_client = office.stack.api(office.tenant)
        for person in people * 4:
            answer = with_client.post(
                "/sms/send", json={"from_number": office.number, "to_number": person, "body": f"{n}"}
            )
            assert answer.status_code in (201, 451), answer.text

    def list_them() -> None:
        client = office.stack.api(office.tenant)
        for person in people:
            assert client.post("/compliance/dnc", json={"phone": person}).status_code == 201
            acknowledged[person] = sent_to(person)

    def sent_to(person: str) -> int:
        creates = [one for one in office.sim.requests() if one["method"] == "POST" and "/Messages" in one["path"]]
        return sum(one["params"].get("To") == person for one in creates)

    with ThreadPoolExecutor(5) as pool:
        writers = [pool.submit(write, n) for n in range(4)]
        pool.submit(list_them).result(timeout=120)
        for writer in writers:
            writer.result(timeout=120)
    assert {person: sent_to(person) for person in people} == acknowledged

"""A number is found, bought, routed, called, and given back."""

from tests.flows.company import ASKS, STAYS


def test_a_customer_calls_a_number_that_was_just_bought(company):
    found = company.api.post(
        "/numbers/search", json={"country": "US", "number_type": "local", "area_code": "212", "limit": 5}
    ).json()
    number = found["results"][0]["phone_number"]
    bought = company.api.post("/numbers/purchase", json={"phone_number": number, "friendly_name": "Support"})
    assert bought.status_code == 201, bought.text
    address = f"/numbers/{bought.json()['id']}"

    company.number, first = number, company.number
    call_id, _ = company.receive(ASKS)
    call = company.in_the_books(call_id)
    assert (call["to_number"], call["disposition"]) == (number, "answered"), "the default queue takes it"

    sales = company.api.post("/queues", json={"name": "Sales"}).json()
    routing = {"type": "queue", "target_id": sales["id"]}
    assert company.api.put(f"{address}/config", json={"routing": routing}).json()["routing"] == routing
    call_id, _ = company.receive(STAYS)
    company.until(lambda: company.call(call_id)["phase"] == "waiting")
    assert company.call(call_id)["queue"]["id"] == sales["id"]
    in_use = company.api.delete(address)
    assert in_use.status_code == 422, in_use.text
    company.api.post(f"/calls/{call_id}/hangup", json={}).raise_for_status()
    company.in_the_books(call_id)

    agent = company.agent()
    routing = {"type": "agent", "target_id": agent.id}
    assert company.api.put(f"{address}/config", json={"routing": routing}).status_code == 200
    call_id, _ = company.receive(ASKS)
    assert company.in_the_books(call_id)["agent"]["id"] == agent.id

    assert company.api.delete(address).status_code == 204
    assert [row["phone_number"] for row in company.api.get("/numbers").json()["results"]] == [first]

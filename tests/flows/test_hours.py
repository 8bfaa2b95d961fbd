"""Numbers lead elsewhere while the business is closed."""

from tests.flows.company import STAYS, Company

ALWAYS = {day: [["00:00", "24:00"]] for day in ("monday", "tuesday", "wednesday", "thursday", "friday")} | {
    "saturday": [["00:00", "24:00"]],
    "sunday": [["00:00", "24:00"]],
}


def test_open_and_closed(company: Company) -> None:
    hours = company.make(
        "/business-hours", name="Shop", weekly=ALWAYS, closed_route={"type": "voicemail", "target_id": None}
    )
    company.route("queue", company.queue_id, business_hours_id=hours)
    assert company.get(f"/business-hours/{hours}/status")["open"] is True
    call_id, _ = company.receive(STAYS)
    company.until_talking(call_id, company.agent())
    company.api.patch(f"/business-hours/{hours}", json={"weekly": {}}).raise_for_status()
    assert company.get(f"/business-hours/{hours}/status")["open"] is False
    late, _ = company.receive([{"wait_for": "leave a message"}, {"hangup": True}])
    assert company.until_over(late)["disposition"] == "abandoned"
    assert company.call(call_id)["phase"] == "joined", "who is being served stays"


def test_closed_without_a_route_is_the_default_queues_voicemail(company: Company) -> None:
    hours = company.make("/business-hours", name="Never", weekly={})
    company.route("queue", company.queue_id, business_hours_id=hours)
    call_id, _ = company.receive(STAYS)
    company.until(lambda: company.call(call_id)["phase"] == "voicemail")

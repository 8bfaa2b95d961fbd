"""The whole system as the flow tests use it: a call goes through, and what is hurt heals."""

import httpx
import pytest

from tests.waiting import wait_until


def place_call(stack, tenant, callee: str) -> str:
    body = {"from_number": tenant.number, "to_number": callee}
    answer = stack.api(tenant).post("/calls/outbound", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def status_of(stack, tenant, call_id: str) -> str:
    return stack.api(tenant).get(f"/calls/{call_id}").json()["status"]


def test_an_organization_can_call_and_be_answered(stack):
    tenant = stack.new_organization(agents=1)
    callee = stack.new_phone()
    stack.sim.person(callee, outcome="answer", answer_after=1, script=[{"say": "Hello"}, {"hangup": True}])
    call_id = place_call(stack, tenant, callee)
    wait_until(lambda: status_of(stack, tenant, call_id) == "completed", timeout=60)
    assert [call["to"] for call in stack.sim.calls() if call["to"] == callee] == [callee]


def test_two_organizations_share_nothing(stack):
    first, second = stack.new_organization("One"), stack.new_organization("Two")
    assert {first.id, first.number, first.queue_id}.isdisjoint({second.id, second.number, second.queue_id})
    assert stack.api(second).get("/numbers").json()["count"] == 1


@pytest.mark.parametrize("name", ["worker", "web", "beat", "simulator"])
def test_a_killed_process_comes_back(stack, name):
    tenant = stack.new_organization(agents=0)
    stack.kill(name)
    wait_until(stack.is_up, timeout=60)
    assert stack.api(tenant).get("/numbers").json()["count"] == 1


@pytest.mark.soak
def test_calls_go_on_after_redis_was_lost(stack):
    tenant = stack.new_organization(agents=0)
    stack.restart_redis(down_seconds=1)
    callee = stack.new_phone()
    stack.sim.person(callee, outcome="busy")
    call_id = place_call(stack, tenant, callee)
    wait_until(lambda: status_of(stack, tenant, call_id) == "busy", timeout=60)


@pytest.mark.soak
def test_a_stack_has_its_own_speed_and_environment(make_stack):
    stack = make_stack(clock_speed=20, env={"RATE_LIMIT_PER_MINUTE": "7"})
    found = stack.django(
        "from django.conf import settings; from zerovoice.lib import clock\n"
        "result = [clock.SPEED, settings.RATE_LIMIT_PER_MINUTE, settings.DATABASES['default']['NAME']]"
    )
    assert found == [20, 7, f"zv{stack.name}_stack"]
    assert stack.api().get("/numbers").status_code == 401


@pytest.mark.soak
def test_metrics_add_up_over_the_web_processes(make_stack):
    stack = make_stack(web_workers=2)

    def requests_seen() -> float:
        lines = httpx.get(f"{stack.base_url}/metrics").text.splitlines()
        found = [line for line in lines if line.startswith("django_http_requests_total_by_method_total{")]
        return sum(float(line.rsplit(" ", 1)[1]) for line in found)

    before = requests_seen()
    for _ in range(40):
        httpx.get(f"{stack.base_url}/health")
    assert requests_seen() - before >= 40

"""Organisations for the tests of a running system, made with the product's own actions (inside of `tests.shell`)."""

from typing import Any


def make(
    *,
    name: str,
    number: str,
    agent_endpoints: list[str],
    presence: str,
    rate_limit_per_minute: int,
    queue_fields: dict[str, Any],
    password: str,
) -> dict[str, Any]:
    """An organisation with an owner, an all-powerful API key, a number that leads to its queue, and agents in it."""
    from calls.actions import agents
    from calls.models import Queue
    from numbers.actions import buy_number
    from zerovoice.accounts import actions, keys, principals, scopes

    organization = actions.create_organization(name=name, rate_limit_per_minute=rate_limit_per_minute)
    owner = actions.create_user(email=f"owner@{organization.slug}.example", password=password, name="Olga Owner")
    actions.add_member(organization=organization, user=owner, role=scopes.OWNER)
    _, key = actions.create_api_key(organization=organization, name="tests", scopes=scopes.ALL)
    text = keys.parse_key(key)
    assert text is not None
    holder = principals.api_key(text.prefix)
    assert holder is not None
    queue = Queue.objects.of(organization.id).get(is_default=True)
    if queue_fields:
        Queue.objects.filter(pk=queue.pk).update(**queue_fields)
    made = []
    for position, endpoint in enumerate(agent_endpoints, start=1):
        agent = agents.save_agent(
            principal=holder.principal, queue_ids=[queue.id], name=f"Agent {position}", endpoint=endpoint
        )
        if presence != "offline":
            agents.set_presence(principal=holder.principal, agent=agent, state=presence)
        made.append({"id": agent.id, "name": agent.name, "endpoint": endpoint})
    bought = buy_number(
        organization_id=organization.id,
        phone_number=number,
        friendly_name=name,
        routing={"type": "queue", "target_id": str(queue.id)},
    )
    return {
        "id": organization.id,
        "api_key": key,
        "email": owner.email,
        "password": password,
        "number": number,
        "number_id": bought.id,
        "queue_id": queue.id,
        "agents": made,
    }

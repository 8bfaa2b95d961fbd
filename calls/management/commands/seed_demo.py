"""The demo organisation of `make run`: made once, then lived through the real API, workers and simulator."""

from __future__ import annotations

import json
import os
import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from calls.actions import agents
from calls.management import demo_floor, demo_life
from calls.models import Agent, Call, Queue
from numbers.actions import buy_number
from numbers.models import PhoneNumber
from zerovoice.accounts import actions, principals, scopes
from zerovoice.accounts.models import ApiKey, Membership, Organization, User
from zerovoice.api.principal import Principal

SLUG = "demo"
OWNER = "owner@demo.example"
SUPERVISOR = "supervisor@demo.example"
OPERATOR = "operator@demo.example"  # of the instance: a superuser
AGENT = "ada@demo.example"  # the first of AGENTS
#: The last one is answered by a menu.
NUMBERS = {"+14155550100": "Main line", "+14155550101": "Sales", "+14155550102": "Front desk"}
AGENTS = (
    ("Ada Reyes", "+14155550201"),
    ("Ben Okafor", "+14155550202"),
    ("Chloe Martin", "+14155550203"),
    ("Dev Patel", "+14155550204"),
)


class Command(BaseCommand):
    help = "Make the demo organisation against the simulator, let it live a short day, and write var/demo.json."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--file", type=Path, default=settings.BASE_DIR / "var" / "demo.json")
        parser.add_argument("--no-life", action="store_true", help="only make it: no calls")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demo belongs to development: production has customers of its own.")
        if not settings.TWILIO_API_URL:
            raise CommandError("The demo calls simulated people: point TWILIO_API_URL at the simulator.")
        file: Path = options["file"]
        organization = Organization.objects.filter(slug=SLUG).first()
        if organization is None:
            organization = _make()
        _later_people(organization)
        self._numbers(organization)
        demo = self._describe(organization, file)
        if not options["no_life"] and not Call.objects.of(organization.pk).exists():
            demo_life.live(demo, progress=self._progress)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(demo, indent=2) + "\n")
        self.stdout.write(f"Demo: {file}")

    def _progress(self, done: int, of: int) -> None:
        self.stdout.write(f"Demo: living a short day, {done} of {of} calls over ({100 * done // of} %)")

    def _numbers(self, organization: Organization) -> None:
        """All of them, bought in the simulated network."""
        owned = set(PhoneNumber.objects.of(organization.pk).live().values_list("number", flat=True))
        for number, name in NUMBERS.items():
            if number not in owned:
                buy_number(
                    organization_id=organization.pk,
                    phone_number=number,
                    friendly_name=name,
                    principal=_owner(organization),
                )
        desk = PhoneNumber.objects.of(organization.pk).active().filter(number=list(NUMBERS)[-1]).first()
        if desk is not None:
            demo_floor.furnish(_owner(organization), desk)

    def _describe(self, organization: Organization, file: Path) -> dict[str, Any]:
        """What var/demo.json says. Passwords and the key are kept from the first time; lost ones are made anew."""
        known = json.loads(file.read_text()) if file.exists() else {}
        if known.get("organization_id") != str(organization.pk):
            known = {}
        return {
            "base_url": settings.PUBLIC_URL,
            "organization_id": str(organization.pk),
            "api_key": known.get("api_key") or _new_key(organization),
            "email": OWNER,
            "password": known.get("password") or _new_password(OWNER),
            "supervisor_email": SUPERVISOR,
            "supervisor_password": known.get("supervisor_password") or _new_password(SUPERVISOR),
            "operator_email": OPERATOR,
            "operator_password": known.get("operator_password") or _new_password(OPERATOR),
            "agent_email": AGENT,
            "agent_password": known.get("agent_password") or _new_password(AGENT),
            "numbers": list(
                PhoneNumber.objects.of(organization.pk).active().order_by("number").values_list("number", flat=True)
            ),
            "queue_id": str(Queue.objects.of(organization.pk).get(is_default=True).pk),
            "agents": [
                {"id": str(agent.pk), "name": agent.name, "endpoint": agent.endpoint}
                for agent in Agent.objects.of(organization.pk).order_by("name")
            ],
            "simulator_url": os.environ.get("SIMULATOR_URL") or settings.TWILIO_API_URL,
        }


@transaction.atomic
def _make() -> Organization:
    organization = actions.create_organization(name="Demo", slug=SLUG, timezone="America/Los_Angeles", country="US")
    for email, name, role in ((OWNER, "Olivia Owner", "owner"), (SUPERVISOR, "Sam Supervisor", "supervisor")):
        user = actions.create_user(email=email, password=secrets.token_urlsafe(12), name=name, is_staff=True)
        actions.add_member(organization=organization, user=user, role=role)
    principal = _owner(organization)
    main = Queue.objects.of(organization.pk).get(is_default=True)
    for name, endpoint in AGENTS:
        agent = agents.save_agent(principal=principal, name=name, endpoint=endpoint, queue_ids=[main.pk])
        agents.set_presence(principal=principal, agent=agent, state=Agent.State.AVAILABLE)
    Queue.objects.filter(pk=main.pk).update(wrap_up_seconds=3)
    return organization


@transaction.atomic
def _later_people(organization: Organization) -> None:
    """Those whom demos that were made before do not have."""
    if not User.objects.filter(email=OPERATOR).exists():
        User.objects.create_superuser(OPERATOR, secrets.token_urlsafe(12), name="Otto Operator")
    if not User.objects.filter(email=AGENT).exists():
        name, endpoint = AGENTS[0]
        user = actions.create_user(email=AGENT, password=secrets.token_urlsafe(12), name=name, is_staff=True)
        actions.add_member(organization=organization, user=user, role=scopes.AGENT)
        Agent.objects.of(organization.pk).filter(endpoint=endpoint, user=None).update(user=user)


def _owner(organization: Organization) -> Principal:
    membership = Membership.objects.select_related("user").get(organization=organization, user__email=OWNER)
    principal = principals.member(organization.pk, membership.user_id, membership.token_version)
    assert principal is not None
    return principal


def _new_key(organization: Organization) -> str:
    ApiKey.objects.filter(organization=organization, name="Demo").delete()
    _, text = actions.create_api_key(organization=organization, name="Demo", scopes=scopes.ALL)
    return text


def _new_password(email: str) -> str:
    user = User.objects.get(email=email)
    password = secrets.token_urlsafe(12)
    user.set_password(password)
    user.save(update_fields=["password"])
    return password

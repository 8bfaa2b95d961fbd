"""What can be set about a queue, within which bounds."""

from typing import Any

import pytest

from calls.models import Queue
from tests import people
from tests.api import factories
from tests.people import Caller

pytestmark = pytest.mark.django_db

QUEUES = "/api/v1/queues"


@pytest.fixture
def owner() -> Caller:
    return people.member(people.organization(), "owner")


def test_all_that_can_be_set_is_kept_and_shown(owner: Caller) -> None:
    music, greeting = (str(factories.prompt(owner.organization).pk) for _ in range(2))
    main = str(Queue.objects.get().pk)
    said = {
        "name": "Billing", "is_default": False, "strategy": "skills", "skills": ["billing", "french"],
        "skills_timeout_seconds": 0, "ring_timeout_seconds": 5, "wrap_up_seconds": 0, "max_wait_seconds": 10,
        "max_size": 1, "overflow_route": {"type": "queue", "target_id": main, "priority": 5, "skills": ["billing"]},
        "service_level_seconds": 1, "short_abandon_seconds": 0, "announce_position": False, "announce_wait": True,
        "offers_callback": True, "music_id": music, "voicemail_greeting": "Speak", "voicemail_prompt_id": greeting,
    }  # fmt: skip
    made = owner.post(QUEUES, said)
    assert made.status_code == 201, made.content
    path = f"{QUEUES}/{made.json()['id']}"
    shown = owner.get(path).json()
    assert {name: shown[name] for name in said} == said
    assert set(shown) == {*said, "id", "created_at"}
    nothing = {"skills": [], "skills_timeout_seconds": None, "max_size": None, "overflow_route": None,
               "music_id": None, "voicemail_prompt_id": None, "voicemail_greeting": ""}  # fmt: skip
    assert owner.patch(path, nothing).status_code == 200
    cleared = owner.get(path).json()
    assert {name: cleared[name] for name in nothing} == {**nothing, "overflow_route": {}}
    assert owner.patch(path, {"overflow_route": {}}).status_code == 200, "what was read may be sent"


def test_a_queue_has_sensible_settings_of_its_own(owner: Caller) -> None:
    made = owner.post(QUEUES, {"name": "Billing"}).json()
    assert (made["strategy"], made["skills"], made["overflow_route"]) == ("longest_idle", [], {})
    assert (made["service_level_seconds"], made["short_abandon_seconds"], made["max_size"]) == (20, 5, None)
    assert (made["announce_position"], made["announce_wait"], made["offers_callback"]) == (True, False, False)


@pytest.mark.parametrize("strategy", ["longest_idle", "round_robin", "least_calls", "ring_all", "skills"])
def test_every_strategy(owner: Caller, strategy: str) -> None:
    assert owner.post(QUEUES, {"name": "Billing", "strategy": strategy}).json()["strategy"] == strategy


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"strategy": "loudest"}, "strategy"), ({"strategy": None}, "strategy"),
        ({"skills": ["French"]}, "skills"), ({"skills": "french"}, "skills"), ({"skills": [""]}, "skills"),
        ({"skills": [f"s{n}" for n in range(51)]}, "skills"),
        ({"skills_timeout_seconds": -1}, "skills_timeout_seconds"),
        ({"skills_timeout_seconds": 14_401}, "skills_timeout_seconds"), ({"max_size": 0}, "max_size"),
        ({"max_size": 10_001}, "max_size"), ({"max_size": "many"}, "max_size"),
        ({"service_level_seconds": 0}, "service_level_seconds"),
        ({"service_level_seconds": None}, "service_level_seconds"),
        ({"short_abandon_seconds": 601}, "short_abandon_seconds"), ({"announce_wait": "yes"}, "announce_wait"),
        ({"offers_callback": 1}, "offers_callback"), ({"voicemail_greeting": "x" * 1001}, "voicemail_greeting"),
        ({"music_id": "waltz"}, "music_id"), ({"overflow_route": "queue"}, "overflow_route"),
        ({"overflow_route": {"type": "queue"}}, "overflow_route.target_id"),
        ({"overflow_route": {"type": "nowhere", "target_id": None}}, "overflow_route.type"),
        ({"overflow_route": {"type": "hangup", "colour": "red"}}, "overflow_route.colour"),
        ({"waiting": 5}, "waiting"),
    ],
)  # fmt: skip
def test_what_is_malformed_is_a_400(owner: Caller, body: dict[str, Any], field: str) -> None:
    answer = owner.post(QUEUES, {"name": "Billing", **body})
    assert answer.status_code == 400, answer.content
    assert answer.json()["details"]["field"].removesuffix(".0") == field
    assert Queue.objects.count() == 1


@pytest.mark.parametrize("field", ["music_id", "voicemail_prompt_id"])
@pytest.mark.parametrize("whose", ["nobody", "stranger"])
def test_sounds_are_the_organizations_own(owner: Caller, field: str, whose: str) -> None:
    theirs = factories.prompt(people.organization("Globex")).pk if whose == "stranger" else people.absent_id()
    answer = owner.patch(f"{QUEUES}/{Queue.objects.of(owner.organization.pk).get().pk}", {field: str(theirs)})
    assert (answer.status_code, answer.json()["details"]["field"]) == (422, field)
    assert not Queue.objects.exclude(**{field: None}).exists()


def test_an_overflow_leads_somewhere_else(owner: Caller) -> None:
    main = Queue.objects.get()
    stranger = Queue.objects.of(people.organization("Globex").pk).get()
    for target in (main, stranger):
        answer = owner.patch(f"{QUEUES}/{main.pk}", {"overflow_route": {"type": "queue", "target_id": str(target.pk)}})
        assert (answer.status_code, answer.json()["details"]["field"]) == (422, "overflow_route.target_id")
    main.refresh_from_db()
    assert main.overflow_route == {}
    voicemail = {"type": "voicemail", "target_id": str(main.pk)}
    assert owner.patch(f"{QUEUES}/{main.pk}", {"overflow_route": voicemail}).json()["overflow_route"] == voicemail

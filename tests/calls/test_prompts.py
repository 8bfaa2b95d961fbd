"""Prompts: uploaded, played to the carrier without log-in, kept while something plays them."""

from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from calls import prompts
from calls.actions.prompts import MOST_BYTES
from calls.models import Agent, IvrMenu, Prompt, Queue
from tests import people
from tests.api import factories
from tests.calls.test_sound import mp3, riff
from tests.people import Caller

pytestmark = pytest.mark.django_db

PROMPTS = "/api/v1/prompts"


@pytest.fixture
def owner() -> Caller:
    return people.member(people.organization(), "owner")


def upload(caller: Caller, data: bytes, name: str = "Greeting", file_name: str = "greeting.wav", **form: str) -> Any:
    body = {"file": SimpleUploadedFile(file_name, data, "audio/x-whatever"), "name": name, **form}
    return caller.client.post(PROMPTS, body, headers=caller.headers)


def path_of(prompt: Prompt) -> str:
    return prompts.url(prompt).removeprefix("http://testserver")


@pytest.mark.parametrize(
    ("data", "content_type"), [(riff(seconds=2.2), "audio/wav"), (mp3(2.2), "audio/mpeg")], ids=["wav", "mp3"]
)
def test_a_sound_from_beginning_to_end(
    owner: Caller, data: bytes, content_type: str, django_capture_on_commit_callbacks: Any
) -> None:
    answer = upload(owner, data, file_name="../../music.exe")  # what it is called does not matter
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["name"], made["content_type"], made["size"]) == ("Greeting", content_type, len(data))
    assert made["duration_seconds"] == 3
    path = f"{PROMPTS}/{made['id']}"
    assert owner.patch(path, {"name": "Welcome"}).json()["name"] == "Welcome"
    assert [row["name"] for row in owner.get(PROMPTS).json()["results"]] == ["Welcome"]
    part = owner.get(f"{path}/audio", Range="bytes=0-3")
    assert (part.status_code, part.getvalue(), part["Content-Type"]) == (206, data[:4], content_type)
    stored = Prompt.objects.get().file.name
    with django_capture_on_commit_callbacks(execute=True):
        assert owner.delete(path).status_code == 204
    assert owner.get(path).status_code == 404
    assert not default_storage.exists(stored)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "neither WAV nor MP3"),
        (riff()[:-100], "cut off"),
        (riff(bits=8, seconds=601), "longer than 600 seconds"),
        (riff(rate=48_000, channels=2, seconds=60), "larger than"),
    ],
    ids=["empty", "png", "cut off", "long", "large"],
)
def test_what_no_phone_plays_is_refused(owner: Caller, data: bytes, said: str) -> None:
    answer = upload(owner, data)
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, "file")
    assert said in answer.json()["details"]["message"]
    assert not Prompt.objects.exists()


def test_ten_megabytes_are_taken_and_no_more(owner: Caller) -> None:
    head = 44
    just = riff(rate=32_000, seconds=(MOST_BYTES - head) / 64_000)
    assert len(just) == MOST_BYTES
    assert upload(owner, just).status_code == 201
    assert upload(owner, riff(rate=32_000, seconds=(MOST_BYTES - head + 2) / 64_000), "More").status_code == 400


def test_a_form_with_a_file_and_a_name_is_wanted(owner: Caller) -> None:
    assert owner.post(PROMPTS, {"name": "Greeting"}).json()["details"]["field"] == "file"
    for form, field in (({"colour": "red"}, "colour"), ({"name": ""}, "name"), ({"name": "x" * 65}, "name")):
        answer = upload(owner, riff(), **form)
        assert (answer.status_code, answer.json()["details"]["field"]) == (400, field)
    assert not Prompt.objects.exists()


def test_a_name_is_given_once(owner: Caller) -> None:
    first, other = upload(owner, riff()).json(), upload(owner, riff(), "Other").json()
    files = set(default_storage.listdir("prompts")[1])
    again = upload(owner, riff())
    assert (again.status_code, again.json()["details"]["field"]) == (422, "name")
    assert owner.patch(f"{PROMPTS}/{other['id']}", {"name": "Greeting"}).status_code == 422
    assert {row["id"] for row in owner.get(PROMPTS).json()["results"]} == {first["id"], other["id"]}
    assert set(default_storage.listdir("prompts")[1]) == files  # nothing is left behind


def test_the_carrier_fetches_it_without_log_in(owner: Caller) -> None:
    upload(owner, data := riff())
    prompt = Prompt.objects.get()
    assert prompts.url(prompt).startswith("http://testserver/media/prompts/")
    assert prompts.url(prompt).endswith(".wav")
    answer = Client().get(path_of(prompt))
    assert (answer.status_code, answer.getvalue(), answer["Content-Type"]) == (200, data, "audio/wav")
    assert answer["Cache-Control"] == "public, max-age=86400"
    head = Client().head(path_of(prompt))
    assert (head.status_code, head["Content-Length"], head["Content-Type"]) == (200, str(len(data)), "audio/wav")
    again = Client().get(path_of(prompt), headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert Client().post(path_of(prompt)).status_code == 405


def test_a_made_up_address_leads_nowhere(owner: Caller) -> None:
    upload(owner, riff())
    path = path_of(prompt := Prompt.objects.get())
    pk, signature, extension = path.removeprefix("/media/prompts/").split(".")
    for token in (
        f"{people.absent_id().hex}.{signature}.{extension}",
        f"{pk}.{signature[:-1]}{'A' if signature[-1] != 'A' else 'B'}.{extension}",
        f"{pk}.{signature}.mp3",
        f"{pk}.{extension}",
        f"{pk}.{signature}",
        str(prompt.pk),
        "a",
    ):
        assert Client().get(f"/media/prompts/{token}").status_code == 404, token
    Prompt.objects.all().delete()
    assert Client().get(path).status_code == 404


@pytest.mark.parametrize("field", ["queue.music", "queue.voicemail_prompt", "agent.voicemail_prompt", "menu.prompt"])
def test_what_is_played_is_kept(owner: Caller, field: str) -> None:
    prompt = factories.prompt(owner.organization)
    kind, column = field.split(".")
    if kind == "queue":
        Queue.objects.update(**{column: prompt})
    elif kind == "agent":
        Agent.objects.create(organization=owner.organization, name="Ann", endpoint="+14155550144", **{column: prompt})
    else:
        IvrMenu.objects.create(organization=owner.organization, name="Welcome", **{column: prompt})
    answer = owner.delete(f"{PROMPTS}/{prompt.pk}")
    assert answer.status_code == 422
    assert "plays it" in answer.json()["details"]["message"]
    assert default_storage.exists(prompt.file.name)
    assert owner.get(f"{PROMPTS}/{prompt.pk}").status_code == 200

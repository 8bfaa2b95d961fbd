"""Contacts as CSV: what is taken, what is reported, and that nothing is taken twice."""

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from contacts.models import Contact
from tests import people
from tests.people import Caller
from zerovoice.bulk import jobs
from zerovoice.bulk.models import Job

pytestmark = pytest.mark.django_db

IMPORT, EXPORT = "/api/v1/contacts/import", "/api/v1/contacts/export"
FILE = (
    "Name,phone,email,company,tags,city,country\n"
    'Maria Lopez,+14155550101,maria@lopez.example,"Lopez, Inc",vip|new,Miami,US\n'
    "Nobody,555-0102,,,,,\n"
    "\n"
    ",+14155550103,,,,,\n"
    "Ann,+14155550104,not an address,,,,\n"
    "Bob,+14155550105,,,,,US\n"
    "Short,+14155550106\n"
    "Maria Again,+14155550101,,,,,\n"
)


@pytest.fixture
def owner() -> Caller:
    return people.member(people.organization(), "owner", "olga")


def upload(caller: Caller, text: str | bytes, **form: str) -> Any:
    data = text if isinstance(text, bytes) else text.encode()
    body = {"file": SimpleUploadedFile("contacts.csv", data, "text/csv"), **form}
    return caller.client.post(IMPORT, body, headers=caller.headers)


def finish(caller: Caller, answer: Any) -> Any:
    """The job at its end, as the API tells it."""
    assert answer.status_code == 202, answer.content
    for _ in range(20):
        jobs.work_on(answer.json()["id"])
    path = answer.headers["Location"].removeprefix("http://testserver")
    return caller.get(path).json()


def report(caller: Caller, job: Any) -> list[list[str]]:
    answer = caller.get(f"/api/v1/contacts/jobs/{job['id']}/report")
    assert answer["Content-Type"].startswith("text/csv")
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))


def test_good_rows_are_taken_and_bad_ones_reported_by_line(owner: Caller) -> None:
    first = upload(owner, FILE)
    assert (first.json()["state"], first.json()["percent"] < 100) == ("pending", True)
    assert first.json()["started_by"].startswith("olga")
    job = finish(owner, first)
    assert (job["state"], job["percent"], job["rows_done"]) == ("done", 100, 7)
    assert (job["created_count"], job["skipped_count"], job["failed_count"]) == (2, 1, 4)
    lines = report(owner, job)
    assert lines[0] == ["line", "reason", "row"]
    assert [(line, reason.split(":")[0]) for line, reason, _ in lines[1:]] == [
        ("3", "phone"), ("5", "name"), ("6", "email"), ("8", "2 values for 7 columns"),
    ]  # fmt: skip
    assert "555-0102" in lines[1][2]
    maria = Contact.objects.get(phone="+14155550101")
    assert (maria.name, maria.company, maria.tags, maria.city) == ("Maria Lopez", "Lopez, Inc", ["vip", "new"], "Miami")


def test_a_bare_csv_body_will_do(owner: Caller) -> None:
    answer = owner.client.post(
        f"{IMPORT}?on_duplicate=update", FILE.encode(), content_type="text/csv", headers=owner.headers
    )
    assert finish(owner, answer)["created_count"] == 2


def test_duplicates_are_skipped_or_updated(owner: Caller) -> None:
    Contact.objects.create(organization=owner.organization, name="Old", phone="+14155550101", street="Here 1")
    assert finish(owner, upload(owner, FILE))["skipped_count"] == 2
    assert Contact.objects.get(phone="+14155550101").name == "Old"
    job = finish(owner, upload(owner, FILE, on_duplicate="update"))
    assert (job["updated_count"], job["created_count"]) == (2, 0)
    maria = Contact.objects.get(phone="+14155550101")
    assert (maria.name, maria.street) == ("Maria Lopez", "Here 1")  # the file has no streets


def test_a_dry_run_writes_nothing(owner: Caller) -> None:
    job = finish(owner, upload(owner, FILE, dry_run="true"))
    assert (job["dry_run"], job["created_count"], job["failed_count"]) == (True, 2, 4)
    assert len(report(owner, job)) == 5
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    ("text", "form", "field"),
    [
        ("", {}, "file"),
        ("name\nx", {}, "file"),
        ("name,phone,phone\n", {}, "file"),
        ("name,phone,shoe size\n", {}, "file"),
        (b"\xff\xfe,phone\n", {}, "file"),
        (FILE, {"dry_run": "perhaps"}, "dry_run"),
        (FILE, {"on_duplicate": "merge"}, "on_duplicate"),
    ],
)
def test_what_is_wrong_with_the_file_is_said_at_once(
    owner: Caller, text: str | bytes, form: dict[str, str], field: str
) -> None:
    answer = upload(owner, text, **form)
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, field)
    assert not Job.objects.exists()


def test_no_file_is_a_clear_error(owner: Caller) -> None:
    for answer in (
        owner.post(IMPORT, {"file": "x"}),
        owner.client.post(IMPORT, {"dry_run": "true"}, headers=owner.headers),
        owner.client.post(IMPORT, {"file": "text"}, headers=owner.headers),
    ):
        assert (answer.status_code, answer.json()["details"]["field"]) == (400, "file"), answer.content


def test_a_file_that_breaks_off_fails_and_says_where(owner: Caller) -> None:
    job = finish(owner, upload(owner, FILE + 'Zoe,"+1' + "x" * 70_000))
    assert (job["state"], "Line 10" in job["error"]) == ("failed", True)


def test_a_worker_that_dies_between_batches_leaves_no_trace(owner: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "BATCH", 2)
    text = "name,phone\n" + "".join(f"P{n},+1415555{n:04}\n" for n in range(21))
    answer = upload(owner, text)
    for _ in range(30):
        jobs.work_on(answer.json()["id"], seconds=-1)  # one batch a slice
    job = finish(owner, answer)
    assert (job["state"], job["created_count"], job["skipped_count"]) == ("done", 21, 0)
    assert Contact.objects.count() == 21


def test_an_export_honours_the_filters_and_can_be_imported(owner: Caller) -> None:
    finish(owner, upload(owner, FILE))
    Contact.objects.filter(phone="+14155550105").update(name="=cmd|' /C calc'!A0")
    everything = finish(owner, owner.post(EXPORT, {}))
    vip = finish(owner, owner.post(EXPORT, {"tag": "vip"}))

    def lines(job: Any) -> list[dict[str, str]]:
        answer = owner.get(f"/api/v1/contacts/jobs/{job['id']}/file")
        return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))

    assert [row["phone"] for row in lines(everything)] == ["+14155550105", "+14155550101"]
    assert lines(everything)[0]["name"].startswith("'=")
    (maria,) = lines(vip)
    assert (maria["name"], maria["tags"], maria["company"]) == ("Maria Lopez", "vip|new", "Lopez, Inc")
    assert (vip["state"], vip["percent"], vip["rows_done"]) == ("done", 100, 1)
    assert owner.post(EXPORT, {"tags": "vip"}).status_code == 400


def test_a_stranger_sees_no_job(owner: Caller) -> None:
    job = finish(owner, upload(owner, FILE))
    stranger = people.member(people.organization("Other"), "owner")
    for path in ("", "/report", "/file"):
        assert stranger.get(f"/api/v1/contacts/jobs/{job['id']}{path}").status_code == 404
    assert people.member(owner.organization, "viewer").post(IMPORT, {}).status_code == 403


def test_a_held_contact_is_neither_renamed_nor_given_another_address(owner: Caller) -> None:
    """As when one by one: by these their calls are found. The rest of the row's contact may be kept up to date."""
    for name, phone in (("Maria Lopez", "+14155550101"), ("Ann", "+14155550102")):
        owner.post("/api/v1/contacts", {"name": name, "phone": phone, "email": "one@lopez.example"})
    for held in Contact.objects.filter(phone__in=["+14155550101"]):
        body = {"contact_id": str(held.pk), "reason": "Case 17-204"}
        assert owner.post("/api/v1/compliance/holds", body).status_code == 201
    text = (
        "name,phone,email,company\n"
        "Maria Other,+14155550101,one@lopez.example,New Inc\n"
        "Ann Other,+14155550102,two@lopez.example,New Inc\n"
    )
    job = finish(owner, upload(owner, text, on_duplicate="update"))
    assert (job["updated_count"], job["failed_count"]) == (1, 1)
    assert report(owner, job)[1][:2] == ["2", "name: A legal hold keeps this contact"]
    same = "name,phone,email,company\nMaria Lopez,+14155550101,one@lopez.example,New Inc\n"
    assert finish(owner, upload(owner, same, on_duplicate="update"))["updated_count"] == 1
    found = Contact.objects.order_by("phone").values_list("name", "email", "company")
    assert list(found) == [
        ("Maria Lopez", "one@lopez.example", "New Inc"),
        ("Ann Other", "two@lopez.example", "New Inc"),
    ]

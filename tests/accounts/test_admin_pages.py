"""The back office's own pages: refusals, the search box, the audit's list, what is shown once, deleting several."""

import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contacts.models import Contact
from tests import people
from tests.api import factories
from zerovoice.accounts import actions, audit_state, sealing
from zerovoice.accounts.admin import DiscreetAdmin
from zerovoice.accounts.audit_admin import words_of
from zerovoice.accounts.models import ApiKey, AuditEntry, Organization, User
from zerovoice.backoffice import palette

pytestmark = pytest.mark.django_db
AUDIT = "/admin/accounts/auditentry/"


@pytest.fixture
def acme() -> Organization:
    return people.organization("Acme")


def logged_in(user: User, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(user)
    return client


def staff(organization: Organization, role: str, **options: Any) -> Client:
    return logged_in(people.member(organization, role, is_staff=True).membership.user, **options)


# --- refusals ---


def test_refusals_are_readable(acme: Organization) -> None:
    client = staff(acme, "supervisor")
    missing = client.get("/admin/no/such/page/")
    forbidden = client.get("/admin/accounts/apikey/")
    for answer, status, words in ((missing, 404, "There is nothing here"), (forbidden, 403, "You may not open this")):
        assert answer.status_code == status
        assert words in answer.content.decode()
        assert "ZeroVoice" in answer.content.decode()
    forged = staff(acme, "owner", enforce_csrf_checks=True).post("/admin/contacts/contact/add/", {"name": "x"})
    assert forged.status_code == 403
    assert "open too long" in forged.content.decode()
    assert b"CSRF" not in forged.content


def test_scripts_are_refused_in_json(acme: Organization) -> None:
    told = staff(acme, "supervisor").get("/admin/no/such/", headers={"Accept": "application/json"})
    assert (told.status_code, told.json()["code"]) == (404, "not_found")


def test_a_defect_is_told_without_the_database(acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    from zerovoice.accounts.keys_admin import ApiKeyAdmin

    client = staff(acme, "owner", raise_request_exception=False)

    def broken(*_: Any) -> None:
        raise RuntimeError("the secret of the defect")

    monkeypatch.setattr(ApiKeyAdmin, "get_queryset", broken)
    answer = client.get("/admin/accounts/apikey/")
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.content.decode()
    assert answer["X-Request-ID"] in answer.content.decode()
    assert b"the secret" not in answer.content


def test_elsewhere_refusals_stay_as_they_were() -> None:
    assert Client().get("/api/v1/nothing").json()["code"] == "not_found"
    assert b"There is nothing here" not in Client().get("/nothing").content


def test_the_policy_lets_no_script_of_a_page_run(acme: Organization) -> None:
    answer = staff(acme, "owner").get("/admin/")
    scripts = re.search(r"script-src ([^;]+)", answer["Content-Security-Policy"])[1]
    assert scripts == "'self' 'unsafe-eval'"
    page = answer.content.decode()
    assert not re.search(r"<script(?![^>]*(\bsrc=|type=\"application/json\"))[^>]*>", page)
    assert not re.search(r"\son(click|change|load|submit|error)=", page)


# --- the search box ---


def found(client: Client, term: str) -> str:
    return client.get("/admin/search/", {"s": term, "extended": 1}).content.decode()


def test_the_search_box_finds_rows_and_pages(acme: Organization) -> None:
    Contact.objects.create(organization=acme, name="Maria Lopez", phone="+14155550142")
    client = staff(acme, "supervisor")
    assert "Maria Lopez" in found(client, "lopez")
    assert "/admin/calls/queue/" in found(client, "queues")
    assert "Maria" not in found(client, "m")  # too short to look through rows
    assert "No results" in found(client, "qqqq")
    assert client.get("/admin/search/", {"s": ""}).content == b""
    assert client.get("/admin/search/", {"s": "x" * 5000, "extended": 1, "page": "abc"}).status_code == 200


def test_it_finds_nothing_of_others_and_forgets_at_once(acme: Organization) -> None:
    globex = people.organization("Globex")
    Contact.objects.create(organization=globex, name="Nora Vale", phone="+14155550143")
    member = people.member(acme, "supervisor", is_staff=True).membership
    client = logged_in(member.user)
    assert "Nora" not in found(client, "nora vale")
    Contact.objects.create(organization=acme, name="Maria Lopez", phone="+14155550142")
    assert "Maria Lopez" in found(client, "lopez")
    actions.change_role(membership=member, role="agent", actor=None)
    assert "Maria Lopez" not in found(client, "lopez")
    assert "Calls" not in found(client, "calls")


def test_an_index_answers_it(acme: Organization) -> None:
    """With sequential scans forbidden where an index could answer, none is left over a table that grows."""
    Contact.objects.create(organization=acme, name="Maria Lopez", phone="+14155550142")
    client = staff(acme, "owner")
    found(client, "warm up")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for term in ("lopez", "+14155550142", "4155550142"):
            with CaptureQueriesContext(connection) as queries:
                found(client, term)
            assert len(queries) < 25
            for query in queries:
                if not query["sql"].startswith("SELECT"):
                    continue
                cursor.execute(f"EXPLAIN {query['sql']}")
                plan = "\n".join(line for (line,) in cursor.fetchall())
                grown = re.findall(r"Seq Scan on (contacts_contact|calls_call\b|messaging_\w+|compliance_\w+)", plan)
                assert not grown, f"{query['sql']}\n{plan}"


def test_rows_of_a_kind_are_bounded(acme: Organization) -> None:
    for number in range(palette.MOST_OF_A_KIND + 3):
        Contact.objects.create(organization=acme, name=f"Maria Lopez {number}", phone=f"+1415555014{number}")
    assert found(staff(acme, "owner"), "lopez").count("data-title") == palette.MOST_OF_A_KIND


# --- shown once ---


def test_a_secret_is_in_one_answer_and_in_no_message(acme: Organization) -> None:
    client = staff(acme, "owner")
    form = {"organization": str(acme.pk), "name": "CRM", "scopes": ["calls:read"]}
    answer = client.post("/admin/accounts/apikey/add/", form)
    key = ApiKey.objects.get(name="CRM")
    assert re.search(f"zv_{key.prefix}_[A-Za-z0-9]{{43}}", answer.content.decode())
    assert "no-store" in answer["Cache-Control"]
    assert "messages" not in answer.cookies
    assert "zv_" not in str(dict(client.session))


def test_a_refusal_writes_nothing_and_is_told(acme: Organization) -> None:
    client = staff(acme, "owner")
    form = {
        "organization": str(acme.pk), "name": "CRM", "scopes": ["calls:read"],
        "expires_at_0": "2020-01-01", "expires_at_1": "00:00",
    }  # fmt: skip
    page = client.post("/admin/accounts/apikey/add/", form, follow=True).content.decode()
    assert "Must be in the future" in page
    assert "added successfully" not in page
    assert not ApiKey.objects.exists()
    assert not LogEntry.objects.exists()


# --- history without names ---


def test_every_admin_keeps_names_out_of_its_history() -> None:
    others = [row for row in admin.site._registry.values() if not isinstance(row, DiscreetAdmin)]
    assert others == []


def test_history_knows_no_names(acme: Organization) -> None:
    client = staff(acme, "owner")
    form = {"organization": str(acme.pk), "name": "Maria Lopez", "phone": "+14155550142", "tags": "vip"}
    client.post("/admin/contacts/contact/add/", form)
    contact = Contact.objects.get()
    client.post(f"/admin/contacts/contact/{contact.pk}/change/", form | {"name": "Maria Vega"})
    client.post(f"/admin/contacts/contact/{contact.pk}/delete/", {"post": "yes"})
    rows = list(LogEntry.objects.values_list("object_repr", "change_message"))
    assert len(rows) == 3
    assert {name for name, _ in rows} == {f"contact {contact.pk}"}
    assert not re.search("Maria|Lopez|Vega|4155550142", str(rows))
    assert [e.action for e in AuditEntry.objects.filter(target_id=str(contact.pk)).order_by("id")] == [
        "contact.created", "contact.updated", "contact.deleted",
    ]  # fmt: skip


# --- the audit ---


def test_the_audit_says_who_did_what_to_what(acme: Organization) -> None:
    owner = people.member(acme, "owner", "olga", is_staff=True)
    client = logged_in(owner.membership.user)
    owner.post("/api/v1/contacts", {"name": "Maria Lopez", "phone": "+14155550142"})
    people.program(acme).post("/api/v1/contacts", {"name": "Nora Vale", "phone": "+14155550143"})
    page = client.get(AUDIT).content.decode()
    rows = re.findall(r"<tr.*?</tr>", page, re.DOTALL)
    made = next(row for row in rows if "Maria Lopez" in row)
    assert "Olga" in made
    assert "Contact created" in made
    assert f"/admin/contacts/contact/{Contact.objects.get(name='Maria Lopez').pk}/change/" in made
    assert "Key program" in next(row for row in rows if "Nora Vale" in row)
    Contact.objects.all().delete()
    page = client.get(AUDIT, {"action": "contact.created"}).content.decode()
    assert "Maria" not in page  # of who is gone, the audit knows no name
    assert len(re.findall(r"Contact created", page)) >= 2
    entry = AuditEntry.objects.filter(action="contact.created").first()
    assert client.get(f"{AUDIT}{entry.pk}/change/").status_code == 200


def test_the_audit_is_filtered_and_searched(acme: Organization) -> None:
    owner = people.member(acme, "owner", "olga", is_staff=True)
    client = logged_in(owner.membership.user)
    owner.post("/api/v1/contacts", {"name": "Maria Lopez", "phone": "+14155550142"})

    def listed(**query: str) -> int:
        return client.get(AUDIT, query).context["cl"].result_count

    everything = listed()
    assert listed(action="contact.created") == 1
    assert listed(actor=str(owner.membership.user_id)) == 1
    assert 0 < listed(actor="system") < everything
    assert listed(q="olga") == 1
    assert listed(q=str(Contact.objects.get().pk)) == 1
    assert listed(q="nobody") == 0
    assert client.get(AUDIT, {"actor": "nonsense"}).status_code == 200
    with CaptureQueriesContext(connection) as queries:
        client.get(AUDIT)
    assert len(queries) <= 20
    assert not [query["sql"] for query in queries if "COUNT(*)" in query["sql"] and "LIMIT" not in query["sql"]]


def test_the_audit_shows_nothing_of_others(acme: Organization) -> None:
    globex = people.organization("Globex")
    stranger = people.member(globex, "owner", "zoe")
    stranger.post("/api/v1/contacts", {"name": "Nora Vale", "phone": "+14155550143"})
    page = staff(acme, "owner").get(AUDIT, {"in": str(globex.pk)}, follow=True).content.decode()
    assert "Nora Vale" not in page
    assert "Zoe" not in page


def test_the_state_of_the_seals_is_seen(acme: Organization) -> None:
    client = staff(acme, "owner")
    page = client.get(AUDIT).content.decode()
    assert "Not checked lately" in page
    assert "Nothing sealed yet" in page
    sealing.seal(acme.pk)
    assert audit_state.check(acme.pk) == 0
    assert 'data-tone="good">Yes' in client.get(AUDIT).content.decode()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM accounts_auditentry WHERE organization_id = %s", [acme.pk])
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert audit_state.check(acme.pk) > 0
    page = client.get(AUDIT).content.decode()
    assert "is gone" in page


def test_a_check_is_ordered_by_who_may_change_settings(acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    url = reverse("admin:accounts_auditentry_check")
    assert staff(acme, "supervisor").post(url).status_code == 403
    assert staff(acme, "owner").get(url).status_code == 405
    assert staff(acme, "owner").post(url).status_code == 302


def test_actions_in_words() -> None:
    assert words_of("api_key.created") == "API key created"
    assert words_of("gdpr.delete_asked") == "Privacy request delete asked"


# --- deleting several ---


def test_several_are_deleted_only_where_one_may(acme: Organization) -> None:
    globex = people.organization("Globex")
    user = people.member(acme, "supervisor", is_staff=True).membership.user
    actions.add_member(organization=globex, user=user, role="viewer")
    ours = factories.make(["contacts/{contact_id}"], acme)["contacts/{contact_id}"]
    theirs = factories.make(["contacts/{contact_id}"], globex)["contacts/{contact_id}"]
    form = {"action": "delete_selected", "_selected_action": [str(ours), str(theirs)], "post": "yes"}
    client = logged_in(user)
    client.post(f"/admin/contacts/contact/?in={globex.pk}", form)
    assert Contact.objects.filter(pk=theirs).exists()
    client.post(f"/admin/contacts/contact/?in={acme.pk}", form)
    assert not Contact.objects.filter(pk=ours).exists()

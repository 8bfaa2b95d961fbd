"""Nobody reaches a row of another organisation in the admin site, by any of its addresses.

The addresses are those that the resolver knows, so that a new one is looked at without being named here; a model whose
rows nobody made here fails the first test.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.db import models
from django.test import Client
from django.urls import URLPattern, URLResolver

from calls.models import Call, Queue, QueueEntry
from compliance import actions as compliance_actions
from compliance.models import Settings
from messaging.models import MessageMedia
from tests import people
from tests.api import factories
from tests.billing.factories import used
from zerovoice.accounts.admin import TenantAdmin
from zerovoice.accounts.models import Organization, User
from zerovoice.carrier.models import CarrierAccount, Command
from zerovoice.lib import clock
from zerovoice.lib.ids import new_id

pytestmark = pytest.mark.django_db

WORD, NUMBER = "Zzyzx", "+19997770"
#: Nothing of an organisation is in them.
EVERYBODYS = {
    "billing.rate": "the instance's prices: who may see money reads them",
    "compliance.quiethourrule": "the law's hours",
}
OPERATORS = {
    "accounts.user": "people, of whom organisations see their members",
    "carrier.receipt": "raw notices, before it is known whose they are",
    "billing.stripeevent": "raw notices of Stripe",
}
#: What pages that are no model's take the ids of.
PAGES_ARE_ABOUT = (
    "calls.call", "calls.agent", "calls.voicemail", "calls.queue", "contacts.contact", "bulk.job",
    "compliance.privacyrequest", "numbers.phonenumber",
)  # fmt: skip
_NAMES = {
    "name", "label", "friendly_name", "description", "reason", "author_name", "actor_name", "company", "greeting",
    "body", "text", "detail", "last_error", "account_sid",
}  # fmt: skip
_NUMBERS = {"phone", "number", "from_number", "to_number", "our_number", "sender", "endpoint"}


def tenant_models() -> Iterator[type[models.Model]]:
    for model in admin.site._registry:
        if model._meta.label_lower not in EVERYBODYS | OPERATORS:
            yield model


def rows_of(model: type[models.Model], organization: Organization) -> models.QuerySet[Any]:
    if model is Organization:
        return Organization.objects.filter(pk=organization.pk)
    return model._default_manager.filter(organization=organization)


def furnish(name: str) -> Organization:
    """An organisation with a row of everything."""
    made = people.organization(name)
    people.member(made, "owner")
    factories.furnish(made)
    call = Call.objects.filter(organization=made).first()
    QueueEntry.objects.create(
        organization=made, call=call, queue=Queue.objects.filter(organization=made)[0], entered_at=clock.now()
    )
    CarrierAccount.objects.create(
        organization=made, account_sid=f"AC{new_id().hex}", auth_token="t", api_key_sid="SK1", api_key_secret="s"
    )
    Command.objects.create(
        organization=made, kind="call.hangup", target_id=str(new_id()), payload={}, state="failed",
        give_up_at=clock.machine_now(),
    )  # fmt: skip
    used(made)
    compliance_actions.record_carrier_block(organization_id=made.pk, number="+14155550142", sender="+16285550100")
    Settings.objects.get_or_create(organization=made)
    return made


def mark(organization: Organization) -> None:
    """Words and numbers by which its rows are known wherever they are shown."""
    for model in tenant_models():
        fields = [field for field in model._meta.concrete_fields if field.editable or field.name in _NUMBERS]
        for place, row in enumerate(rows_of(model, organization)):
            fresh: dict[str, str] = {}
            for field in fields:
                if not isinstance(field, models.CharField | models.TextField) or field.choices or not field.concrete:
                    continue
                if field.name in _NAMES and (field.max_length or 99) >= 12:
                    fresh[field.name] = f"{WORD} {place}"[: field.max_length]
                elif field.name in _NUMBERS:
                    fresh[field.name] = f"{NUMBER}{place:03}"
            if fresh and model._meta.label != "accounts.AuditEntry":  # which cannot be changed
                rows_of(model, organization).filter(pk=row.pk).update(**fresh)


@pytest.fixture
def globex(rates: None) -> Organization:
    """The other one."""
    made = furnish("Globex")
    mark(made)
    return made


def logged_in(user: User) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(user)
    return client


@pytest.fixture(params=["supervisor", "owner"])
def stranger(request: pytest.FixtureRequest) -> Client:
    """Of an organisation that has little: what is found is not theirs."""
    acme = people.organization("Acme")
    factories.make(["contacts/{contact_id}", "queues/{queue_id}", "agents/{agent_id}", "calls/{call_id}"], acme)
    return logged_in(people.member(acme, request.param, "stranger", is_staff=True).membership.user)


def ids_of(organization: Organization) -> dict[str, list[str]]:
    """Of every registered model's rows, by its label."""
    found = {
        model._meta.label_lower: [str(pk) for pk in rows_of(model, organization).values_list("pk", flat=True)]
        for model in tenant_models()
    }
    found["messaging.messagemedia"] = [
        str(pk) for pk in rows_of(MessageMedia, organization).values_list("pk", flat=True)
    ]
    return found


def state_of(organization: Organization) -> dict[str, Any]:
    return {model._meta.label: list(rows_of(model, organization).order_by("pk").values()) for model in tenant_models()}


def assert_clean(answer: Any, ids: dict[str, list[str]], asked: str = "") -> None:
    """Nothing of the other organisation is in it but the id that was asked for."""
    assert answer.status_code < 500, (asked, answer.status_code)
    seen = b"" if answer.streaming else answer.content
    text = seen.decode(errors="replace") + str(answer.headers)
    assert WORD not in text, asked
    assert NUMBER not in text, asked
    for every in ids.values():
        for pk in every:
            assert pk not in text or pk in asked, (asked, pk)


def addresses() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(name, route, converters) of every address below /admin/."""

    def walk(patterns: Any, before: str, converters: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for pattern in patterns:
            route = before + str(pattern.pattern)
            known = converters | dict(getattr(pattern.pattern, "converters", {}))
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, route, known)
            elif isinstance(pattern, URLPattern):
                yield str(pattern.name), route, known

    yield from walk(admin.site.urls[0], "/admin/", {})


def filled(ids: dict[str, list[str]], looked_for: Iterable[str]) -> Iterator[str]:
    """Every address, with the ids of the other organisation's rows where it takes one: a model's own, a page's of each
    of these models."""
    for name, route, _ in addresses():
        if "^" in route or "(?" in route or name in ("logout", "login"):
            continue
        holes = re.findall(r"<(?:(\w+):)?(\w+)>", route)
        if not holes:
            yield route
            continue
        model = next((label for label in ids if route.startswith(f"/admin/{label.replace('.', '/')}/")), None)
        known = ids[model][:1] if model else [ids[label][0] for label in looked_for]
        media = ids["messaging.messagemedia"] if model == "messaging.message" else []
        for pk in [*known, *media]:
            yield re.sub(r"<(?:(\w+):)?(\w+)>", lambda hole, pk=pk: _fill(hole[1], hole[2], pk), route)


def _fill(converter: str | None, name: str, pk: str) -> str:
    if converter in ("uuid", "path") or name.endswith("_id") or name == "pk":
        return pk
    return "1" if converter == "int" else "x"


def test_every_registered_model_is_looked_at(globex: Organization) -> None:
    for model in tenant_models():
        assert isinstance(admin.site._registry[model], TenantAdmin), f"{model} is not scoped: see TenantAdmin"
        assert rows_of(model, globex).exists(), f"make a row of {model._meta.label} in `furnish`"


def test_the_operator_sees_what_others_must_not(globex: Organization) -> None:
    """So that not finding it means something."""
    client = logged_in(User.objects.create_superuser("operator@example.com", people.PASSWORD))
    ids = ids_of(globex)
    for model in tenant_models():
        url = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        text = client.get(url, {"in": str(globex.pk)}, follow=True).content.decode()
        shown = WORD in text or NUMBER in text or any(pk in text for pk in ids[model._meta.label_lower])
        assert shown or model._meta.label in ("calls.QueueEntry",), model


def test_no_address_shows_anything_of_others(globex: Organization, stranger: Client) -> None:
    ids = ids_of(globex)
    count = 0
    for url in filled(ids, PAGES_ARE_ABOUT):
        for query in ({},) if re.search("[0-9a-f]{8}-", url) else ({}, {"in": str(globex.pk)}):
            assert_clean(stranger.get(url, query, follow=True), ids, f"{url} {query}")
            count += 1
    assert count > 200  # the enumeration itself


def test_no_list_finds_anything_of_others(globex: Organization, stranger: Client) -> None:
    ids = ids_of(globex)
    for model in tenant_models():
        url = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        for term in ("zzyzx", NUMBER, f"{NUMBER}000", *ids[model._meta.label_lower][:1]):
            answer = stranger.get(url, {"q": term, "in": str(globex.pk)}, follow=True)
            assert WORD not in answer.content.decode(), (url, term)
        for popup in ({"_popup": "1", "_to_field": "id"}, {"all": ""}, {"o": "1"}):
            assert_clean(stranger.get(url, popup, follow=True), ids, f"{url} {popup}")
        for chosen in admin.site._registry[model].list_filter:
            if name := getattr(chosen, "parameter_name", ""):
                pk = (ids["calls.queue"] if "queue" in name else ids["calls.agent"])[0]
                assert_clean(stranger.get(url, {name: pk}, follow=True), ids, f"{url} {name}={pk}")


def test_neither_look_ups_nor_the_search_box_find_others(globex: Organization, stranger: Client) -> None:
    ids = ids_of(globex)
    asked = 0
    for model in admin.site._registry:
        for field in model._meta.get_fields():
            if field.concrete and field.is_relation and field.related_model in admin.site._registry:
                query = {
                    "app_label": model._meta.app_label,
                    "model_name": model._meta.model_name,
                    "field_name": field.name,
                }
                for term in ("", "zzyzx"):
                    answer = stranger.get("/admin/autocomplete/", {**query, "term": term})
                    assert_clean(answer, ids, str(query))
                    asked += 1
    assert asked > 20
    for term in ("zzyzx", f"{NUMBER}000", NUMBER):
        for extended in ({}, {"extended": "1"}):
            assert_clean(stranger.get("/admin/search/", {"s": term, **extended}), ids, term)


def test_no_order_reaches_rows_of_others(globex: Organization, stranger: Client) -> None:
    """Actions of lists, and every address that takes a POST: nothing of theirs has changed afterwards."""
    ids, before = ids_of(globex), state_of(globex)
    for model in tenant_models():
        model_admin = admin.site._registry[model]
        url = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        names = ["delete_selected", *(str(getattr(name, "__name__", name)) for name in model_admin.actions or ())]
        for name in names:
            order = {"action": name, "_selected_action": ids[model._meta.label_lower], "post": "yes"}
            for query in ("", f"?in={globex.pk}"):
                assert_clean(stranger.post(url + query, order, follow=True), ids, f"{url} {query} {name} {order}")
    skipped = ("/admin/password_change/", "/admin/account/")
    for url in filled(ids, PAGES_ARE_ABOUT):
        if not url.startswith(skipped) and re.search("[0-9a-f]{8}-", url):
            answer = stranger.post(url, {"post": "yes"}, follow=True)
            assert_clean(answer, ids, url)
    assert state_of(globex) == before


def test_nothing_is_made_in_another_organization(globex: Organization, stranger: Client) -> None:
    before = state_of(globex)
    for model in tenant_models():
        url = f"/admin/{model._meta.app_label}/{model._meta.model_name}/add/"
        form = stranger.get(url)
        if form.status_code == 200 and form.context and "adminform" in form.context:
            fields = form.context["adminform"].form
            given = {
                name: field.initial for name, field in fields.fields.items() if isinstance(field.initial, str | int)
            }
            words = {name: "x" for name in fields.fields if name not in given}
            stranger.post(url, {**words, **given, "organization": str(globex.pk), "phone": "+14155550199"})
    assert state_of(globex) == before


def test_what_belongs_to_no_organization_is_the_operators(globex: Organization, stranger: Client) -> None:
    for label in OPERATORS:
        for tail in ("", "add/", "1/change/", "1/delete/", "1/history/"):
            answer = stranger.get(f"/admin/{label.replace('.', '/')}/{tail}")
            assert answer.status_code in (403, 404) or answer["Location"] == "/admin/", (label, tail)

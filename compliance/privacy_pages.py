"""Requests about people's data and legal holds in the admin site: whom they are about is searched for, what is found is
shown before anything is erased, and how far a request is shows by itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.core.validators import validate_email
from django.db.models import QuerySet
from django.forms import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse

from compliance import exporting, holds, people, privacy
from compliance.models import PrivacyRequest, Removal
from contacts.models import Contact
from zerovoice.accounts.lists import local
from zerovoice.accounts.models import Organization
from zerovoice.api.errors import ApiError, BadRequest, NotFound
from zerovoice.backoffice import pages
from zerovoice.carrier.work import State
from zerovoice.lib import mentions, phone

MOST_FOUND = 20
_TONES = {"pending": "info", "processing": "info", "done": "good", "failed": "bad"}
_STATES = {"pending": "Under way", "processing": "Under way", "done": "Done", "failed": "Failed"}
Kind = PrivacyRequest.Kind


def _valid(number: str) -> bool:
    try:
        phone.parse_e164(number)
    except phone.InvalidPhone:
        return False
    return True


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


class _Picking(pages.StaffPage):
    """Two steps: search with `?who=`, then choose one of what was found (`target`), say why, and send."""

    scope, verb = "compliance", "write"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        who = self.request.GET.get("who", "").strip()[:200]
        found = self.found(self.organization, who) if who else []
        given = self.request.POST
        chosen = given.get("target") or (found[0]["target"] if len(found) == 1 else "")
        return super().get_context_data(
            who=who, found=found, chosen=chosen, reason=given.get("reason", ""), given=given, **kwargs
        )

    def found(self, organization: Organization, who: str) -> list[dict[str, str]]:
        raise NotImplementedError

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        organization = self.organization
        if not pages.may_in(request, f"{self.scope}:write", organization):
            raise PermissionDenied
        try:
            reason = request.POST.get("reason", "").strip()
            target, _, value = request.POST.get("target", "").partition(":")
            if not value:
                raise BadRequest("Choose who or what is meant")
            if not 0 < len(reason) <= 500:
                raise BadRequest("Say why, in at most 500 characters")
            where = self.carry_out(organization, target, value, reason)
        except ApiError as error:
            return self.render_to_response(self.get_context_data(problem=error.message), status=error.status)
        return HttpResponseRedirect(where)

    def carry_out(self, organization: Organization, target: str, value: str, reason: str) -> str:
        """Where to go then. Raises ApiError."""
        raise NotImplementedError


def _contacts(organization: Organization, who: str) -> QuerySet[Contact]:
    contacts: Any = Contact.objects.of(organization.pk).defer("search_text")
    if "@" in who:
        return contacts.filter(email__iexact=who)[:MOST_FOUND]
    if numbers := mentions.meant(who, organization.country):
        return contacts.filter(phone__in=numbers)[:MOST_FOUND]
    return contacts.search(who)[:MOST_FOUND]


def _told(contact: Contact) -> dict[str, str]:
    more = ", ".join(part for part in (contact.phone, contact.email, contact.company) if part)
    return {"target": f"contact_id:{contact.pk}", "kind": "Contact", "words": contact.name, "more": more}


def _as_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise BadRequest("Choose who or what is meant") from error


@pages.register
class AskPage(_Picking):
    route, name = "compliance/privacyrequest/add/", "privacy_ask"  # in the place of the model's own form
    title = "New privacy request"
    template_name = "compliance/privacy_ask.html"

    def found(self, organization: Organization, who: str) -> list[dict[str, str]]:
        found = [_told(contact) for contact in _contacts(organization, who)]
        if _is_address(who):
            more = "Everybody with this address" if found else "Nobody among your contacts has it"
            found.append({"target": f"email:{who.lower()}", "kind": "E-mail", "words": who, "more": more})
        known = {row["more"].split(",")[0] for row in found}
        for number in filter(_valid, mentions.meant(who, organization.country)):
            if number not in known:
                more = "Nobody among your contacts has it"
                found.append({"target": f"phone:{number}", "kind": "Phone", "words": number, "more": more})
        return found

    def carry_out(self, organization: Organization, target: str, value: str, reason: str) -> str:
        kind = self.request.POST.get("kind", "")
        if kind not in Kind.values:
            raise BadRequest("Choose what they ask for")
        asked = privacy.ask(
            principal=self.principal(organization), kind=kind, reason=reason, dry_run=kind == Kind.DELETE,
            **_named(target, value),
        )  # fmt: skip
        return reverse("admin:compliance_privacyrequest_change", args=[asked.pk])


def _named(target: str, value: str) -> dict[str, Any]:
    if target == "phone" and _valid(value):
        return {"phone": value}
    if target == "email" and _is_address(value):
        return {"email": value}
    if target == "contact_id":
        return {"contact_id": _as_id(value)}
    raise BadRequest("Choose who or what is meant")


class _OfRequest(pages.StaffView):
    scope = "compliance"

    @property
    def asked(self) -> PrivacyRequest:
        """Raises NotFound."""
        return self.row(PrivacyRequest, self.kwargs["pk"])


@pages.register
class RequestPage(_OfRequest, pages.StaffPage):
    route, name = "compliance/privacyrequest/<uuid:pk>/change/", "privacy_request"  # as above
    template_name = "compliance/privacy_request.html"

    @property
    def title(self) -> str:  # type: ignore[override]
        return words(self.asked)

    @property
    def organization(self) -> Organization:
        return self.asked.organization

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        try:
            asked = self.asked
        except NotFound as error:
            raise Http404 from error
        zone = asked.organization.timezone
        may_write = pages.may_in(self.request, f"{self.scope}:write", asked.organization)
        looked = asked.kind == Kind.DELETE and asked.dry_run and asked.state == State.DONE
        return super().get_context_data(**kwargs) | {
            "organization": asked.organization,
            "organizations": [],
            "may_write": may_write,
            "asked": asked,
            "progress": told(asked),
            "person": [*asked.names, *asked.phones, *asked.emails],
            "when": local(asked.created_at, zone),
            "ended": local(asked.finished_at, zone),
            "counts": _table(asked.counts),
            "held": _table(asked.held),
            "certificate": _certificate(asked, zone),
            "elsewhere": _elsewhere(asked),
            "link": exporting.link(asked) if may_write else None,
            "expires": local(asked.expires_at, zone),
            "is_to_erase": looked and may_write and bool(asked.counts) and bool(asked.phones or asked.emails),
            "by_mail": asked.given == "email",
        }


@pages.register
class RequestProgress(_OfRequest, pages.StaffData):
    route, name = "compliance/privacyrequest/<uuid:pk>/progress", "privacy_progress"

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        return JsonResponse(told(self.asked))


@pages.register
class ErasePage(RequestPage):
    """What was only looked at is erased: by who types again whom it is about."""

    route, name, verb = "compliance/privacyrequest/<uuid:pk>/erase", "privacy_erase", "write"

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        try:
            looked = self.asked
        except NotFound as error:
            raise Http404 from error
        try:
            erased = self._erase(looked, request.POST.get("again", "").strip())
        except ApiError as error:
            return self.render_to_response(self.get_context_data(problem=error.message), status=error.status)
        return HttpResponseRedirect(reverse("admin:compliance_privacyrequest_change", args=[erased.pk]))

    def _erase(self, looked: PrivacyRequest, again: str) -> PrivacyRequest:
        if looked.kind != Kind.DELETE or not looked.dry_run or looked.state != State.DONE:
            raise BadRequest("There is nothing that was looked at")
        organization = looked.organization
        numbers = [number for number in mentions.meant(again, organization.country) if number in looked.phones]
        if looked.given == "email" and again.lower() in looked.emails:
            named: dict[str, Any] = {"email": again.lower()}
        elif looked.given != "email" and numbers:
            named = {"phone": numbers[0]}
        else:
            raise BadRequest("This is not how the person was named above; nothing was erased")
        now = people.person(organization.pk, **named)
        if not set(looked.contact_ids) <= now.contact_ids or now.contact_ids - set(looked.contact_ids):
            raise BadRequest("More or less is known of the person by now: begin a new request, and look again")
        return privacy.ask(principal=self.principal(organization), kind=Kind.DELETE, reason=looked.reason, **named)


@pages.register
class HoldPage(_Picking):
    route, name = "compliance/legalhold/add/", "hold_place"  # in the place of the model's own form
    title = "Place a legal hold"
    template_name = "compliance/hold_place.html"

    def found(self, organization: Organization, who: str) -> list[dict[str, str]]:
        contacts = list(_contacts(organization, who))
        numbers = {*mentions.meant(who, organization.country), *(contact.phone for contact in contacts)}
        calls = holds.calls_with(organization.pk, numbers) if numbers else {}
        return [
            *map(_told, contacts),
            *(
                {"target": f"call_id:{pk}", "kind": "Call", "words": described, "more": ""}
                for pk, described in calls.items()
            ),
        ]

    def carry_out(self, organization: Organization, target: str, value: str, reason: str) -> str:
        if target not in ("contact_id", "call_id"):
            raise BadRequest("Choose who or what is meant")
        principal = self.principal(organization)
        holds.place(principal=principal, reason=reason, **{target: _as_id(value)})
        return reverse("admin:compliance_legalhold_changelist")


# --- in words ---


def words(asked: PrivacyRequest) -> str:
    if asked.kind == Kind.EXPORT:
        return "Export of a person's data"
    return "What an erasure would take" if asked.dry_run else "Erasure of a person"


def told(asked: PrivacyRequest) -> dict[str, Any]:
    """What the page shows of a request, and asks for while it goes on."""
    return {
        "percent": asked.percent,
        "over": asked.finished_at is not None,
        "state": asked.state,
        "tone": _TONES[asked.state],
        "label": _STATES[asked.state],
        "line": _line(asked),
    }


def _line(asked: PrivacyRequest) -> str:
    done = sum(asked.counts.values())
    if asked.state == State.FAILED:
        return "Stopped; the log of the worker says why"
    if asked.waiting_for:
        return f"Waits for {asked.waiting_for}"
    if asked.state != State.DONE:
        return f"{done:,} of {_records(asked.total)}" if asked.total else "A worker takes it in a moment"
    if asked.kind == Kind.EXPORT:
        return _records(done)
    kept = sum(asked.held.values())
    held = f"; a legal hold keeps {kept:,}" if kept else ""
    if asked.dry_run:
        return f"{_records(done)} would go{held}. Nothing was erased."
    return f"{_records(done)} erased{held}" if done else f"Nothing was erased{held}"


def _records(number: int) -> str:
    return f"{number:,} record{'' if number == 1 else 's'}"


def _dated(moment: datetime | None, zone: str) -> str:
    """For paper: always with the day and the zone."""
    return f"{moment.astimezone(ZoneInfo(zone)):%-d %B %Y %H:%M:%S} ({zone})" if moment else "–"


def _words(kind: str) -> str:
    return kind.replace("_", " ").capitalize()


def _table(counts: dict[str, int]) -> list[tuple[str, str]]:
    return [(_words(kind), f"{number:,}") for kind, number in sorted(counts.items())]


def _elsewhere(asked: PrivacyRequest) -> list[dict[str, Any]]:
    """What has to go from other places and has not yet, by place, with why."""
    if asked.kind != Kind.DELETE or asked.dry_run:
        return []
    left: dict[str, dict[str, Any]] = {}
    for removal in Removal.objects.filter(request=asked).exclude(state=State.DONE).order_by("id")[:1000]:
        place = left.setdefault(removal.get_place_display(), {"number": 0, "why": ""})
        place["number"] += 1
        place["why"] = place["why"] or removal.last_error
    return [{"place": place, **what} for place, what in left.items()]


def _certificate(asked: PrivacyRequest, zone: str) -> dict[str, Any] | None:
    whole = asked.certificate
    if not whole:
        return None
    places = dict(Removal.Place.choices)
    return {
        "asked": _dated(asked.created_at, zone),
        "completed": _dated(asked.finished_at, zone),
        "erased": _table(whole["erased"]),
        "elsewhere": [(str(places.get(place, place)), number) for place, number in whole["elsewhere"].items()],
        "held": _table(whole["held"]),
        "kept": [(_words(kind), why) for kind, why in whole["kept"].items()],
    }

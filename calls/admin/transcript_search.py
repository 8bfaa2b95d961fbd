"""Searching in what was said, for people: the same search as the API's."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from calls import transcript_search
from calls.admin.call_axis import clock as mark
from calls.filters import TranscriptSearchFilterSet
from calls.models import Agent, Call, Mood, Queue, Segment
from calls.transcript_search import Found, Hit
from contacts.models import Contact
from zerovoice.accounts.lists import local
from zerovoice.accounts.models import Organization
from zerovoice.api.pagination import DEFAULT_LIMIT
from zerovoice.backoffice import pages
from zerovoice.lib import phone

_MOST_CHOICES = 500
_MARKS = re.compile(r"<mark>(.*?)</mark>", re.DOTALL)
_FOUND_BY = {"words": "by its words", "meaning": "by its meaning"}


@dataclass(frozen=True, slots=True)
class Result:
    """A line that was found, and where it is heard. `said` is HTML with `<mark>` around what matched."""

    url: str
    said: SafeString
    who: str
    at: str
    when: str
    person: str
    direction: str
    queue: str
    agent: str
    mood: str
    mood_words: str
    found_by: str


@pages.register
class TranscriptSearch(pages.StaffPage):
    route = "transcripts/search/"
    name = "transcript_search"
    scope = "transcripts"
    title = "Search what was said"
    template_name = "calls/transcript_search.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        organization: Organization = context["organization"]
        asked = {name: str(value).strip() for name, value in self.request.GET.dict().items() if str(value).strip()}
        return {
            **context,
            "asked": asked,
            "queues": Queue.objects.of(organization.pk).order_by("name")[:_MOST_CHOICES],
            "agents": Agent.objects.of(organization.pk).order_by("name")[:_MOST_CHOICES],
            "moods": Mood.choices,
            "speakers": Segment.Speaker.choices,
            "directions": Call.Direction.choices,
            "most": transcript_search.MAX_QUERY,
            **self._answer(asked, organization),
        }

    def _answer(self, asked: dict[str, str], organization: Organization) -> dict[str, Any]:
        text = asked.get("q", "")
        if not text:
            return {"results": None}
        if len(text) > transcript_search.MAX_QUERY or "\x00" in text:
            return {"results": None, "problem": f"Write at most {transcript_search.MAX_QUERY} letters."}
        filters = {name: asked[name] for name in TranscriptSearchFilterSet.base_filters if name in asked}
        # The filters ask for the organisation's zone where the API's caller stands.
        caller = SimpleNamespace(user=SimpleNamespace(organization=organization))
        own = Segment.objects.filter(organization=organization)
        filterset = TranscriptSearchFilterSet(filters, own, request=caller)
        if not filterset.is_valid():
            return {"results": None, "problem": _problem(filterset.errors)}
        found = transcript_search.search(
            text,
            filterset.qs,
            organization_id=organization.pk,
            narrowed=bool(filters),
            words_only=asked.get("mode") == "words",
        )
        return self._page(found, asked, organization) | {"told": _told(found, bool(filters))}

    def _page(self, found: Found, asked: dict[str, str], organization: Organization) -> dict[str, Any]:
        number = int(asked["page"]) if asked.get("page", "").isdecimal() and len(asked["page"]) < 6 else 1
        number = max(1, number)
        first = (number - 1) * DEFAULT_LIMIT
        hits: list[Hit] = found[first : first + DEFAULT_LIMIT]
        count = f"{len(found)}" if found.complete else f"More than {len(found)}"

        def page(wanted: int) -> str:
            return "?" + urlencode({**asked, "page": wanted})

        return {
            "results": _results(self.request, hits, organization),
            "count": count,
            "one": len(found) == 1,
            "number": number,
            "previous": page(number - 1) if number > 1 else "",
            "next": page(number + 1) if first + DEFAULT_LIMIT < len(found) else "",
        }


def _problem(errors: Any) -> str:
    field, messages = next(iter(errors.items()))
    return f"{field.replace('_id', '').replace('_', ' ').capitalize()}: {messages[0]}"


def _told(found: Found, narrowed: bool) -> str:
    """Where the meaning was looked up, in words."""
    if found.semantic == "off":
        return "Exact words only."
    if found.semantic == "zerodb":
        return "By words, and by meaning in ZeroDB."
    if settings.ZERODB_API_KEY and not narrowed:
        return "By words, and by meaning in this system: ZeroDB does not answer, or lacks the newest transcripts."
    return "By words, and by meaning."


def _results(request: HttpRequest, hits: list[Hit], organization: Organization) -> list[Result]:
    names: dict[str, str] = {}
    if pages.may_in(request, "contacts:read", organization):
        numbers = {hit.segment.call.customer_number for hit in hits}
        known = Contact.objects.of(organization.pk).filter(phone__in=numbers)
        names = dict(known.values_list("phone", "name"))
    return [_result(hit, names, organization.timezone) for hit in hits]


def _result(hit: Hit, names: dict[str, str], zone: str) -> Result:
    segment, call = hit.segment, hit.segment.call
    where = urlencode({"t": f"{hit.offset:g}", "transcript": segment.transcript_id})
    return Result(
        url=f"{reverse('admin:calls_call_change', args=[segment.call_id])}#{where}",
        said=highlighted(hit.snippet),
        who=str(segment.get_speaker_display()),
        at=mark(hit.offset),
        when=local(call.created_at, zone),
        person=names.get(call.customer_number) or phone.spelt(call.customer_number),
        direction=str(call.get_direction_display()),
        queue=call.queue.name if call.queue else "",
        agent=call.agent.name if call.agent else "",
        mood=segment.sentiment,
        mood_words=str(segment.get_sentiment_display()) or "Not judged yet",
        found_by=" and ".join(_FOUND_BY[name] for name in hit.found_by),
    )


def highlighted(snippet: str) -> SafeString:
    """A hit's snippet, its text escaped once more: nothing but our own marks is HTML.

    >>> highlighted("a &lt;b&gt; <mark>c</mark>")
    'a &lt;b&gt; <mark>c</mark>'
    """
    parts = _MARKS.split(snippet)  # text, marked, text, marked, …, text
    rows = [(html.unescape(part), place % 2) for place, part in enumerate(parts)]
    return format_html_join(
        "", "{}", ((format_html("<mark>{}</mark>", text) if marked else text,) for text, marked in rows)
    )

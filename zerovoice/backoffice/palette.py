"""What the search box (Ctrl K) finds: pages by what they are called, and rows where an index answers.

One organisation at a time, the one that is looked at, as in the lists: every index begins with it.
"""

from __future__ import annotations

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from unfold.dataclasses import SearchResult

from zerovoice.accounts.admin import TenantAdmin
from zerovoice.accounts.lists import chosen_organization
from zerovoice.backoffice import navigation

MOST_OF_A_KIND = 5
SHORTEST = 2
LONGEST = 100
#: Whose search an index answers, or whose rows are as few as an organisation's people. Not what was said: words that
#: everybody says are in every transcript.
SEARCHED = [
    "contacts.contact", "calls.call", "messaging.conversation", "calls.agent", "calls.queue", "numbers.phonenumber",
    "compliance.dncentry",
]  # fmt: skip


def pages_called(request: HttpRequest, term: str) -> list[SearchResult]:
    """Of the side bar, which shows what the person may open."""
    wanted = term.casefold()
    return [
        SearchResult(title=item["title"], description=section["title"] or "Page", link=item["link"], icon=item["icon"])
        for section in navigation.sections(request)
        for item in section["items"]
        if wanted in item["title"].casefold()
    ]


def rows_called(request: HttpRequest, term: str) -> list[SearchResult]:
    found: list[SearchResult] = []
    if not SHORTEST <= len(term) <= LONGEST:
        return found
    for label in SEARCHED:
        model = apps.get_model(label)
        model_admin = admin.site.get_model_admin(model)
        if not isinstance(model_admin, TenantAdmin) or not model_admin.has_view_permission(request):
            continue
        organization = chosen_organization(request, model_admin.scope)
        rows = model_admin.get_queryset(request).filter(organization=organization)
        matching, _ = model_admin.get_search_results(request, rows, term)
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
        found += [
            SearchResult(
                title=str(row), description=str(model._meta.verbose_name), link=reverse(name, args=[row.pk]), icon="tag"
            )
            for row in matching[:MOST_OF_A_KIND]
        ]
    return found

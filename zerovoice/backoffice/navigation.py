"""The side bar: what people of the floor need first stands first. What one may not see is not shown."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from zerovoice.accounts.admin import is_agent_only, staff_user
from zerovoice.backoffice import pages

#: (heading, [(what it is called, symbol, a page's name or a model's "app.model")])
SECTIONS: list[tuple[str, list[tuple[str, str, str]]]] = [
    ("", [("Dashboard", "dashboard", "index"), ("Live floor", "headset_mic", "floor"), ("My desk", "person", "desk")]),
    (
        "Conversations",
        [
            ("Calls", "call", "calls.call"),
            ("Search what was said", "manage_search", "transcript_search"),
            ("Transcripts", "notes", "calls.transcript"),
            ("Recordings", "graphic_eq", "calls.recording"),
            ("Voicemails", "voicemail", "calls.voicemail"),
            ("Conversations by text", "forum", "messaging.conversation"),
            ("Messages", "sms", "messaging.message"),
            ("Contacts", "contacts", "contacts.contact"),
        ],
    ),
    (
        "Floor",
        [
            ("Agents", "support_agent", "calls.agent"),
            ("Queues", "groups", "calls.queue"),
            ("Waiting callers", "hourglass_empty", "calls.queueentry"),
            ("Numbers", "dialpad", "numbers.phonenumber"),
            ("Menus", "account_tree", "menu_tree"),
            ("Business hours", "schedule", "calls.businesshours"),
            ("Prompts", "music_note", "calls.prompt"),
            ("Wrap-up codes", "sell", "calls.wrapupcode"),
        ],
    ),
    (
        "Compliance",
        [
            ("Do not call", "phone_disabled", "compliance.dncentry"),
            ("Blocked by carriers", "block", "compliance.carrierblock"),
            ("Decisions", "gavel", "compliance.decision"),
            ("Rules", "rule", "compliance.settings"),
            ("Privacy requests", "shield_person", "compliance.privacyrequest"),
            ("Legal holds", "lock", "compliance.legalhold"),
            ("Retention", "auto_delete", "compliance.retentionrun"),
            ("Audit log", "history", "accounts.auditentry"),
        ],
    ),
    (
        "Connections",
        [
            ("Webhook endpoints", "webhook", "webhooks.endpoint"),
            ("Deliveries", "outbox", "webhooks.delivery"),
            ("Events", "bolt", "webhooks.event"),
            ("API keys", "key", "accounts.apikey"),
            ("Imports and exports", "sync_alt", "bulk.job"),
        ],
    ),
    (
        "Money",
        [
            ("Usage", "bar_chart", "usage"),
            ("Account", "account_balance_wallet", "billing.account"),
            ("Ledger", "receipt_long", "billing.ledgerentry"),
            ("Invoices", "request_quote", "billing.invoice"),
            ("Rates", "price_change", "billing.rate"),
        ],
    ),
    (
        "Organization",
        [
            ("Settings", "settings", "organization_settings"),
            ("Organization", "apartment", "accounts.organization"),
            ("People", "group", "accounts.membership"),
            ("Carrier accounts", "cell_tower", "carrier.carrieraccount"),
        ],
    ),
    (
        "Operations",
        [
            ("State of the system", "monitor_heart", "operations"),
            ("Receipts", "inbox", "carrier.receipt"),
            ("Commands", "send", "carrier.command"),
            ("Number drift", "difference", "numbers.drift"),
            ("Stripe events", "credit_card", "billing.stripeevent"),
            ("Quiet hours by law", "bedtime", "compliance.quiethourrule"),
            ("Users", "manage_accounts", "accounts.user"),
        ],
    ),
]


def sections(request: HttpRequest) -> list[dict[str, Any]]:
    """As Unfold wants it."""
    shown = []
    for heading, entries in SECTIONS:
        items = [item for title, icon, target in entries if (item := _item(request, title, icon, target))]
        if items:
            shown.append({"title": heading, "separator": bool(heading), "collapsible": False, "items": items})
    return shown


def _item(request: HttpRequest, title: str, icon: str, target: str) -> dict[str, Any] | None:
    if target == "index":
        if is_agent_only(request):
            return None  # it would lead to that page, which has an entry of its own
        return {"title": title, "icon": icon, "link": reverse("admin:index")}
    if "." not in target:
        page = next((view for view in pages.registered() if view.name == target), None)
        if page is None or not page.shown_to(request):
            return None
        return {"title": title, "icon": icon, "link": reverse(f"admin:{target}")}
    model_admin = next((row for model, row in admin.site._registry.items() if model._meta.label_lower == target), None)
    if model_admin is None or not model_admin.has_view_permission(request) or not staff_user(request).is_staff:
        return None
    link = reverse(f"admin:{target.replace('.', '_')}_changelist")
    return {"title": title, "icon": icon, "link": link, "active": request.path.startswith(link)}

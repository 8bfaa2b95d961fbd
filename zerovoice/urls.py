"""Every address."""

from django.contrib import admin
from django.urls import include, path
from django_prometheus.exports import ExportToDjangoView

from calls.views import prompt
from compliance import privacy_views
from zerovoice.api import docs, health
from zerovoice.backoffice import problems
from zerovoice.billing import webhooks as billing_webhooks

API = [
    "zerovoice.accounts.urls",
    "zerovoice.webhooks.urls",
    "zerovoice.billing.urls",
    "contacts.urls",
    "numbers.urls",
    "compliance.urls",
    "messaging.urls",
    "calls.urls",
    "analytics.urls",
]
WEBHOOKS = ["zerovoice.carrier.urls", "calls.webhook_urls", "messaging.webhook_urls"]

urlpatterns = [
    path("api/v1/", include([path("", include(module)) for module in API])),
    path("webhooks/twilio/", include([path("", include(module)) for module in WEBHOOKS])),
    path("webhooks/stripe", billing_webhooks.stripe, name="stripe-webhook"),
    path("media/prompts/<str:token>", prompt.media, name="prompt-media"),
    path("exports/privacy/<str:token>", privacy_views.download, name="privacy-export"),
    path("api/schema", docs.SchemaView.as_view(), name="schema"),
    path("api/docs", docs.SwaggerView.as_view(url_name="schema"), name="docs"),
    path("docs/api/<path:page>", docs.guide, name="guide"),
    path("health", health.live, name="health"),
    path("health/ready", health.ready, name="ready"),
    path("metrics", ExportToDjangoView, name="metrics"),
    path("admin/", admin.site.urls),
]

handler400 = problems.handler400
handler403 = problems.handler403
handler404 = problems.handler404
handler500 = problems.handler500

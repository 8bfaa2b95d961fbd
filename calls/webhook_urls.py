from django.urls import path

from calls import webhooks

app_name = "calls-webhooks"

urlpatterns = [
    path("voice/inbound", webhooks.inbound, name="inbound"),
    path("voice/fallback", webhooks.fallback, name="fallback"),
    path("voice/legs/<uuid:leg_id>", webhooks.leg, name="leg"),
    path("voice/legs/<uuid:leg_id>/digit", webhooks.digit, name="digit"),
]

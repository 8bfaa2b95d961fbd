from django.urls import path

from calls import webhooks

app_name = "calls-webhooks"

urlpatterns = [
    path("voice/inbound", webhooks.inbound, name="inbound"),
    path("voice/fallback", webhooks.fallback, name="fallback"),
    path("voice/goodbye", webhooks.goodbye, name="goodbye"),
    path("voice/legs/<uuid:leg_id>", webhooks.leg, name="leg"),
    path("voice/legs/<uuid:leg_id>/digit", webhooks.digit, name="digit"),
    path("voice/legs/<uuid:leg_id>/consent", webhooks.consent, name="consent"),
    path("voice/legs/<uuid:leg_id>/menus/<uuid:menu_id>", webhooks.menu, name="menu"),
    path("voice/legs/<uuid:leg_id>/waiting/<uuid:entry_id>", webhooks.waiting, name="waiting"),
    path("voice/legs/<uuid:leg_id>/recorded", webhooks.recorded, name="recorded"),
]

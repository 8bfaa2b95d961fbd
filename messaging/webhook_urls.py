from django.urls import path

from messaging import webhooks

app_name = "messaging-webhooks"

urlpatterns = [path("messages/inbound", webhooks.inbound, name="inbound")]

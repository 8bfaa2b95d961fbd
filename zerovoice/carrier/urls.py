from django.urls import path

from zerovoice.carrier import webhooks

app_name = "carrier"

urlpatterns = [path("notices/<slug:kind>/<uuid:ref>", webhooks.notice, name="notice")]

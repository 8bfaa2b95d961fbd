"""The carrier's own routes and one instruction, so that these tests stand on nothing above the carrier."""

from django.urls import include, path

from zerovoice.carrier import twiml
from zerovoice.carrier.webhooks import instruction


@instruction
def greet(request, notice, name):
    assert request.carrier_account_sid == notice["AccountSid"]
    return twiml.response(twiml.say(f"Hello {name}, you are {notice['From']}."))


urlpatterns = [
    path("webhooks/twilio/", include("zerovoice.carrier.urls")),
    path("webhooks/twilio/greet/<str:name>", greet, name="greet"),
]

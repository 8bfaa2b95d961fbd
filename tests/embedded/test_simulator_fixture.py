"""The simulator that in-process tests talk to is a process, at the address the gateway is configured with."""

import httpx
from django.conf import settings


def test_it_answers_where_the_gateway_looks(simulator):
    assert simulator.url == settings.TWILIO_API_URL
    assert httpx.get(f"{simulator.url}/_sim/health").is_success

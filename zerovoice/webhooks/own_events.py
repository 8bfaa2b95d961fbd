"""The events that are about webhooks themselves."""

from zerovoice.webhooks import catalogue
from zerovoice.webhooks.catalogue import Kind

TEST = "endpoint.test"
DISABLED = "endpoint.disabled"

_PATH = "/api/v1/webhook-endpoints/{id}"


def register() -> None:
    catalogue.register(
        [
            Kind(
                TEST,
                "You asked for a test. It goes to the endpoint under test alone, whatever its types are.",
                "endpoint",
                _PATH,
                {},
                lasting=True,
            ),
            Kind(
                DISABLED,
                "An endpoint gets nothing any more: it said 410 (`gone`), or it failed for days (`failing`).",
                "endpoint",
                _PATH,
                {"reason": "failing", "failing_since": "2026-03-01T09:30:00Z"},
                lasting=True,
            ),
        ]
    )

import os

from django.conf import settings


def test_the_settings_are_this_workers_own() -> None:
    assert settings.REDIS_URL == os.environ["REDIS_URL"]
    assert settings.TWILIO_API_URL == os.environ["TWILIO_API_URL"]
    assert settings.MEDIA_ROOT == os.environ["MEDIA_ROOT"]

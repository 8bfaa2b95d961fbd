import os

from django.conf import settings


def test_the_settings_are_this_workers_own() -> None:
    assert os.environ["REDIS_URL"] == settings.REDIS_URL
    assert os.environ["TWILIO_API_URL"] == settings.TWILIO_API_URL
    assert os.environ["MEDIA_ROOT"] == settings.MEDIA_ROOT

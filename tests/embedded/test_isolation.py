"""What a worker's settings say is what the session chose for that worker, not what it inherited."""

import os

from django.conf import settings
from django.core.cache import cache


def test_settings_were_read_after_the_session_had_chosen():
    assert settings.TWILIO_API_URL == f"http://127.0.0.1:{os.environ['SIMULATOR_PORT']}"
    assert settings.REDIS_URL == os.environ["REDIS_URL"]
    assert settings.MEDIA_ROOT == os.environ["MEDIA_ROOT"]
    assert settings.ZEROVOICE_ENV == "test"
    assert os.environ.get("PYTEST_XDIST_WORKER", "main") in settings.MEDIA_ROOT


def test_the_cache_of_another_test_is_gone():
    assert cache.get("left behind") is None
    cache.set("left behind", 1)


def test_the_cache_of_another_test_is_gone_again():
    test_the_cache_of_another_test_is_gone()

"""Tests of one worker leave nothing for each other in Redis."""

from django.core.cache import cache


def test_the_cache_of_another_test_is_gone():
    assert cache.get("left behind") is None
    cache.set("left behind", 1)


def test_the_cache_of_another_test_is_gone_again():
    test_the_cache_of_another_test_is_gone()

"""The product's settings, and beside its addresses those of the bare views that it is measured against."""

from zerovoice.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.urls"

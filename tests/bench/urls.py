"""The product's addresses, and what they are measured against. Never served outside of a benchmark."""

from django.urls import path

from tests.bench import bare
from zerovoice.urls import handler400, handler403, handler404, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500"]

urlpatterns = [
    path("bare/notice", bare.insert),
    path("bare/instructions/<str:name>", bare.instruct),
    path("bare/<str:name>", bare.select),
    *urlpatterns,
]

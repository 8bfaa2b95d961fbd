from django.urls import path
from rest_framework.routers import SimpleRouter

from zerovoice.billing.views import InvoiceViewSet, LimitsView, PortalView, UsageViewSet

router = SimpleRouter(trailing_slash=False)
router.register("billing/invoices", InvoiceViewSet, basename="invoice")

urlpatterns = [
    *router.urls,
    path("billing/usage", UsageViewSet.as_view({"get": "usage"}), name="billing-usage"),
    path("billing/limits", LimitsView.as_view(), name="billing-limits"),
    path("billing/portal", PortalView.as_view(), name="billing-portal"),
]

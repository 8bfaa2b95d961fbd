from django.urls import path
from rest_framework.routers import SimpleRouter

from compliance.job_views import DncJobViewSet, DncTransferViewSet
from compliance.privacy_views import LegalHoldViewSet, PrivacyRequestViewSet, RetentionRunViewSet
from compliance.views import CheckView, DecisionViewSet, DncViewSet, SettingsView

router = SimpleRouter(trailing_slash=False)
router.register("compliance/jobs", DncJobViewSet, basename="dnc-job")
router.register("compliance/dnc", DncTransferViewSet, basename="dnc-transfer")
router.register("compliance/dnc", DncViewSet, basename="dnc")
router.register("compliance/gdpr", PrivacyRequestViewSet, basename="gdpr")
router.register("compliance/holds", LegalHoldViewSet, basename="legal-hold")
router.register("compliance/retention-runs", RetentionRunViewSet, basename="retention-run")
router.register("compliance/decisions", DecisionViewSet, basename="compliance-decision")

urlpatterns = [
    *router.urls,
    path("compliance/check", CheckView.as_view(), name="compliance-check"),
    path("compliance/settings", SettingsView.as_view(), name="compliance-settings"),
]

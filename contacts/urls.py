from rest_framework.routers import SimpleRouter

from contacts.job_views import ContactJobViewSet, ContactTransferViewSet
from contacts.views import ContactViewSet

router = SimpleRouter(trailing_slash=False)
router.register("contacts/jobs", ContactJobViewSet, basename="contact-job")
router.register("contacts", ContactTransferViewSet, basename="contact-transfer")
router.register("contacts", ContactViewSet, basename="contact")

urlpatterns = router.urls

from rest_framework.routers import SimpleRouter

from numbers.views import PhoneNumberViewSet

router = SimpleRouter(trailing_slash=False)
router.register("numbers", PhoneNumberViewSet, basename="number")

urlpatterns = router.urls

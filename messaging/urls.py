from rest_framework.routers import SimpleRouter

from messaging.views import ConversationViewSet, MessageViewSet

router = SimpleRouter(trailing_slash=False)
router.register("sms/conversations", ConversationViewSet, basename="conversation")
router.register("sms", MessageViewSet, basename="message")

urlpatterns = router.urls

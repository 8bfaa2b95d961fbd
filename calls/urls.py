from rest_framework.routers import SimpleRouter

from calls.views.agent import AgentViewSet
from calls.views.call import CallViewSet
from calls.views.contact import ContactCallsViewSet
from calls.views.queue import QueueViewSet

router = SimpleRouter(trailing_slash=False)
router.register("calls", CallViewSet, basename="call")
router.register("contacts", ContactCallsViewSet, basename="contact-calls")
router.register("queues", QueueViewSet, basename="queue")
router.register("agents", AgentViewSet, basename="agent")

urlpatterns = router.urls

from rest_framework.routers import SimpleRouter

from calls.views.agent import AgentViewSet
from calls.views.call import CallViewSet
from calls.views.contact import ContactCallsViewSet
from calls.views.hours import BusinessHoursViewSet
from calls.views.ivr import IvrMenuViewSet
from calls.views.prompt import PromptViewSet
from calls.views.queue import QueueViewSet
from calls.views.transcript import TranscriptViewSet
from calls.views.voicemail import VoicemailViewSet
from calls.views.wrap_up import WrapUpCodeViewSet

router = SimpleRouter(trailing_slash=False)
router.register("calls", CallViewSet, basename="call")
router.register("contacts", ContactCallsViewSet, basename="contact-calls")
router.register("queues", QueueViewSet, basename="queue")
router.register("agents", AgentViewSet, basename="agent")
router.register("ivr-menus", IvrMenuViewSet, basename="ivr-menu")
router.register("business-hours", BusinessHoursViewSet, basename="business-hours")
router.register("transcripts", TranscriptViewSet, basename="transcript")
router.register("voicemails", VoicemailViewSet, basename="voicemail")
router.register("prompts", PromptViewSet, basename="prompt")
router.register("wrap-up-codes", WrapUpCodeViewSet, basename="wrap-up-code")

urlpatterns = router.urls

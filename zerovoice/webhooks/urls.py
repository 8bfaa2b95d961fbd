from django.urls import path
from rest_framework.routers import SimpleRouter

from zerovoice.webhooks import views

router = SimpleRouter(trailing_slash=False)
router.register("webhook-endpoints", views.EndpointViewSet, basename="webhook-endpoint")
router.register("webhook-callbacks/deliveries", views.CallbackDeliveryViewSet, basename="callback-delivery")

urlpatterns = [
    path("webhook-callbacks/secret", views.CallbackSecretView.as_view(), name="callback-secret"),
    path("webhook-callbacks/secret/rotate", views.CallbackSecretRotationView.as_view(), name="callback-secret-rotate"),
    path("webhook-event-types", views.EventTypesView.as_view(), name="webhook-event-types"),
    path("events", views.EventsView.as_view(), name="events"),
    *router.urls,
]

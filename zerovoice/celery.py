import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zerovoice.settings")

app = Celery("zerovoice")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

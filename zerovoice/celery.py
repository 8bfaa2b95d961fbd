import os

from celery import Celery
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zerovoice.settings")

app = Celery("zerovoice")
app.set_default()  # for every thread: else a web thread's `shared_task` would look for a broker of its own
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(DjangoStructLogInitStep)  # tasks log the id of the request that led to them

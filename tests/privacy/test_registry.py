"""No column may hold personal data that nobody can find, hand out and erase."""

import pytest
from django.apps import apps
from django.db import models

from compliance.models import DncEntry
from zerovoice.lib import personal


@pytest.mark.parametrize("model", apps.get_models(include_auto_created=True), ids=lambda model: model._meta.label)
def test_every_text_column_is_registered_or_declared_free_of_personal_data(model):
    assert personal.unsaid(model) == [], "say so in the app's personal.py: docs/decisions/0060-personal-data.md"


def test_nothing_is_both():
    assert list(personal.said_twice()) == []


def test_a_column_that_nobody_knows_is_found():
    """The net itself: whatever a new model may keep a person's name in."""

    class Stranger(models.Model):
        name = models.CharField(max_length=5)
        words = models.TextField()
        phone = models.CharField(max_length=16)
        email = models.EmailField()
        file = models.FileField()
        data = models.JSONField()
        picked = models.CharField(max_length=1, choices=[("a", "A")])
        count = models.IntegerField()
        at = models.DateTimeField()

        class Meta:
            app_label = "contacts"
            managed = False

    try:
        assert personal.unsaid(Stranger) == ["name", "words", "phone", "email", "file", "data"]
    finally:
        del apps.all_models["contacts"]["stranger"]
        apps.clear_cache()


def test_a_field_that_is_not_there_is_a_mistake_at_start():
    with pytest.raises(LookupError):
        personal.free("contacts.Contact", "nickname", because="there is none")
    kind = personal.Kind(
        "x", DncEntry, ["nickname"], find=lambda person: DncEntry.objects.none(), erase=personal.delete
    )
    with pytest.raises(LookupError):
        personal.register(kind)


def test_whoever_is_exported_can_be_read():
    """What holds personal data of its own and not only copies of it is in an export."""
    copies = personal.Phase.COPIES
    assert [kind.name for kind in personal.kinds() if kind.export is None and kind.phase != copies] == []

"""Files go without a look at anybody else's, however many a month has."""

import os
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from calls import personal
from calls.models import Recording
from compliance import removals
from compliance.models import Removal
from tests import people
from tests.api import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def recording(settings: Any, tmp_path: Path) -> Recording:
    settings.MEDIA_ROOT = str(tmp_path)
    return factories.transcript(people.organization()).recording


def keep(recording: Recording, path: str) -> str:
    """A file of the recording's at this path; its name in the storage."""
    name = default_storage.save(path, ContentFile(b"sound"))
    Recording.objects.filter(pk=recording.pk).update(file=name)
    recording.refresh_from_db()
    return name


def erase(recording: Recording) -> None:
    personal.erase_recordings([recording], removals.remover(recording.organization_id))
    for removal in Removal.objects.filter(place="files"):
        removals.carry_out(str(removal.pk))
        removal.refresh_from_db()
        assert removal.state == "done", removal.last_error


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of files that were looked at."""
    seen: list[str] = []
    scandir = os.scandir

    def watched(path: Any) -> Any:
        seen.extend(os.listdir(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", watched)
    return seen


def test_a_file_is_found_without_a_look_at_the_others_of_its_month(recording: Recording, listed: list[str]) -> None:
    for number in range(50):
        default_storage.save(f"{recording.folder}/{number}/{number}.wav", ContentFile(b"another's"))
    own = removals.own_folder(recording.folder, recording.pk)
    name = keep(recording, f"{own}/{recording.pk}.wav")
    left_behind = default_storage.save(name, ContentFile(b"of an attempt that was interrupted"))
    assert left_behind != name
    erase(recording)
    assert sorted(listed) == sorted([os.path.basename(name), os.path.basename(left_behind)])
    assert not default_storage.exists(own)
    assert len(default_storage.listdir(recording.folder)[0]) == 50


def test_one_from_before_rows_had_folders_goes_too(recording: Recording) -> None:
    name = keep(recording, f"{recording.folder}/{recording.pk}.wav")
    left_behind = default_storage.save(name, ContentFile(b"of an attempt that was interrupted"))
    other = default_storage.save(f"{recording.folder}/another.wav", ContentFile(b"another's"))
    erase(recording)
    assert [default_storage.exists(one) for one in (name, left_behind, other)] == [False, False, True]


def test_what_was_never_written_is_gone(recording: Recording) -> None:
    erase(recording)

"""Which engine the settings name; and that asking for it costs a web process nothing."""

import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from zerovoice.speech import engine


def test_off(settings):
    settings.TRANSCRIPTION_ENGINE = "off"
    assert engine.load() is None
    assert not engine.is_on()


def test_an_unknown_engine_is_refused(settings):
    settings.TRANSCRIPTION_ENGINE = "cloud"
    with pytest.raises(ImproperlyConfigured, match="'cloud'; it can be local or off"):
        engine.load()
    with pytest.raises(SystemCheckError, match="TRANSCRIPTION_ENGINE must be local or off"):
        call_command("check")


def test_no_threads_are_refused(settings):
    settings.TRANSCRIPTION_THREADS = 0
    with pytest.raises(SystemCheckError, match="TRANSCRIPTION_THREADS"):
        call_command("check")


def test_a_folder_without_a_model_is_refused(settings, tmp_path, capsys):
    settings.TRANSCRIPTION_ENGINE = "local"
    settings.WHISPER_MODEL_PATH = str(tmp_path)
    with pytest.raises(ImproperlyConfigured, match=r"model\.bin, config\.json, tokenizer\.json missing"):
        engine.load()
    settings.WHISPER_MODEL_PATH = str(tmp_path / "nowhere")
    call_command("check")
    assert "WHISPER_MODEL_PATH is no folder" in capsys.readouterr().err


def test_one_engine_for_the_process(settings):
    settings.TRANSCRIPTION_ENGINE = "local"
    assert engine.is_on()
    loaded = engine.load()
    assert loaded is engine.load()
    assert loaded.name == "faster-whisper tiny.en int8"


def test_the_interface_is_light():
    code = (
        "import sys, zerovoice.speech.engine, zerovoice.speech.redaction\n"
        "heavy = {'numpy', 'av', 'ctranslate2', 'faster_whisper', 'onnxruntime', 'tokenizers'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

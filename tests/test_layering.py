"""The layers of the house, checked; and the one name that the house shares with the standard library."""

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]


def test_imports_point_down_only():
    check = "from importlinter.cli import lint_imports_command as check; check(['--no-cache'])"
    done = subprocess.run([sys.executable, "-c", check], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(
    "code",
    [
        # From the project's directory (manage.py, python -m): our package comes first and must be both.
        "import decimal, numbers; import zerovoice.settings",
        # A console script (gunicorn, celery): the standard module is there before the project is on the path.
        "import sys; sys.path.remove(''); import decimal, numbers; sys.path.insert(0, '.'); import zerovoice.settings",
    ],
    ids=["ours first", "the standard one first"],
)
def test_numbers_is_our_app_and_the_standard_module(code):
    proof = (
        "import numbers.apps, decimal, fractions;"
        "assert numbers.apps.NumbersConfig.name == 'numbers';"
        "assert isinstance(decimal.Decimal(1), numbers.Number);"
        "assert isinstance(fractions.Fraction(1), numbers.Rational) and not isinstance('1', numbers.Number)"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; {proof}"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr

"""What schemathesis must know about this API (`hooks` in the configuration that `test_fuzz` writes)."""

import os
from datetime import datetime

import schemathesis
from hypothesis import strategies

_AREAS = ("+1415", "+1212", "+1628")

schemathesis.openapi.format(
    "phone", strategies.builds("{}{}".format, strategies.sampled_from(_AREAS), strategies.integers(2000000, 9999999))
)
schemathesis.openapi.format("time-zone", strategies.sampled_from(["", "America/New_York", "Europe/London", "UTC"]))
schemathesis.openapi.format("country-code", strategies.sampled_from(["", "US", "CA", "GB", "AU"]))
# The years that dates may have here; others are taken for typing errors.
_FIRST, _LAST = datetime(1900, 1, 2), datetime(2999, 12, 30)
schemathesis.openapi.format("date", strategies.dates(_FIRST.date(), _LAST.date()).map(str))
schemathesis.openapi.format("date-time", strategies.datetimes(_FIRST, _LAST).map(lambda moment: f"{moment:%FT%TZ}"))


@schemathesis.hook
def filter_case(context: schemathesis.HookContext, case: schemathesis.Case) -> bool:
    """Not to saw off the branch: the key in use is neither revoked nor given other scopes."""
    return str((case.path_parameters or {}).get("api_key_id", "")).lower() != os.environ["FUZZING_KEY_ID"]

"""Phone numbers that an organisation owns.

The standard library has a module of this name (the abstract classes that `decimal` and `fractions` register with), and
the project's directory comes first on the path, so this package has to be that module as well. Where the standard one
was imported before us (console scripts), `zerovoice.settings` gives it our `__path__` instead.
"""

import sysconfig
from importlib.machinery import PathFinder, SourceFileLoader

_standard = PathFinder.find_spec("numbers", [sysconfig.get_path("stdlib")])
assert _standard is not None
assert isinstance(_standard.loader, SourceFileLoader)
_code = _standard.loader.get_code("numbers")
assert _code is not None
exec(_code, globals())  # noqa: S102 - the standard library's own code, under the name it has there

"""The settings of the running service, read from its environment, and how its processes run."""

from typing import Final

VERSION: Final = "0.9.0.dev0"  # of the whole program; a release's CHANGELOG section bears the same number

"""Settings: command line, environment and file become one frozen value; the unknown and the senseless are refused.

Owns which settings there are, where they come from, what makes sense together, and what a reload may change. Does not
own what they mean: the wiring hands plain values to the rooms. Begin reading at `table`.
"""

from __future__ import annotations

from .checks import names_proxies as names_proxies
from .reload import Reloaded as Reloaded
from .reload import reloaded as reloaded
from .settings import Settings as Settings
from .sources import load_settings as load_settings
from .table import BY_NAME as BY_NAME
from .table import FIELDS as FIELDS
from .table import LIVE as LIVE
from .table import Field as Field

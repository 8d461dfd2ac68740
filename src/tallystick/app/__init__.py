"""The wiring: builds every object of a worker once. The one room, beside the command line, that knows every other.

Owns which object is given which; each file is a place where parts meet. Does not own what any of them does.
"""

from __future__ import annotations

from .management import management_resources as management_resources
from .opened import OpenedApp as OpenedApp
from .opened import open_app as open_app
from .opened import open_worker as open_worker
from .worker import Worker as Worker

"""The box: where code that a model wrote is run.

``bwrap`` is bubblewrap: no network, no environment, inputs read-only, and of the
file system only the interpreter, the workspace and the competition's public
data.  The answers, and the data files that Python packages bundle, are not in it.
``none`` is a plain child process, for code that you trust as your own.
"""

from mle_toolkit.sandbox.box import PRELOAD, Box, Execution, open_box
from mle_toolkit.sandbox.probe import Probe, probe, require

__all__ = ["PRELOAD", "Box", "Execution", "Probe", "open_box", "probe", "require"]

"""Write attempts in the formats of other tools, and their programs as files to run.

`to_atif` and `to_inspect` keep every event beside what the format itself can say, so
that `mle_toolkit.traces.importing` gets all of them back.  `to_python` and
`to_notebook` write the program of one node, or what a linear agent ran.
"""

from mle_toolkit.traces.exporting.atif import to_atif
from mle_toolkit.traces.exporting.code import to_notebook, to_python
from mle_toolkit.traces.exporting.inspect_log import to_inspect

__all__ = ["to_atif", "to_inspect", "to_notebook", "to_python"]

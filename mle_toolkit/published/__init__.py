"""The published record of MLE-bench as data: medals won and seeds run.

31 experiments on the 75 competitions, with what is known of each experiment and with
the traps of the record written down beside it.
"""

from mle_toolkit.published.counts import record
from mle_toolkit.published.tables import PROVENANCE, competitions, experiments

__all__ = ["PROVENANCE", "competitions", "experiments", "record"]

"""Run the command as ``python -m mle_toolkit.cli``."""

import sys

from mle_toolkit.cli.app import main

sys.exit(main())

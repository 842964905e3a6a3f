"""The `mle` command: parses and prints, and leaves the work to the package."""

from mle_toolkit.cli.app import main

__all__ = ["main"]

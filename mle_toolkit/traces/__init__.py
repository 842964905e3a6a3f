"""Events of an attempt: the append-only log, its index, and how to read both."""

from mle_toolkit.traces.reader import EventLog, read_events
from mle_toolkit.traces.writer import EventWriter

__all__ = ["EventLog", "EventWriter", "read_events"]

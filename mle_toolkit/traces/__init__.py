"""Events of an attempt: the append-only log, its index, and how to read both."""

from mle_toolkit.traces.lines import LogLines
from mle_toolkit.traces.reader import EventLog, read_events
from mle_toolkit.traces.writer import EventWriter

__all__ = ["EventLog", "EventWriter", "LogLines", "read_events"]

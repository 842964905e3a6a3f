"""Run folders: the one place where the state of an experiment lives.

`files` holds the safe ways to write and copy a file, `folders` the layout of an
experiment and its attempts, `processes` the question whether an owner still lives.
All of it is standard library, because the supervisor imports it.
"""

from mle_toolkit.store.files import (
    MAX_SUBMISSION_BYTES,
    append_bytes,
    copy_regular,
    open_plain,
    parse_json,
    publish_once,
    read_json,
    write_json,
    write_text,
)
from mle_toolkit.store.folders import (
    AttemptFolder,
    ExperimentFolder,
    TryFolder,
    agent_slug,
)
from mle_toolkit.store.processes import Observer, Owner, current_owner

__all__ = [
    "MAX_SUBMISSION_BYTES",
    "AttemptFolder",
    "ExperimentFolder",
    "Observer",
    "Owner",
    "TryFolder",
    "agent_slug",
    "append_bytes",
    "copy_regular",
    "current_owner",
    "open_plain",
    "parse_json",
    "publish_once",
    "read_json",
    "write_json",
    "write_text",
]

"""Open the box of an attempt, before anything of weight is imported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mle_toolkit.sandbox import PRELOAD, open_box

if TYPE_CHECKING:
    from collections.abc import Callable

    from mle_toolkit.records import AttemptSpec
    from mle_toolkit.sandbox import Box
    from mle_toolkit.store import TryFolder


def open_for(
    spec: AttemptSpec, folder: TryFolder, make_box: Callable[..., Box] = open_box
) -> Box:
    """Return a new box with the limits of `spec` in the try's workspace.

    The option ``preload`` names other modules for the box to import ahead.
    """
    limits = spec.limits
    return make_box(
        spec.sandbox,
        workspace=folder.workspace,
        inputs=Path(spec.task.public_dir),
        scratch=folder.scratch,
        cpus=limits.cpus,
        memory_mib=limits.memory_mib,
        output_mib=limits.output_mib,
        disk_mib=limits.disk_mib,
        preload=spec.options.get("preload", PRELOAD),
    )

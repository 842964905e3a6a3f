"""Protocols: how a submission is checked, matched with the answers and scored.

A card names its protocol.  ``"standard"`` is ours: ids are compared, order does not
matter, every value is checked.  The others do what the graders of MLE-bench do with
their competition, the accidents included, so that scores made here stand beside
published ones to the last digit.  Where such a grader accepts what it should not,
the outcome keeps its score and names the danger; a strict grade refuses it.

A protocol is a function of an `Entry` that returns an `Outcome`, or raises
`SubmissionError` with one sentence.  It has the name that cards use, and is loaded
when it is first needed.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from mle_toolkit.errors import check_choice

if TYPE_CHECKING:
    from collections.abc import Callable

    from mle_toolkit.competitions.protocols.entry import Entry, Outcome

    Protocol = Callable[[Entry], Outcome]

STANDARD = "standard"

# Where each protocol lives: module -> names.
_HOMES = {
    "standard": (STANDARD,),
    "areas": (
        "roc_auc",
        "open_column_roc_auc",
        "exact_column_roc_auc",
        "positional_roc_auc",
        "steganalysis",
        "identity_bias",
    ),
    "probabilities": (
        "class_probabilities",
        "exact_class_probabilities",
        "positional_class_probabilities",
        "rounded_class_probabilities",
        "binary_probability",
        "study_probabilities",
        "votes",
        "clipped_probability",
        "tagging",
    ),
    "numbers": (
        "pixels",
        "unchecked_rows",
        "sorted_fares",
        "bounded_score",
        "eruptions",
        "rank_columns",
        "similarity",
    ),
    "signals": (
        "coupling_constants",
        "directions",
        "last_visits",
        "kept_positions",
        "breaths",
        "trips",
    ),
    "labels": (
        "label",
        "normalized_text",
        "filled_label",
        "text_label",
        "grades",
        "essay_grades",
        "integer_label",
        "first_integer_label",
        "contacts",
    ),
    "lists": (
        "ranked_labels",
        "exact_ranked_labels",
        "baskets",
        "tags",
        "known_tags",
        "cell_orders",
        "gestures",
    ),
    "texts": (
        "span_words",
        "selected_words",
        "sentences",
        "identifiers",
    ),
    "spans": ("answer_spans",),
    "masks": ("pooled_masks", "kidney_masks", "salt_masks", "ink"),
    "volumes": ("scan_volumes",),
    "boxes": ("characters", "study_boxes", "xray_boxes", "boxes_3d"),
}
_MODULES = {name: module for module, names in _HOMES.items() for name in names}


def check_protocol(name: str) -> None:
    """Raise `UnknownNameError` unless there is a protocol of that name."""
    check_choice("protocol", name, _MODULES)


def get_protocol(name: str) -> Protocol:
    """Return the protocol of that name.

    Raises
    ------
    UnknownNameError
        When there is none.
    """
    check_protocol(name)
    module = importlib.import_module(f"{__name__}.{_MODULES[name]}")
    protocol: Protocol = getattr(module, name)
    return protocol

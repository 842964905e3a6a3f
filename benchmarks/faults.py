"""What may be wrong with the grade of a malformed file."""

from __future__ import annotations

from mle_toolkit.records import Grade, to_json

LONGEST_REASON = 1000
STRICT = "refused because the grade is strict: "


def fault_of(found: object, strict: object) -> str | None:
    """Return what is wrong with a grade and its strict twin, or None."""
    for grade in (found, strict):
        if not isinstance(grade, Grade):
            return f"not a grade: {grade!r}"
        if grade.valid:
            if not isinstance(grade.score_full, float) or grade.reason is not None:
                return f"a valid grade without a score, or with a reason: {grade}"
        elif grade.score is not None or grade.score_full is not None:
            return f"an invalid grade with a score: {grade}"
        elif (fault := reason_fault(grade.reason)) is not None:
            return f"{fault}: {grade.reason!r}"
        to_json(grade)
    return _strict_fault(found, strict)


def reason_fault(reason: str | None) -> str | None:
    """Return what is wrong with the reason of a refusal, or None."""
    if not reason:
        return "no reason"
    if "cannot be scored" in reason or "Traceback" in reason:
        return "an error that nobody foresaw"
    if not reason.isprintable():
        return "a reason that cannot be printed in one line"
    if len(reason) > LONGEST_REASON:
        return "an endless reason"
    return None


def _strict_fault(found: Grade, strict: Grade) -> str | None:
    """Strictness refuses more, and changes nothing else."""
    if not found.valid:
        same = strict.reason == found.reason
        return None if same else f"other reasons: {found.reason!r}, {strict.reason!r}"
    if strict.valid:
        same = str(strict.score_full) == str(found.score_full)
        return None if same else f"other scores: {found}, {strict}"
    if not (strict.reason or "").startswith(STRICT):
        return f"strictly refused for no danger: {strict.reason!r}"
    return None

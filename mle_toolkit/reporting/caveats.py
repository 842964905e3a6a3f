"""What a reader must know before quoting the numbers of a report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mle_toolkit.durations import format_duration
from mle_toolkit.reporting import words

if TYPE_CHECKING:
    import pandas as pd

    from mle_toolkit.reporting.material import Material

_FEW_COMPETITIONS = 20
_LONG_S = 3600.0


@dataclass(frozen=True, slots=True)
class Caveat:
    """What to know before quoting a number: in a few words, and in sentences."""

    name: str
    text: str


def caveats(material: Material) -> list[Caveat]:
    """Return the caveats that apply to an experiment."""
    checks = (
        _unfinished,
        _problems,
        _offline,
        _field,
        _few_competitions,
        _oracle,
        _sandbox,
        _time,
        _agents,
    )
    return [found for check in checks if (found := check(material))]


def _unfinished(material: Material) -> Caveat | None:
    left_out = int(material.summary["n_left_out"].sum())
    stopped = int(material.summary["n_stopped"].sum())
    parts = []
    if left_out:
        of = len(material.attempts)
        parts.append(
            f"{left_out} of {words.counted(of, 'attempt')} are not published and "
            "graded yet. They are left out of every number here, never taken for "
            "failures; those that finish first need not be like the others."
        )
    if stopped:
        parts.append(
            f"{words.counted(stopped, 'attempt')} had less than the planned time, "
            "because somebody stopped the experiment, and count with what they had."
        )
    return Caveat("Not all attempts are in", " ".join(parts)) if parts else None


def _problems(material: Material) -> Caveat | None:
    if not material.problems:
        return None
    listed = "; ".join(f"{each.path}: {each.reason}" for each in material.problems[:5])
    count = words.counted(len(material.problems), "record")
    return Caveat("Not everything could be read", f"{count} passed over: {listed}.")


def _offline(material: Material) -> Caveat | None:
    if not material.attempts["model"].eq("offline").any():
        return None
    return Caveat(
        "The offline model is not a language model",
        "It is a seeded writer of scikit-learn programs that reacts to the data "
        "overview and to tracebacks. It exercises the whole machinery without a key "
        "or a network; its scores say nothing about what a language model can do.",
    )


def _field(material: Material) -> Caveat | None:
    if all(facts.split != "mini" for facts in material.competitions):
        return None
    return Caveat(
        "The reference field is machine-made",
        "The medal lines of the mini competitions come from a field of honestly "
        "trained pipelines, not from people. A medal here is not a Kaggle medal, and "
        "a percentile is a place among those pipelines.",
    )


def _few_competitions(material: Material) -> Caveat | None:
    count = len(material.competitions)
    if count >= _FEW_COMPETITIONS:
        return None
    if count == 1:
        text = (
            "One competition says nothing about others, so there is no interval over "
            "competitions. That of the competition itself reflects its attempts alone."
        )
        return Caveat("One competition", text)
    example = _first_interval(material.rates)
    return Caveat(
        f"{count} competitions are few",
        f"The interval over all competitions{example} is wide because it speaks of "
        f"other competitions of the same kind, of which {count} are a small sample. "
        "More attempts on the same competitions will not narrow it much; more "
        "competitions will.",
    )


def _first_interval(rates: pd.DataFrame) -> str:
    """Return the interval of the least k over all competitions, in brackets."""
    over_all = rates[(rates["competition"] == "all") & rates["low"].notna()]
    if over_all.empty:
        return ""
    row = over_all.iloc[0]
    limits = words.interval(row["low"], row["high"])
    return f" (pass@{row['k']}: {words.percent(row['estimate'])}, {limits})"


def _oracle(material: Material) -> Caveat | None:
    largest = int(material.rates["k"].max()) if len(material.rates) else 0
    if largest <= 1:
        return None
    return Caveat(
        "pass@k assumes that the winner is recognised",
        "It is the chance that at least one of k attempts wins a medal, judged by the "
        "private answers. Whoever has to choose one of the k without them will win "
        f"less often. At k = {largest}, the largest here, it rests on whether any "
        "attempt at all has won, and is at its least certain.",
    )


def _sandbox(material: Material) -> Caveat | None:
    if all(plan.get("sandbox") != "none" for plan in material.plans):
        return None
    return Caveat(
        "The programs ran unconfined",
        "This experiment was started with the sandbox turned off: the programs could "
        "read the disk and use the network, the private answers included. That is in "
        "order for the toolkit's own offline model alone.",
    )


def _time(material: Material) -> Caveat | None:
    limits = [
        float(plan["limits"]["time_limit_s"])
        for plan in material.plans
        if isinstance(plan.get("limits"), dict) and "time_limit_s" in plan["limits"]
    ]
    if not limits or max(limits) > _LONG_S:
        return None
    return Caveat(
        "Attempts were short",
        f"At most {format_duration(max(limits))} each; published results of agent "
        "benchmarks usually rest on 24 hours. Do not extrapolate.",
    )


def _agents(material: Material) -> Caveat | None:
    if len(material.agents) < 2:  # noqa: PLR2004 - a comparison needs two
        return None
    return Caveat(
        "Overlapping bands are no test",
        "Agents that ran on the same competitions are compared by their differences "
        "per competition, not by whether their intervals overlap.",
    )

"""Protocols for measurements, accident by accident."""

import math
import re

import numpy as np
import pandas as pd
import pytest

from mle_toolkit.competitions import grade

CHAMPS = "champs-scalar-coupling"
ICE = "icecube-neutrinos-in-deep-ice"
OSIC = "osic-pulmonary-fibrosis-progression"
COVID = "stanford-covid-vaccine"
BREATHS = "ventilator-pressure-prediction"
PHONES = "smartphone-decimeter-2022"
COUPLING = "scalar_coupling_constant"
SCORED = ("reactivity", "deg_Mg_pH10", "deg_Mg_50C")
SPARE = ("deg_pH10", "deg_50C")
LATITUDE, LONGITUDE, TIME = "LatitudeDegrees", "LongitudeDegrees", "UnixTimeMillis"
# One degree along a meridian of the sphere.
DEGREE_M = 6_371_000 * math.pi / 180


def accepted(competition, submission, answers, *, danger=None):
    """Return the score, which strict refuses for that danger, or for none at all."""
    found = grade(competition, submission, answers=answers)
    assert found.valid, found.reason
    strict = grade(competition, submission, answers=answers, strict=True)
    if danger is None:
        assert strict.valid, strict.reason
        assert strict.score_full == found.score_full
    else:
        assert not strict.valid
        assert re.search(danger, strict.reason), strict.reason
        assert any(re.search(danger, said) for said in found.warnings)
    return found.score_full


def refused(competition, submission, answers):
    """Return the reason for which it is refused, strict or not."""
    found = grade(competition, submission, answers=answers)
    assert not found.valid
    assert "cannot be scored" not in found.reason
    assert "\n" not in found.reason
    strict = grade(competition, submission, answers=answers, strict=True)
    assert strict.reason == found.reason
    return found.reason


# champs-scalar-coupling


@pytest.fixture
def couplings():
    """Return answers of two types: three rows of one and one of the other."""
    return pd.DataFrame(
        {
            "id": [11, 12, 13, 14],
            "molecule_name": "m",
            "type": ["1JHC", "2JHH", "1JHC", "1JHC"],
            COUPLING: [80.0, -10.0, 90.0, 100.0],
        }
    )


def coupled(cells, ids=(11, 12, 13, 14)):
    return pd.DataFrame({"id": list(ids), COUPLING: cells})


def test_couplings_by_hand(couplings):
    """Types count alike: errors 1, 2, 3 of one and 4 of the other."""
    given = coupled([81.0, -14.0, 88.0, 97.0])
    wanted = (math.log(2) + math.log(4)) / 2
    assert accepted(CHAMPS, given, couplings) == pytest.approx(wanted, rel=1e-12)
    moved = given.iloc[[3, 0, 2, 1]]
    assert accepted(CHAMPS, moved, couplings) == pytest.approx(wanted, rel=1e-12)


def test_one_perfect_type_gives_minus_infinity(couplings):
    """There is no floor under the error, so the other types do not matter."""
    given = coupled([81.0, -10.0, 88.0, 97.0])
    found = accepted(CHAMPS, given, couplings, danger="the score is -inf")
    assert found == -math.inf
    perfect = accepted(CHAMPS, couplings, couplings, danger="the score is -inf")
    assert perfect == -math.inf


def test_tiny_coupling_errors_are_read_to_the_last_digit(couplings, tmp_path):
    """Decimals become the nearest double: one digit shifts ln(1e-12) visibly."""
    path = tmp_path / "submission.csv"
    cells = ["80.000000000001", "-10.000000000001", "90.000000000001", "100.0"]
    lines = [f"{number},{cell}" for number, cell in enumerate(cells, start=11)]
    path.write_text(f"id,{COUPLING}\n" + "\n".join(lines) + "\n")
    errors = [abs(float(cell) - abs(t)) for cell, t in zip(cells, (80, -10, 90, 100),
              strict=True)]  # fmt: skip
    errors[1] = abs(float(cells[1]) + 10)
    wanted = (math.log((errors[0] + errors[2]) / 3) + math.log(errors[1])) / 2
    found = accepted(CHAMPS, path, couplings)
    assert found == pytest.approx(wanted, rel=1e-9)


def test_a_repeated_coupling_counts_twice(couplings):
    """Errors 1, 2, 3 and again 3 of one type."""
    given = pd.concat([coupled([81.0, -14.0, 88.0, 97.0]), coupled([97.0], ids=[14])])
    wanted = (math.log(9 / 4) + math.log(4)) / 2
    danger = "ids occur more than once: 14"
    found = accepted(CHAMPS, given, couplings, danger=danger)
    assert found == pytest.approx(wanted, rel=1e-12)


def test_couplings_repeated_in_the_answers_are_merged(couplings):
    """Every pair counts, as in a merge of two tables."""
    answers = pd.concat([couplings, couplings[:1].assign(**{COUPLING: 83.0})])
    given = coupled([81.0, -14.0, 88.0, 97.0])
    wanted = (math.log((1 + 2 + 2 + 3) / 4) + math.log(4)) / 2
    assert accepted(CHAMPS, given, answers) == pytest.approx(wanted, rel=1e-12)


def test_couplings_need_the_same_ids(couplings):
    """A missing, an unknown and a blank id; but 11.0 is 11."""
    given = coupled([81.0, -14.0, 88.0, 97.0])
    reason = refused(CHAMPS, given[:3], couplings)
    assert reason == "1 id is missing from column 'id': 14"
    longer = pd.concat([given, coupled([1.0], ids=[15])])
    reason = refused(CHAMPS, longer, couplings)
    assert reason == "1 id is unknown in column 'id': 15"
    blank = coupled([1.0, 2.0, 3.0, 4.0], ids=[11, 12, 13, None])
    assert "is missing from column 'id': 14" in refused(CHAMPS, blank, couplings)
    texts = coupled([1.0, 2.0, 3.0, 4.0], ids=["11", "12", "13", "x14"])
    assert "4 ids are missing" in refused(CHAMPS, texts, couplings)
    floats = coupled([81.0, -14.0, 88.0, 97.0], ids=[11.0, 12.0, 13.0, 14.0])
    assert accepted(CHAMPS, floats, couplings) > 0


@pytest.mark.parametrize(
    ("cell", "said"),
    [("", "missing"), ("inf", "infinite"), ("-inf", "infinite"), ("x", "not a number")],
)
def test_couplings_must_be_finite_numbers(couplings, cell, said):
    """Blank, infinite and text."""
    given = coupled([81.0, "-14", cell, 97.0])
    reason = refused(CHAMPS, given, couplings)
    assert f"in column {COUPLING!r} is {said} (row 3)" in reason


def test_huge_couplings_overflow_to_infinity(couplings):
    """The mean of the errors of a type overflows before its logarithm."""
    given = coupled([1e308, -14.0, 1e308, 97.0])
    assert accepted(CHAMPS, given, couplings, danger="the score is inf") == math.inf


def test_couplings_need_both_columns(couplings):
    """Others are noted; a column 'type' in the submission is not used."""
    given = coupled([81.0, -14.0, 88.0, 97.0])
    for name in ("id", COUPLING):
        reason = refused(CHAMPS, given.drop(columns=name), couplings)
        assert f"column {name!r} is missing" in reason
    extra = given.assign(type="1JHC")
    found = grade(CHAMPS, extra, answers=couplings)
    assert found.score_full == accepted(CHAMPS, given, couplings)
    assert found.warnings == ("column 'type' is not read",)


# icecube-neutrinos-in-deep-ice


def pointed(azimuths, zeniths, ids=(1, 2, 3)):
    return pd.DataFrame({"event_id": list(ids), "azimuth": azimuths, "zenith": zeniths})


def test_directions_by_hand():
    """A right angle, a half turn and a step of 0.5 down from the pole."""
    answers = pointed([0.0, 0.0, 1.0], [math.pi / 2, math.pi / 2, 0.0])
    given = pointed([math.pi / 2, math.pi, 4.0], [math.pi / 2, math.pi / 2, 0.5])
    wanted = (math.pi / 2 + math.pi + 0.5) / 3
    assert accepted(ICE, given, answers) == pytest.approx(wanted, rel=1e-9)
    assert accepted(ICE, given[::-1], answers) == pytest.approx(wanted, rel=1e-9)
    # Whole turns change nothing.
    turned = given.assign(azimuth=given["azimuth"] - 2 * math.pi)
    assert accepted(ICE, turned, answers) == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize("target", ["azimuth", "zenith"])
@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([0.1, None, 0.3], "a value in column {!r} is missing (row 2)"),
        ([0.1, 0.2, math.inf], "the value inf in column {!r} is infinite (row 3)"),
        ([0.1, -math.inf, 3.0], "the value -inf in column {!r} is infinite (row 2)"),
        (["0.1", "x", "0.3"], "the value 'x' in column {!r} is not a number (row 2)"),
        (["0.1", "1_0", "0.3"], "the value '1_0' in column {!r} makes the column text"),
        ([True, False, True], "column {!r} holds True and False, not numbers"),
    ],
)
def test_directions_must_be_finite_numbers(target, cells, said):
    """Blank, infinite, text and flags."""
    answers = pointed([0.1, 0.2, 0.3], [0.1, 0.2, 0.3])
    reason = refused(ICE, answers.assign(**{target: cells}), answers)
    assert said.format(target) in reason


def test_directions_have_exactly_three_columns():
    """In any order; neither more nor less."""
    answers = pointed([0.1, 0.2, 0.3], [0.1, 0.2, 0.3])
    swapped = answers[["zenith", "event_id", "azimuth"]]
    assert accepted(ICE, swapped, answers) == pytest.approx(0, abs=1e-7)
    extra = refused(ICE, answers.assign(more=1), answers)
    assert "this column is not allowed: 'more'" in extra
    for name in answers:
        reason = refused(ICE, answers.drop(columns=name), answers)
        assert f"column {name!r} is missing" in reason


def test_directions_need_the_ids_and_rows_of_the_answers():
    """Too few rows, an unknown event, one twice."""
    answers = pointed([0.1, 0.2, 0.3], [0.1, 0.2, 0.3])
    assert "2 rows; 3 are expected" in refused(ICE, answers[:2], answers)
    other = answers.assign(event_id=[1, 2, 9])
    assert "1 id is missing from column 'event_id': 3" in refused(ICE, other, answers)
    twice = pd.concat([answers, answers[:1]])
    assert "4 rows; 3 are expected" in refused(ICE, twice, answers)


def test_huge_angles_are_angles():
    """1e308 is somewhere on the circle."""
    answers = pointed([0.1, 0.2, 0.3], [0.1, 0.2, 0.3])
    given = answers.assign(azimuth=[1e308, 0.2, 0.3])
    assert 0 <= accepted(ICE, given, answers) <= math.pi


# osic-pulmonary-fibrosis-progression


@pytest.fixture
def lungs():
    """Return answers: the last real visits are A_2, A_5, A_10 and B_-3, B_0."""
    volumes = {"A_-1": 2500, "A_10": 2000, "A_2": 2100, "A_5": 2050, "A_11": None,
               "B_0": 3000, "B_-3": 3100, "B_1": None}  # fmt: skip
    return pd.DataFrame(
        {"Patient_Week": list(volumes), "FVC": list(volumes.values()), "Age": 60}
    )


def breathed(volumes, confidences, answers):
    return pd.DataFrame(
        {
            "Patient_Week": answers["Patient_Week"],
            "FVC": volumes,
            "Confidence": confidences,
        }
    )


def likelihood(error, deviation):
    """Return the term of one visit."""
    spread = max(deviation, 70)
    return -math.sqrt(2) * min(error, 1000) / spread - math.log(math.sqrt(2) * spread)


def test_last_visits_by_hand(lungs):
    """Only the three last weeks with a truth count, by number and not by text."""
    # Rows of the file: A_-1, A_10, A_2, A_5, A_11, B_0, B_-3, B_1.
    volumes = [9.0, 2100.0, 2100.0, 3000.0, 9.0, 5000.0, 3100.0, 9.0]
    given = breathed(volumes, [9.0, 100.0, 10.0, 500.0, 9.0, 200.0, 70.0, 9.0], lungs)
    terms = [
        likelihood(100, 100),
        likelihood(0, 10),
        likelihood(950, 500),
        likelihood(2000, 200),
        likelihood(0, 70),
    ]
    wanted = sum(terms) / 5
    assert accepted(OSIC, given, lungs) == pytest.approx(wanted, rel=1e-12)
    assert accepted(OSIC, given[::-1], lungs) == pytest.approx(wanted, rel=1e-12)


def test_a_patient_may_have_several_underscores():
    """The week is behind the last one."""
    lungs = pd.DataFrame(
        {"Patient_Week": ["A_1_7", "A_1_8", "A_2_9"], "FVC": [1000, 2000, 3000]}
    )
    given = breathed([1000, 2000, 3000], [70, 70, 70], lungs)
    wanted = likelihood(0, 70)
    assert accepted(OSIC, given, lungs) == pytest.approx(wanted, rel=1e-12)


def test_partial_files_are_scored_on_what_they_have(lungs):
    """Two of five visits that count; rows that do not count are no loss."""
    given = breathed(1900.0, 100.0, lungs)
    wanted = (likelihood(100, 100) + likelihood(200, 100)) / 2
    part = given[given["Patient_Week"].isin(["A_10", "A_2"])]
    danger = "only 2 of the 5 visits that count are there"
    assert accepted(OSIC, part, lungs, danger=danger) == pytest.approx(wanted)
    counted = given[~given["Patient_Week"].isin(["A_-1", "A_11", "B_1"])]
    assert accepted(OSIC, counted, lungs) == accepted(OSIC, given, lungs)


def test_a_file_without_any_counted_visit_is_nan(lungs):
    """It is valid, without a medal."""
    given = breathed(1900.0, 100.0, lungs)
    part = given[given["Patient_Week"].isin(["A_-1", "B_1"])]
    assert math.isnan(accepted(OSIC, part, lungs, danger="only 0 of the 5 visits"))


def test_a_missing_confidence_counts_as_seventy(lungs):
    """It becomes 0 first, so that it is raised like all that is below 70."""
    given = breathed(2000.0, [100, None, 100, 100, 100, 100, 100, 100], lungs)
    filled = breathed(2000.0, [100, 70, 100, 100, 100, 100, 100, 100], lungs)
    danger = "1 missing value in column 'Confidence' count"
    found = accepted(OSIC, given, lungs, danger=danger)
    assert found == accepted(OSIC, filled, lungs)
    blank = breathed(2000.0, None, lungs)
    seventy = breathed(2000.0, 70.0, lungs)
    assert accepted(OSIC, blank, lungs, danger="5 missing values") == accepted(
        OSIC, seventy, lungs
    )


def test_a_missing_volume_gives_nan_where_it_counts(lungs):
    """Elsewhere it is only a careless cell."""
    volumes = [2000.0] * 8
    full = accepted(OSIC, breathed(volumes, 100.0, lungs), lungs)
    volumes[1] = None
    given = breathed(volumes, 100.0, lungs)
    danger = "1 missing value in column 'FVC' make the score NaN"
    assert math.isnan(accepted(OSIC, given, lungs, danger=danger))
    volumes[0], volumes[1] = None, 2000.0
    given = breathed(volumes, 100.0, lungs)
    danger = "1 value is not finite numbers in column 'FVC'"
    assert accepted(OSIC, given, lungs, danger=danger) == full


def test_infinite_volumes_and_confidences(lungs):
    """An infinite error is cut to 1000; an infinite deviation costs infinitely."""
    volumes = [2000.0] * 8
    volumes[1] = math.inf
    given = breathed(volumes, 100.0, lungs)
    found = accepted(OSIC, given, lungs, danger="not finite")
    volumes[1] = 9999.0
    assert found == accepted(OSIC, breathed(volumes, 100.0, lungs), lungs)
    given = breathed(2000.0, math.inf, lungs)
    assert accepted(OSIC, given, lungs, danger="not finite") == -math.inf
    # Minus infinity is below 70.
    given = breathed(2000.0, -math.inf, lungs)
    assert accepted(OSIC, given, lungs, danger="not finite") == accepted(
        OSIC, breathed(2000.0, 70.0, lungs), lungs
    )


def test_repeated_visits_that_count_are_refused(lungs):
    """Unless there is but one; those that do not count may repeat."""
    given = breathed(1900.0, 100.0, lungs)
    twice = pd.concat([given, given[1:2]])
    reason = refused(OSIC, twice, lungs)
    assert reason == "visits that count occur more than once: 'A_10'"
    harmless = pd.concat([given, given[:1]])
    danger = "ids occur more than once: 'A_-1'"
    full = accepted(OSIC, given, lungs)
    assert accepted(OSIC, harmless, lungs, danger=danger) == full
    single = given[1:2]
    several = pd.concat([single, single.assign(FVC=2200.0), given[:1]])
    wanted = (likelihood(100, 100) + likelihood(200, 100)) / 2
    found = accepted(OSIC, several, lungs, danger="only 1 of the 5")
    assert found == pytest.approx(wanted, rel=1e-12)


def test_visits_must_be_known(lungs):
    """An unknown one, a blank one and numbers in their place."""
    given = breathed(1900.0, 100.0, lungs)
    for name, shown in (("A_12", "'A_12'"), (None, "a value"), ("7", "'7'")):
        strange = given.assign(Patient_Week=[name, *given["Patient_Week"][1:]])
        reason = refused(OSIC, strange, lungs)
        assert shown in reason
        assert "is not in the answers (row 1)" in reason
    numbers = given.assign(Patient_Week=range(8))
    assert "is not in the answers (row 1" in refused(OSIC, numbers, lungs)


def test_visits_need_numbers(lungs):
    """A text cell makes the column text, and a file without rows has no numbers."""
    given = breathed(1900.0, 100.0, lungs)
    for name in ("FVC", "Confidence"):
        reason = refused(OSIC, given.drop(columns=name), lungs)
        assert f"column {name!r} is missing" in reason
        text = given.assign(**{name: ["x", *["70"] * 7]})
        assert f"'x' in column {name!r} is not a number" in refused(OSIC, text, lungs)
    assert refused(OSIC, given[:0], lungs) == "column 'FVC' has no values"


def test_visits_need_answers_that_are_visits(lungs):
    """Answers with a text volume, a repeated id or no week score no submission."""
    given = breathed(1900.0, 100.0, lungs)
    text = lungs.assign(FVC=["x", *["70"] * 7])
    twice = lungs.assign(Patient_Week=["A_2", *lungs["Patient_Week"][1:]])
    timeless = lungs.assign(Patient_Week=["A_last", *lungs["Patient_Week"][1:]])
    for answers, said in (
        (text, "column 'FVC' holds text"),
        (twice, "ids occur more than once in column 'Patient_Week'"),
        (timeless, "an id in column 'Patient_Week' does not end in a week"),
    ):
        found = grade(OSIC, given, answers=answers)
        assert found.reason == f"no submission can be scored: in the answers, {said}"


# stanford-covid-vaccine


@pytest.fixture
def bases():
    """Return answers: four positions each of b and a, of which two are kept."""
    names = [f"id_{name}_{place}" for name in "ba" for place in (0, 1, 10, 11)]
    numbers = np.arange(8.0)
    values = {name: numbers * step for step, name in enumerate(SCORED, start=1)}
    spare = dict.fromkeys(SPARE, 0.0)
    return pd.DataFrame(
        {"id_seqpos": names, **values, **spare, "keep": [True, True, False, False] * 2}
    )


def test_positions_by_hand(bases):
    """Errors of 2 in one column and of 1 in half of the next: (2 + sqrt(1/2)) / 3."""
    given = bases.drop(columns="keep")
    given["reactivity"] += 2
    given.loc[[0, 4], "deg_Mg_pH10"] += 1
    # What is not kept, and what is not scored, does not count.
    given.loc[[2, 3, 6, 7], list(SCORED)] = 99
    given[list(SPARE)] = 77
    wanted = (2 + math.sqrt(0.5)) / 3
    assert accepted(COVID, given, bases) == pytest.approx(wanted, rel=1e-12)


def test_positions_in_another_order_are_scored_wrongly(bases):
    """The mask goes by the place in the file: a perfect file scores badly."""
    perfect = bases.drop(columns="keep")
    assert accepted(COVID, perfect, bases) == 0
    # Sorted by id: a_0, a_1, a_10, a_11, b_0, ...; kept are places 0, 1, 4 and 5, so
    # a_0 and a_1 of the answers meet theirs, as do those of b.
    assert accepted(COVID, perfect.sort_values("id_seqpos"), bases) == 0
    # Turned round: places 0, 1, 4, 5 hold a_11, a_10, b_11, b_10. By id: 6, 7, 2, 3
    # against a_0, a_1, b_0, b_1, which are 4, 5, 0, 1.
    danger = "in another order than the answers.*: 4 are scored against another id"
    found = accepted(COVID, perfect[::-1], bases, danger=danger)
    assert found == pytest.approx((2 + 4 + 6) / 3, rel=1e-12)


def test_positions_moved_among_the_kept_do_no_harm(bases):
    """Then the mask picks the same rows, and sorting them puts them right."""
    perfect = bases.drop(columns="keep")
    moved = perfect.iloc[[1, 5, 3, 2, 0, 4, 6, 7]]
    assert accepted(COVID, moved, bases) == 0


def test_positions_need_all_six_columns_and_the_ids(bases):
    """Those that are not scored included."""
    given = bases.drop(columns="keep")
    for name in given:
        reason = refused(COVID, given.drop(columns=name), bases)
        assert f"column {name!r} is missing" in reason
    assert "7 rows; 8 are expected" in refused(COVID, given[1:], bases)
    strange = given.assign(id_seqpos=["x", *given["id_seqpos"][1:]])
    assert "1 id is missing" in refused(COVID, strange, bases)
    twice = given.assign(id_seqpos=["id_a_0", *given["id_seqpos"][1:]])
    assert "1 id is missing" in refused(COVID, twice, bases)


@pytest.mark.parametrize(
    ("cell", "said"), [("", "missing"), ("inf", "infinite"), ("x", "not a number")]
)
def test_positions_are_converted_late_where_they_are_kept(bases, cell, said):
    """A bad cell is refused in a kept row, and only careless elsewhere."""
    given = bases.drop(columns="keep").astype(object)
    given.loc[4, "reactivity"] = cell
    reason = refused(COVID, given, bases)
    assert f"in column 'reactivity' is {said} (row 5)" in reason
    danger = "1 value is not finite numbers in column 'reactivity'"
    given.loc[[4, 6], "reactivity"] = ["4.0", cell]
    assert accepted(COVID, given, bases, danger=danger) == 0
    spare = bases.drop(columns="keep").astype(object)
    spare.loc[0, "deg_50C"] = cell
    assert accepted(COVID, spare, bases, danger="in column 'deg_50C'") == 0


def test_positions_of_rows_with_too_many_fields_are_refused(bases, tmp_path):
    """The parser takes the first field for the row's name, so no place is left."""
    path = tmp_path / "submission.csv"
    given = bases.drop(columns="keep")
    lines = given.to_csv(index=False).splitlines()
    path.write_text("\n".join([lines[0], *(f"x,{line}" for line in lines[1:])]))
    assert "more fields than the header" in refused(COVID, path, bases)
    # Names that are numbers of rows are places: here the right ones.
    numbered = [f"{row},{line}" for row, line in enumerate(lines[1:])]
    path.write_text("\n".join([lines[0], *numbered[::-1]]))
    assert accepted(COVID, path, bases) == 0


# ventilator-pressure-prediction


@pytest.fixture
def breath():
    """Return answers: rows 1, 2 and 5 breathe in."""
    return pd.DataFrame(
        {"id": [1, 2, 3, 4, 5], "u_out": [0, 0, 1, 1, 0], "pressure": [5.0] * 5}
    )


def pressed(cells):
    return pd.DataFrame({"id": [1, 2, 3, 4, 5], "pressure": cells})


def test_pressure_by_hand(breath):
    """Errors 1, 2 and 3 count, those of the other phase do not."""
    given = pressed([6.0, 3.0, 99.0, -99.0, 8.0])
    assert accepted(BREATHS, given, breath) == 2
    assert accepted(BREATHS, given.iloc[[4, 2, 0, 1, 3]], breath) == 2


@pytest.mark.parametrize(
    ("cell", "said"), [("", "missing"), ("inf", "infinite"), ("x", "not a number")]
)
def test_pressure_is_looked_at_only_while_air_flows_in(breath, cell, said):
    """Whatever the other rows hold passes, but strictly it is refused."""
    danger = "1 value is not finite numbers in column 'pressure'"
    given = pressed(["6", "3", cell, "0", "8"])
    assert accepted(BREATHS, given, breath, danger=danger) == 2
    given = pressed(["6", cell, "0", "0", "8"])
    sentence = f"in column 'pressure' is {said} (row 2)"
    assert sentence in refused(BREATHS, given, breath)
    moved = given.iloc[[4, 3, 2, 1, 0]]
    assert sentence.replace("row 2", "row 4") in refused(BREATHS, moved, breath)


def test_pressure_needs_all_ids(breath):
    """Of both phases."""
    given = pressed([6.0, 3.0, 1.0, 1.0, 8.0])
    assert "4 rows; 5 are expected" in refused(BREATHS, given[:4], breath)
    strange = given.assign(id=[1, 2, 3, 9, 5])
    assert "1 id is missing from column 'id': 4" in refused(BREATHS, strange, breath)
    for name in given:
        reason = refused(BREATHS, given.drop(columns=name), breath)
        assert f"column {name!r} is missing" in reason


# smartphone-decimeter-2022


def walked(latitudes, trips, times=None):
    """Return a table of positions on the zero meridian."""
    return pd.DataFrame(
        {
            "tripId": list(trips),
            TIME: times or list(range(len(latitudes))),
            LATITUDE: latitudes,
            LONGITUDE: 0.0,
        }
    )


def test_trips_by_hand():
    """Distances 0, 1, 2, 3, 4 degrees: median 2, 95 % quantile 3.8; and 1 alone."""
    answers = walked([0.0] * 6, "aaabaa")
    given = walked([3.0, 0.0, 4.0, 1.0, 2.0, 1.0], "aaabaa")
    wanted = ((2 + 3.8) / 2 + 1) / 2 * DEGREE_M
    assert accepted(PHONES, given, answers) == pytest.approx(wanted, rel=1e-9)


def test_distances_follow_the_great_circle():
    """A quarter of it from the pole, and a degree of longitude on 60 degrees."""
    answers = walked([90.0, 60.0], "ab")
    given = answers.assign(**{LATITUDE: [0.0, 60.0], LONGITUDE: [123.0, 1.0]})
    # cos d = sin^2 60 + cos^2 60 cos 1
    second = math.degrees(math.acos(0.75 + 0.25 * math.cos(math.radians(1))))
    wanted = (90 + second) / 2 * DEGREE_M
    assert accepted(PHONES, given, answers) == pytest.approx(wanted, rel=1e-9)


def test_trips_may_come_in_any_order_but_not_their_rows():
    """Within a trip rows are matched by place, and times only make a danger."""
    answers = walked([0.0, 1.0, 2.0, 3.0], "aabb")
    assert accepted(PHONES, answers, answers) == 0
    assert accepted(PHONES, answers.iloc[[2, 0, 3, 1]], answers) == 0
    danger = f"2 rows have another {TIME} than the answers at that place"
    found = accepted(PHONES, answers.iloc[[1, 0, 2, 3]], answers, danger=danger)
    assert found == pytest.approx(DEGREE_M / 2, rel=1e-9)
    late = answers.assign(**{TIME: [7, 8, 9, 10]})
    assert accepted(PHONES, late, answers, danger="4 rows have another") == 0
    words = answers.assign(**{TIME: ["now", "then", "x", None]})
    assert accepted(PHONES, words, answers, danger="4 rows have another") == 0
    timeless = answers.drop(columns=TIME)
    assert accepted(PHONES, late, timeless) == 0


def test_trips_need_their_number_of_rows():
    """In all, and each."""
    answers = walked([0.0, 1.0, 2.0, 3.0], "aabb")
    assert "3 rows; 4 are expected" in refused(PHONES, answers[:3], answers)
    uneven = answers.assign(tripId=list("aaab"))
    reason = refused(PHONES, uneven, answers)
    assert reason == "trip 'a' has 3 rows; 2 are expected"
    for name, shown in (("z", "'z'"), (None, "a value")):
        strange = answers.assign(tripId=["a", "a", "b", name])
        reason = refused(PHONES, strange, answers)
        assert shown in reason
        assert "in column 'tripId' is not in the answers (row 4)" in reason
    for name in answers:
        reason = refused(PHONES, answers.drop(columns=name), answers)
        assert f"column {name!r} is missing" in reason


@pytest.mark.parametrize("cell", [None, math.inf, -math.inf])
def test_a_position_that_is_nowhere_gives_nan(cell):
    """Valid, without a medal."""
    answers = walked([0.0, 1.0, 2.0, 3.0], "aabb")
    given = walked([0.0, cell, 2.0, 3.0], "aabb")
    assert math.isnan(accepted(PHONES, given, answers, danger="not finite numbers"))


def test_positions_must_be_numbers():
    """Text is refused, and so are True and False."""
    answers = walked([0.0, 1.0, 2.0, 3.0], "aabb")
    for name in (LATITUDE, LONGITUDE):
        text = answers.assign(**{name: ["0", "north", "2", "3"]})
        assert "'north' in column" in refused(PHONES, text, answers)
        flags = answers.assign(**{name: [True, False, True, True]})
        assert "holds True and False" in refused(PHONES, flags, answers)


def test_positions_beyond_the_globe_are_still_scored():
    """Degrees wrap; huge ones are somewhere, or nowhere, but never an error."""
    answers = walked([0.0, 1.0, 2.0, 3.0], "aabb")
    wrapped = answers.assign(**{LONGITUDE: [360.0, -360.0, 720.0, 0.0]})
    assert accepted(PHONES, wrapped, answers) == pytest.approx(0, abs=1e-6)
    found = grade(PHONES, walked([1e308, 1.0, 2.0, 3.0], "aabb"), answers=answers)
    assert found.valid

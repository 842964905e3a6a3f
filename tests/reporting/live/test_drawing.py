"""Static pictures: whole, harmless, small, and true to the numbers."""

import itertools
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mle_toolkit.reporting import style
from mle_toolkit.reporting.live import canvas
from mle_toolkit.reporting.live.drawing import (
    budget_svg,
    chart_svg,
    matrix_svg,
    tree_svg,
)
from mle_toolkit.reporting.live.forest import best_of, forest, place, walk
from mle_toolkit.reporting.live.scores import limits, scores_of
from tests.summaries import attempt, experiment, node, search, summary

SVG = "{http://www.w3.org/2000/svg}"
TAGS = {"svg", "title", "rect", "g", "path", "circle", "text"}
HOSTILE = "</text><script>alert(1)</script>\x1b[2J\u202e\ud800\uffff\" onload='x'&"
TEXT = st.text(max_size=20) | st.just(HOSTILE)
NUMBER = st.none() | st.floats() | st.integers() | st.just(10**400)
MEDAL = st.sampled_from([None, "gold", "silver", "bronze", "wood"])


@st.composite
def summaries(draw):
    """Any summary, however odd its numbers, texts and parents."""
    size = draw(st.integers(0, 12))
    nodes = [
        node(
            n,
            draw(st.none() | st.integers(-1, size + 1)),
            s=draw(st.sampled_from(["draft", "improve", "debug", "x"]) | TEXT),
            m=draw(NUMBER),
            t=draw(NUMBER),
            bug=draw(st.sampled_from([None, True, False])),
            chosen=draw(st.booleans()),
            medal=draw(MEDAL),
            plan=draw(TEXT),
        )
        for n in range(size)
    ]
    tests = [
        {"t": draw(NUMBER), "score": draw(NUMBER), "medal": None, "node": n,
         "number": n, "chosen": n == 1}
        for n in range(draw(st.integers(0, 4)))
    ]  # fmt: skip
    lines = {
        name: draw(NUMBER)
        for name in draw(st.sets(st.sampled_from(list(style.MEDAL_LINES))))
    }
    made = summary(nodes, chart={"lines": lines, "tests": tests})
    made["header"] |= {
        "lower": draw(st.sampled_from([None, True, False])),
        "metric": draw(TEXT),
        "imported": draw(st.none() | TEXT),
    }
    return made


def parse(text):
    """Return the picture; every element and attribute in it is a harmless one."""
    root = ET.fromstring(text)
    for each in root.iter():
        assert each.tag.removeprefix(SVG) in TAGS
        assert not [name for name in each.attrib if name.startswith(("on", "href"))]
        for value in each.attrib.values():
            assert "nan" not in value
            assert "inf" not in value.replace("Infinity", "inf")
    return root


def texts(root):
    return [each.text for each in root.iter(f"{SVG}text")]


@given(made=summaries())
def test_any_summary_is_a_whole_and_harmless_picture(made):
    """Whatever an agent wrote, the picture is XML of known elements."""
    for draw in (tree_svg, chart_svg, budget_svg):
        parse(draw(made))


def test_hostile_texts_stay_texts():
    """Markup in a metric or a phase is shown, not obeyed."""
    made = search(20)
    made["header"]["metric"] = HOSTILE
    made["budget"]["phases"][1]["name"] = HOSTILE
    assert any("<script>" in text for text in texts(parse(chart_svg(made))))
    parse(budget_svg(made))
    cells = [attempt(seed, competition=HOSTILE, agent=HOSTILE) for seed in range(3)]
    parse(matrix_svg(experiment(cells)))


def test_colours_are_those_of_the_figures():
    """The pictures copy the colours because the style module loads matplotlib."""
    assert canvas.MEDALS == style.MEDAL_COLOURS
    assert (canvas.INK, canvas.MUTED, canvas.RULE) == (
        style.INK,
        style.MUTED,
        style.RULE,
    )


@pytest.mark.parametrize("size", [1, 12, 200, 201, 1000, 5000])
@pytest.mark.parametrize("chain", [False, True])
def test_pictures_stay_small_and_inside(size, chain):
    """However long the search, a picture is below 60 kB and leaves no card."""
    made = search(size, seed=size, chain=chain)
    for draw in (tree_svg, chart_svg, budget_svg):
        picture = draw(made, width=600)
        assert len(picture) < 60_000
        root = parse(picture)
        wide, tall = float(root.get("width")), float(root.get("height"))
        assert wide == 600
        for each in root.iter(f"{SVG}text"):
            assert 0 <= float(each.get("x")) <= wide
            assert 0 <= float(each.get("y")) <= tall


def test_each_mark_means_what_it_says():
    """One mark a node; a ring for what was submitted; crosses for bugs; one star."""
    nodes = [
        node(0, m=0.9),
        node(1, 0, s="debug", bug=True, m=None),
        node(2, 0, m=0.3, chosen=True, medal="gold"),
        node(3, 2, s="odd", m=0.1),
        node(4, 3, m=None, bug=None),
    ]
    root = parse(tree_svg(summary(nodes)))
    paths = list(root.iter(f"{SVG}path"))
    rings = [path for path in paths if path.get("stroke-width") == "1.5"]
    buggy = [path for path in paths if path.get("stroke") == canvas.BUGGY]
    for found in (rings, buggy):
        # One in the tree, one in the legend; a cross has two more strokes.
        assert len(found) == 2
        strokes = 1 if found is rings else 3
        assert [path.get("d").count("M") for path in found] == [strokes] * 2
    shown = texts(root)
    for n in range(5):
        assert str(n) in shown
    for name in ("draft", "improve", "debug", "other", "buggy", "running", "submitted"):
        assert name in shown
    # One at the node, one in the legend.
    assert shown.count("\N{BLACK STAR}") == 2
    plain = texts(parse(tree_svg(summary([node(0)]))))
    assert not {"buggy", "running", "submitted", "debug"} & set(plain)


def test_the_best_node_follows_the_direction():
    """Lower is better or higher is better; without a direction there is no best."""
    nodes = [node(0, m=0.5), node(1, m=0.1), node(2, m=0.9), node(3, m=0.0, bug=True)]
    assert best_of(nodes, lower=True)["n"] == 1
    assert best_of(nodes, lower=False)["n"] == 2
    assert best_of(nodes, lower=None) is None


@given(
    parents=st.lists(st.none() | st.integers(-1, 60), max_size=60),
    most=st.integers(4, 40),
)
def test_no_node_is_lost_and_none_covers_another(parents, most):
    """Shown and folded nodes add up; places differ; parents come before children."""
    nodes = [node(n, p, m=0.5 - n / 100) for n, p in enumerate(parents)]
    best = best_of(nodes, lower=True)
    roots, folded = forest(nodes, best, lower=True, fold_above=most, most=most)
    shown = list(walk(roots))
    assert len(shown) + folded == len(nodes)
    assert len({id(spot) for spot in shown}) == len(shown)
    assert sum(spot.hidden for spot in shown) <= folded
    if len(nodes) <= most:
        assert folded == 0
    elif nodes:
        assert best["n"] in {spot.node["n"] for spot in shown}
        assert len(shown) <= most
    if roots:
        place(roots)
        assert len({(spot.lane, spot.depth) for spot in shown}) == len(shown)
    for spot in shown:
        if spot.parent is not None and not spot.skipped:
            assert spot.parent.node["n"] == spot.node["p"]


def test_circles_of_parents_are_cut():
    """Nodes that name each other, themselves or nobody as parent are drawn once."""
    nodes = [node(0, 1), node(1, 0), node(2, 2), node(3, 99), node(4, None)]
    roots, folded = forest(nodes, None, lower=True)
    assert folded == 0
    assert sorted(spot.node["n"] for spot in walk(roots)) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("lower", [True, False])
def test_the_axis_keeps_the_direction_and_says_it(lower):
    """A larger score stands higher in both directions; steps only get better."""
    nodes = [node(n, m=m) for n, m in enumerate([0.4, 0.6, 0.3, 0.9, 0.2])]
    made = summary(nodes)
    made["header"]["lower"] = lower
    scores = scores_of(made)
    best = [point.y for point in scores.best]
    assert best == ([0.4, 0.3, 0.2] if lower else [0.4, 0.6, 0.9])
    root = parse(chart_svg(made))
    way = "lower is better" if lower else "higher is better"
    assert any(way in text for text in texts(root))
    ticks = [
        (float(each.text), float(each.get("y")))
        for each in root.iter(f"{SVG}text")
        if each.get("text-anchor") == "end" and re.fullmatch(r"[0-9.]+", each.text)
    ]
    ticks.sort()
    places = [y for _, y in ticks]
    assert len(ticks) > 2
    assert places == sorted(places, reverse=True)


def test_medals_are_in_sight_and_stumbles_are_counted():
    """Limits hold every medal line; a wild first score does not flatten the rest."""
    made = search(40)
    made["nodes"][0] |= {"m": 5000.0, "bug": False}
    scores = scores_of(made)
    low, high = limits(scores)
    for value in made["chart"]["lines"].values():
        assert low < value < high
    assert low < scores.best[-1].y
    assert high < 10
    root = parse(chart_svg(made))
    beyond = sum(not low <= p.y <= high for p in (*scores.points, *scores.tests))
    assert f"{beyond} score{'s' if beyond > 1 else ''} beyond this edge" in texts(root)


def test_labels_of_lines_do_not_overlap():
    """Equal medal lines still have names that can be read, each with its number."""
    made = search(30)
    made["chart"]["lines"] = dict.fromkeys(("gold", "silver", "bronze"), 0.6)
    made["chart"]["lines"]["median"] = 0.6001
    root = parse(chart_svg(made))
    names = ("gold", "silver", "bronze", "board median", "best valid.", "submitted")
    found = [
        (float(each.get("x")), float(each.get("y")))
        for each in root.iter(f"{SVG}text")
        if each.text.startswith(names) and each.get("font-size") == "10"
    ]
    assert len(found) == 6
    places = sorted(y for _, y in found)
    assert all(b - a >= 10 for a, b in itertools.pairwise(places))
    assert len({x for x, _ in found}) == 1


@given(
    places=st.lists(st.floats(0, 100), max_size=8),
    gap=st.floats(1, 12),
)
def test_spread_keeps_order_gap_and_limits(places, gap):
    """Eight labels of at most 12 pixels always fit into a hundred."""
    moved = canvas.spread(sorted(places), gap=gap, low=0.0, high=100.0)
    assert len(moved) == len(places)
    assert all(-1e-9 <= y <= 100 + 1e-9 for y in moved)
    assert all(b - a >= gap - 1e-9 for a, b in itertools.pairwise(moved))


@given(low=st.floats(-1e6, 1e6), span=st.floats(1e-6, 1e6))
def test_ticks_are_few_even_and_inside(low, span):
    """At most a handful of round numbers, all between the limits."""
    found = canvas.ticks(low, low + span)
    assert 1 <= len(found) <= 7
    slack = 1e-6 * span + 1e-9 * abs(low)
    assert all(low - slack <= value <= low + span + slack for value in found)


def test_without_times_the_axis_counts_nodes():
    """An imported trace without a clock has its nodes one after the other."""
    nodes = [node(n, m=0.5 - n / 10, t=None) for n in range(3)]
    assert "node number" in texts(parse(chart_svg(summary(nodes))))


@pytest.mark.parametrize(
    ("nodes", "imported", "said"),
    [
        ([], None, "No node yet."),
        ([], "atif", "This imported trace has no solution nodes."),
        ([node(0, bug=True, m=None)], None, "No score yet: 1 program failed."),
        ([node(0, bug=None, m=None)], None, "No score yet."),
        ([], "atif", "This imported trace has no scores."),
    ],
)
def test_nothing_to_draw_is_said(nodes, imported, said):
    """An empty picture has a reason in it."""
    made = summary(nodes)
    made["header"]["imported"] = imported
    shown = texts(parse(tree_svg(made))) + texts(parse(chart_svg(made)))
    assert said in shown


def test_the_budget_is_to_scale():
    """Bars are as wide as their share of the time, and fill the line."""
    root = parse(budget_svg(summary([]), width=728))
    bars = [r for r in root.iter(f"{SVG}rect") if r.get("height") == "18"]
    assert [float(bar.get("width")) for bar in bars] == [0, 70, 140, 210, 280]
    shown = texts(root)
    assert "1m40s of 10m \N{MIDDLE DOT} 1 000 tokens \N{MIDDLE DOT} $1.50" in shown
    assert "idle 40 %" in shown
    assert "17 % of the time" in shown
    empty = summary([], budget={"elapsed_s": None, "phases": []})
    assert "This trace does not say where its time went." in texts(
        parse(budget_svg(empty))
    )


def test_the_matrix_has_a_cell_for_each_attempt():
    """Medals by letter, states by sign; what is left out is counted."""
    states = [
        attempt(0, medal="gold"), attempt(1, medal="silver"), attempt(2),
        attempt(3, valid=False), attempt(4, state="running", valid=None),
        attempt(5, state="pending", valid=None), attempt(6, state="lost", valid=None),
        attempt(7, competition="wine"), attempt(8, state="published", valid=None),
    ]  # fmt: skip
    root = parse(matrix_svg(experiment(states)))
    squares = [p for p in root.iter(f"{SVG}path") if "h17v17" in p.get("d")]
    shown = texts(root)
    kinds = ("gold", "silver", "valid, no medal", "no valid submission", "running",
             "pending", "lost", "not graded")  # fmt: skip
    assert set(kinds) <= set(shown)
    drawn = sum(path.get("d").count("M") for path in squares)
    assert drawn == len(states) + len(kinds)
    assert {"digits", "wine", "G", "S", "?"} <= set(shown)
    many = parse(matrix_svg(experiment([attempt(n) for n in range(2500)])))
    assert "1700 more attempts are not drawn" in texts(many)

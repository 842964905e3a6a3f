// Two attempts, or two nodes of one: scores on one axis, where the trees part, what each
// node gained, and the difference between two programs.

import { clear, fmtCount, fmtGain, fmtScore, fmtTime, fmtUsd, h, isNumber, plural, svg } from "./dom.js";
import { mergeTrace } from "./attempt.js";
import { diffLines } from "./diff.js";
import { chartFacts, drawAxes, labelRoom, scoreLimits, stepPath } from "./chart.js";
import { commonAncestor, findParting, foldSame, gainRows, mainNode, pairLines } from "./compare_facts.js";
import { leaderOf, makePainter, markIcon, markPath, nodeTitle, quiet, round, stageOf } from "./scales.js";

const SIDES = ["a", "b"];
const bestOf = (T) => leaderOf(T.nodes, T.header?.lower);
const MOST_GAINS = 500;
const MOST_DIFF = 6000;
const WIDE_DIFF = 1000;

// A side is given as the attempt's name, or as {ref, node}.
const sideOf = (x) => (typeof x === "string" ? { attempt: x, node: null } : { attempt: x.ref ?? x.attempt, node: x.node ?? null });

export function makeCompare(context) {
  const sides = { a: sideOf(context.a), b: sideOf(context.b) };
  const twins = sides.a.attempt === sides.b.attempt;
  const status = h("div", { role: "status" }, quiet("Loading both attempts\u2026"));
  const head = h("div", {}), curves = h("div", {}), parting = h("div", {}), gains = h("div", {}), diff = h("div", {});
  const back = h("button", { type: "button", title: "Back (Esc)", onclick: () => context.emit("back") }, "\u2039 Back");
  const el = h("section", { class: "mv-pane mv-cmp", "aria-label": "Comparison", onkeydown: (e) => { if (e.key === "Escape") context.emit("back"); } },
    h("div", { class: "mv-head" }, back, h("b", {}, "Comparison")), status, head, parting, curves, gains, diff);
  const loaded = { a: null, b: null }, codes = new Map();
  let turn = 0, wide = false, gone = false, lines = null;

  async function load() {
    try {
      const [a, b] = await Promise.all(SIDES.map((s) => context.source.request("open", { attempt: sides[s].attempt })));
      Object.assign(loaded, { a, b });
    } catch (error) { if (!gone) status.replaceChildren(quiet(`Cannot compare: ${error.message}`)); return; }
    if (gone) return;
    for (const s of SIDES) sides[s].node = sides[s].node ?? mainNode(loaded[s].nodes, bestOf(loaded[s]));
    clear(status);
    redraw();
    await showDiff();
  }

  function redraw() {
    if (!loaded.a) return;
    head.replaceChildren(factsTable(loaded, sides));
    parting.replaceChildren(h("p", { class: "mv-parting" }, ...(twins ? kinText(loaded.a, sides) : partingText(loaded, jump))));
    curves.replaceChildren(...(twins ? [] : [curvesOf(loaded, el.clientWidth || 800)]));
    if (!gains.firstChild && !twins) gains.append(gainList(loaded, jump));
  }

  function jump(n) {
    for (const s of SIDES) if (loaded[s].nodes.some((node) => node.n === n)) sides[s].node = n;
    showDiff();
  }

  async function codeOf(s) {
    const { attempt, node } = sides[s], key = `${attempt} ${node}`;
    if (node === null) return "";
    if (!codes.has(key)) codes.set(key, (await context.source.request("node", { attempt, n: node })).code || "");
    return codes.get(key);
  }

  async function showDiff() {
    const now = ++turn;
    const body = h("div", { class: "mv-diff" }, quiet("Loading code\u2026"));
    diff.replaceChildren(h("div", { class: "mv-head" }, h("b", {}, "Code"), ...SIDES.map(chooser)), body);
    let message = null;
    lines = null;
    try {
      const [a, b] = await Promise.all(SIDES.map(codeOf));
      lines = a || b ? diffLines(a, b) : null;
      if (!lines) message = "Neither node has code.";
      else if (a === b) message = "Both nodes have the same code.";
    } catch (error) { message = `The code cannot be read: ${error.message}`; }
    if (gone || now !== turn) return;
    if (message) { lines = null; body.replaceChildren(quiet(message)); } else fillDiff(body);
  }

  function fillDiff(body) {
    wide = el.clientWidth >= WIDE_DIFF;
    const added = lines.filter((l) => l.tag === "+").length, taken = lines.filter((l) => l.tag === "-").length;
    body.replaceChildren(h("p", { class: "mv-quiet" }, `From A to B ${plural(added, "line")} came in (+) and ${taken} went (\u2212).`),
      diffBody(lines, wide));
  }

  function chooser(s) {
    const top = bestOf(loaded[s]);
    const pick = h("select", { "aria-label": `node of ${s.toUpperCase()}`, onchange: () => { sides[s].node = Number(pick.value); showDiff(); if (twins) redraw(); } },
      ...[...loaded[s].nodes].sort((x, y) => x.n - y.n).map((n) => h("option", { value: n.n, selected: n.n === sides[s].node },
        `${nodeTitle(n)}${n.n === top ? " \u2605" : ""}${isNumber(n.m) ? ` \u00b7 ${fmtScore(n.m)}` : ""}`)));
    return h("label", { class: "mv-choose" }, sideMark(s), pick);
  }

  const painter = makePainter(el, () => {
    redraw();
    const body = diff.querySelector(".mv-diff");
    if (lines && body && wide !== el.clientWidth >= WIDE_DIFF) fillDiff(body);
  });
  const unlisten = context.source.listen?.((message) => {
    const mine = SIDES.filter((s) => loaded[s] && message.push === "trace" && message.attempt === sides[s].attempt);
    for (const s of mine) loaded[s] = mergeTrace(loaded[s], message);
    if (mine.length) painter.ask();
  });
  load();
  return { el, update() {}, select() {}, destroy };

  function destroy() {
    gone = true;
    painter.stop();
    unlisten?.();
    for (const { attempt } of Object.values(sides)) {
      if (attempt !== context.state.T?.attempt) context.source.request("close", { attempt }).catch(() => {});
    }
  }
}

function sideMark(s) {
  return h("span", { class: `mv-side mv-side-${s}` }, s.toUpperCase());
}

function factsTable(loaded, sides) {
  const of = (name, text, title) => h("tr", {}, h("th", { scope: "row" }, name), ...SIDES.map((s) => h("td", { title: title || null }, text(loaded[s], s) || "\u2013")));
  const failed = (T) => T.nodes.filter((n) => n.bug).length, best = (T) => T.nodes.find((n) => n.n === bestOf(T));
  return h("table", { class: "mv-facts" },
    h("thead", {}, h("tr", {}, h("td", {}), ...SIDES.map((s) => h("th", { scope: "col" }, sideMark(s), ` ${sides[s].attempt}`)))),
    h("tbody", {},
      of("best validation", (T) => best(T) && `${fmtScore(best(T).m)} (node ${best(T).n})`),
      of("test, medal", (T) => isNumber(T.header.score) && [fmtScore(T.header.score), T.header.medal].filter(Boolean).join(", ")),
      of("nodes", (T) => `${T.nodes.length}, ${failed(T)} buggy`),
      of("time", (T) => isNumber(T.budget?.elapsed_s) && fmtTime(T.budget.elapsed_s)),
      of("tokens, cost", (T) => [T.budget?.tokens ? fmtCount(T.budget.tokens) : "", isNumber(T.budget?.usd) ? fmtUsd(T.budget.usd) : ""].filter(Boolean).join(", ")),
      of("state", (T) => [T.header.state, T.header.status].filter(Boolean).join(", "))));
}

function partingText(loaded, jump) {
  const { common, a, b } = findParting(loaded.a.nodes, loaded.b.nodes);
  const alike = common ? `The first ${plural(common, "node")} ${common === 1 ? "is" : "are"} alike` : "No node is alike";
  if (!a && !b) return [h("b", {}, "The trees do not part: "), `all ${plural(common, "node")} are alike.`];
  if (!a || !b) return [h("b", {}, `${alike}; then only ${a ? "A" : "B"} goes on.`)];
  const say = (s, n) => [sideMark(s), ` ${n.s}${isNumber(n.p) ? ` of node ${n.p}` : ""}${isNumber(n.m) ? `, ${fmtScore(n.m)}` : n.bug ? ", buggy" : ""}`,
    n.plan ? h("q", {}, n.plan.slice(0, 110)) : "", h("br")];
  return [h("b", {}, `${alike}; the trees part at node ${a.n}. `), h("button", { type: "button", onclick: () => jump(a.n) }, "its code"), h("br"), ...say("a", a), ...say("b", b)].flat();
}

function kinText(T, sides) {
  const kin = commonAncestor(T.nodes, sides.a.node, sides.b.node);
  const names = `nodes ${sides.a.node} and ${sides.b.node}`;
  if (kin === null) return [`The ${names} come from different drafts.`];
  if (kin === sides.a.node || kin === sides.b.node) return [`Of the ${names}, ${kin} is the ancestor of the other.`];
  return [`The ${names} part after node ${kin}.`];
}

function curvesOf(loaded, wide) {
  const facts = { a: chartFacts(loaded.a), b: chartFacts(loaded.b) };
  const same = loaded.a.header.competition === loaded.b.header.competition && facts.a.lower === facts.b.lower;
  if (!same) return quiet("Different competitions: their scores share no axis.");
  if (!SIDES.some((s) => facts[s].best.length)) return quiet("Neither attempt has scores to draw.");
  const tall = 220, ends = SIDES.map((s) => facts[s].best.at(-1)).filter(Boolean), sign = facts.a.lower ? 1 : -1;
  const both = { ...facts.a, points: [...facts.a.points, ...facts.b.points], tests: [...facts.a.tests, ...facts.b.tests], limit: null,
    best: [ends.reduce((x, y) => (sign * (x.y - y.y) > 0 ? x : y))], lines: facts.a.lines.length ? facts.a.lines : facts.b.lines,
    timed: facts.a.timed && facts.b.timed };
  const range = scoreLimits(both), span = [0, Math.max(facts.a.end, facts.b.end) * 1.03];
  const label = (s, kind, p, y) => ({ y: y(p.y), text: `${s.toUpperCase()} ${kind} ${fmtScore(p.y)}`, name: s });
  const labels = (y) => SIDES.flatMap((s) => [facts[s].best.at(-1) && label(s, "valid.", facts[s].best.at(-1), y),
    facts[s].submitted.at(-1) && label(s, "test", facts[s].submitted.at(-1), y)].filter(Boolean));
  const box = { x: 52, y: 22, strip: 6, w: Math.max(320, wide) - 52 - labelRoom(both, labels(() => 0)), h: tall - 22 - 42 };
  const x = (v) => box.x + ((v - span[0]) / (span[1] - span[0])) * box.w;
  const y = (v) => box.y + box.h - ((v - range[0]) / (range[1] - range[0])) * box.h;
  const g = svg("svg", { class: "mv-chart-canvas", role: "img", height: tall, viewBox: `0 0 ${Math.max(320, wide)} ${tall}`, "aria-label": "Best validation and test score of both attempts over time" });
  drawAxes(g, { box, x, y, facts: both, range, span, labels: labels(y) });
  const clip = svg("svg", { x: box.x, y: box.y - 5, width: box.w, height: box.h + 10, viewBox: `${box.x} ${box.y - 5} ${box.w} ${box.h + 10}` });
  for (const s of SIDES) {
    const { best, submitted, end } = facts[s], shape = s === "a" ? "draft" : "debug";
    clip.append(svg("path", { class: `mv-curve mv-curve-test mv-line-${s}`, d: stepPath(submitted, x, y, end) }),
      svg("path", { class: `mv-curve mv-line-${s}`, d: stepPath(best, x, y, end) }),
      svg("path", { class: `mv-curve-mark mv-line-${s}`, d: best.map((p) => markPath(shape, 3, x(p.x), y(p.y))).join("") }));
  }
  g.append(clip);
  return h("div", {}, h("div", { class: "mv-head" }, h("b", {}, "Score over time"), h("div", { class: "mv-legend" },
    h("span", {}, sideMark("a"), "circles"), h("span", {}, sideMark("b"), "squares"), h("span", {}, "solid: best validation so far"), h("span", {}, "dashed: its test score"))), g);
}

function gainList(loaded, jump) {
  const { rows, full } = gainRows(loaded.a.nodes, loaded.b.nodes);
  const cell = (n) => {
    if (!n) return [h("span", {}), h("span", {}), h("span", { class: "mv-num" })];
    const bar = h("i", { class: `mv-gain ${n.gain < 0 ? "mv-loss" : ""}` });
    const size = isNumber(n.gain) && full ? Math.min(1, Math.abs(n.gain) / full) * 50 : 0;
    bar.style.width = `${round(size)}%`;
    bar.style[n.gain < 0 ? "right" : "left"] = "50%";
    return [h("span", { title: nodeTitle(n) }, markIcon(stageOf(n), n.bug ? "mv-icon-bug" : ""), n.s), h("span", { class: "mv-gain-track" }, bar),
      h("span", { class: "mv-num" }, n.bug ? "buggy" : isNumber(n.gain) ? fmtGain(n.gain) : isNumber(n.m) ? `(${fmtScore(n.m)})` : "\u2013")];
  };
  const list = h("div", { class: "mv-gains" }, ...rows.slice(0, MOST_GAINS).map((row) => h("button", {
    type: "button", class: "mv-gain-row", title: "show the code of both", onclick: () => jump(row.n) }, h("span", { class: "mv-num" }, row.n), ...cell(row.a), ...cell(row.b))));
  if (rows.length > MOST_GAINS) list.append(quiet(`${rows.length - MOST_GAINS} later nodes are not listed.`));
  return h("div", {}, h("div", { class: "mv-head" }, h("b", {}, "Gain of each node over its parent"),
    h("div", { class: "mv-legend" }, "+ is better, whatever the metric; drafts: their score in brackets")),
  h("div", { class: "mv-gain-row mv-gain-head" }, h("span", { class: "mv-num" }, "node"), sideMark("a"), h("span"), h("span"), sideMark("b"), h("span"), h("span")), list);
}

function diffBody(lines, wide) {
  const table = h("div", { class: `mv-diff-body ${wide ? "mv-diff-wide" : ""}`, role: "table", "aria-label": "Difference" });
  const rows = (part) => (wide ? pairLines(part).map(([a, b]) => pairRow(a, b)) : part.map(lineRow));
  for (const piece of foldSame(lines.slice(0, MOST_DIFF))) {
    if (piece.lines) { table.append(...rows(piece.lines)); continue; }
    const open = h("button", { type: "button", class: "mv-unfold" }, `${plural(piece.folded.length, "equal line")}`);
    open.addEventListener("click", () => open.replaceWith(...rows(piece.folded)));
    table.append(open);
  }
  if (lines.length > MOST_DIFF) table.append(quiet(`${plural(lines.length - MOST_DIFF, "more line")} not shown.`));
  return table;
}

const DIFF_SIGNS = { "+": "+", "-": "\u2212", " ": "" };
const DIFF_TONES = { "+": " mv-add", "-": " mv-del", " ": "" };

function lineRow(line) {
  return h("div", { class: `mv-diff-row${DIFF_TONES[line.tag]}`, role: "row" }, h("i", {}, line.a ?? ""), h("i", {}, line.b ?? ""),
    h("i", {}, DIFF_SIGNS[line.tag]), h("code", {}, line.text));
}

function pairRow(a, b) {
  const half = (line, at) => {
    const tone = line ? DIFF_TONES[line.tag] : " mv-void";
    return [h("i", { class: tone.trim() }, line ? line[at] : ""), h("i", { class: tone.trim() }, line ? DIFF_SIGNS[line.tag] : ""), h("code", { class: tone.trim() }, line ? line.text : "")];
  };
  return h("div", { class: "mv-diff-row", role: "row" }, ...half(a, "a"), ...half(b, "b"));
}

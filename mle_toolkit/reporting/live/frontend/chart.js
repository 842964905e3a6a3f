// Score over time: every node, the best so far, tests of snapshots, the medal lines.

import { clear, fmtScore, fmtTime, h, isNumber, plural, svg } from "./dom.js";
import { better, makePainter, makeTip, markIcon, markPath, nodeTip, nodeTitle, quiet, round, scored,
  scoreScale, shade, spread, stageOf, ticks, timeUnit } from "./scales.js";

export const MEDAL_DASHES = { gold: "", silver: "7 3", bronze: "5 2.5 1.5 2.5", median: "1.5 3" };
const CHART_LEAST = 90;
const LABEL_GAP = 12.5;
const SHORT = { wide: 480, tall: 190 }; // below either, the chart leaves words out

// What the chart draws of a summary: points with a time, steps, limits of both axes.
export function chartFacts(T) {
  const lower = T.header?.lower ?? null, nodes = (T.nodes || []).filter((n) => n.bug !== null);
  const timed = nodes.some((n) => isNumber(n.t));
  const x = (n) => (timed ? n.t : n.n);
  const points = nodes.filter((n) => scored(n) && isNumber(x(n))).map((n) => ({ n, x: x(n), y: n.m }));
  points.sort((a, b) => a.x - b.x || a.n.n - b.n.n);
  const bugs = nodes.filter((n) => n.bug && isNumber(x(n))).map((n) => ({ n, x: x(n) }));
  const best = bestSteps(points, lower);
  const byNumber = new Map((T.nodes || []).map((n) => [n.n, n]));
  const tests = (T.chart?.tests || []).filter((s) => isNumber(s.score)).map((s) => (
    { ...s, n: byNumber.get(s.node), x: timed ? s.t : s.node, y: s.score })).filter((s) => isNumber(s.x));
  const end = Math.max(timed ? T.budget?.elapsed_s || 0 : 0, ...tests.map((s) => s.x), points.at(-1)?.x || 0, bugs.at(-1)?.x || 0);
  const lines = Object.entries(T.chart?.lines || {}).filter(([name, y]) => name in MEDAL_DASHES && isNumber(y));
  return { lower, timed, done: nodes.length, points, bugs, best, tests, submitted: testSteps(tests, best), end: end || 1, lines,
    metric: T.header?.metric || "score", limit: timed ? T.header?.limit_s ?? T.budget?.limit_s ?? null : null };
}

function bestSteps(points, lower) {
  const steps = [];
  for (const p of lower === null ? [] : points) {
    if (!steps.length || better(p.y, steps.at(-1).y, lower)) steps.push(p);
  }
  return steps;
}

// The test score of what was best by validation, and of what was handed in at the end.
function testSteps(tests, best) {
  const leaders = new Set(best.map((p) => p.n.n)), steps = [];
  const chosen = tests.find((s) => s.chosen);
  for (const s of [...tests].sort((a, b) => a.x - b.x)) {
    if ((leaders.has(s.node) && (!chosen || s.x <= chosen.x)) || s === chosen) steps.push(s);
  }
  return steps;
}

// Limits that hold the medals and good scores, but not every early stumble.
export function scoreLimits(facts) {
  const { lower, points, best, submitted } = facts, lines = facts.lines.map(([, y]) => y);
  const sign = lower ? 1 : -1, worse = (list) => (lower ? Math.max(...list) : Math.min(...list));
  const all = Array.from(Float64Array.from([...points, ...facts.tests], (p) => sign * p.y).sort(), (y) => sign * y);
  if (!all.length && !lines.length) return null;
  let edge = worse(all.length ? [all.at(-1)] : lines);
  if (lines.length > 1) {
    const span = Math.max(...lines) - Math.min(...lines);
    edge = worse(lines) + sign * 2 * span;
    const final = [best.at(-1), submitted.at(-1)].filter(Boolean).map((p) => p.y);
    for (const y of final) if (sign * (y - worse(lines)) < 6 * span) edge = worse([edge, y]);
  } else if (all.length > 3) {
    edge = all[0] + sign * 4 * Math.abs(all[Math.floor(all.length / 2)] - all[0]) || edge;
  }
  const inside = [...all.filter((y) => sign * (y - edge) <= 0), ...lines];
  if (!inside.length) inside.push(all[0]);
  if (lines.length > 1) inside.push(worse(lines) + sign * 0.35 * (Math.max(...lines) - Math.min(...lines)));
  return padded(inside);
}

function padded(values) {
  const low = values.reduce((a, b) => Math.min(a, b)), high = values.reduce((a, b) => Math.max(a, b));
  const pad = 0.07 * (high - low) || 0.05 * Math.abs(high) || 0.05;
  return [low - pad, high + pad];
}

const lineText = (box, name, value) => (box.narrow ? name : `${name} ${fmtScore(value)}`);

// The room that the labels at the right need, in px.
export function labelRoom(facts, labels, narrow = false) {
  const texts = [...facts.lines.map(([name, value]) => lineText({ narrow }, name, value)), ...labels.map((l) => `${l.text} `)];
  return Math.max(64, ...texts.map((text) => 20 + text.length * 6.5));
}

// A path of steps that never slopes; it runs on to `end`.
export function stepPath(steps, x, y, end) {
  return steps.map((p, i) => (i ? `H${round(x(p.x))}V${round(y(p.y))}` : `M${round(x(p.x))},${round(y(p.y))}`)).join("")
    + (steps.length ? `H${round(x(end))}` : "");
}

// Frame, ticks, names of the axes and medal lines; the labels at the right keep apart.
export function drawAxes(g, { box, x, y, facts, range, span, labels }) {
  const unit = facts.timed ? timeUnit(span[1]) : { name: "node", seconds: 1 };
  const add = (tag, attrs, text) => g.append(svg(tag, attrs, text));
  for (const tick of ticks(range[0], range[1], Math.max(2, box.h / 40))) {
    add("line", { class: "mv-grid", x1: box.x, x2: box.x + box.w, y1: y(tick.x), y2: y(tick.x) });
    add("text", { class: "mv-tick", x: box.x - 7, y: y(tick.x) + 3.5, "text-anchor": "end" }, tick.text);
  }
  const base = box.y + box.h + box.strip;
  const times = ticks(span[0] / unit.seconds, span[1] / unit.seconds, Math.max(2, box.w / 90));
  if (box.compact && times.length) times.at(-1).text += ` ${unit.name}`;
  for (const tick of times) {
    const at = x(tick.x * unit.seconds);
    add("line", { class: "mv-axis", x1: at, x2: at, y1: base, y2: base + 4 });
    add("text", { class: "mv-tick", x: at, y: base + 15, "text-anchor": "middle" }, tick.text);
  }
  add("path", { class: "mv-axis", d: `M${box.x},${box.y}V${base}H${box.x + box.w}` });
  const late = isNumber(facts.limit) && facts.limit > span[1];
  if (!box.compact) add("text", { class: "mv-axis-name", x: box.x + box.w, y: base + 28, "text-anchor": "end" }, facts.timed
    ? `time since the start (${unit.name})${late ? `, limit ${fmtScore(facts.limit / unit.seconds)} ${unit.name} \u2192` : ""}` : "node number");
  const arrow = facts.lower ? "\u2193" : "\u2191", words = facts.lower ? "lower is better" : "higher is better";
  const way = facts.lower === null ? "" : `${arrow} ${box.w < 260 ? "better" : words}`;
  g.append(svg("text", { class: "mv-axis-name", x: 2, y: box.y - 9 }, facts.metric, svg("tspan", { dx: 8, class: "mv-way" }, way)));
  if (isNumber(facts.limit) && facts.limit >= span[0] && facts.limit <= span[1]) {
    const at = round(x(facts.limit));
    add("line", { class: "mv-limit", x1: at, x2: at, y1: box.y, y2: base });
    // Near the left the word would stand on the name of the axis.
    if (at > box.x + 150) add("text", { class: "mv-tick", x: at, y: box.y - 11, "text-anchor": "middle" }, "limit");
  }
  const names = facts.lines.map(([name, value]) => ({ y: y(value), text: lineText(box, name, value), name }));
  for (const { y: at, name } of names) {
    if (at < box.y || at > box.y + box.h) continue;
    add("line", { class: `mv-line-${name}`, x1: box.x, x2: box.x + box.w, y1: round(at), y2: round(at),
      "stroke-dasharray": MEDAL_DASHES[name] });
  }
  // Where there is no room for all labels, the scores and the best medals come first.
  const shown = [...[...labels].reverse(), ...names].filter((l) => l.y >= box.y && l.y <= box.y + box.h);
  const room = Math.max(2, Math.floor((box.h + 8) / LABEL_GAP));
  for (const label of spread(shown.slice(0, room), LABEL_GAP, box.y, box.y + box.h + Math.min(0, box.strip / 2 - LABEL_GAP))) {
    const left = box.x + box.w;
    add("path", { class: `mv-lead mv-line-${label.name}`, d: `M${left + 2},${round(label.y)}L${left + 9},${round(label.at)}` });
    add("text", { class: `mv-label mv-text-${label.name}`, x: left + 12, y: round(label.at) + 3.5 }, label.text);
  }
}

export function makeChart(context) {
  const canvas = svg("svg", { class: "mv-chart-canvas", tabindex: 0, role: "img" });
  const legend = h("div", { class: "mv-legend", tabindex: 0, "aria-label": "Key of the chart" });
  const note = h("div", {});
  const frame = h("div", { class: "mv-chart-frame" }, canvas);
  const el = h("section", { class: "mv-pane mv-chart", "aria-label": "Score over time" },
    h("div", { class: "mv-head" }, h("b", {}, "Score", h("span", { class: "mv-more-words" }, " over time")), legend), note, frame);
  const back = svg("g", {}), dots = svg("g", {}), over = svg("g", { class: "mv-over" });
  canvas.append(back, dots, over);
  const tip = makeTip(frame);
  let facts = null, scale = null, zoomed = null, selected = null, at = null, brush = null, moved = false;
  let box = null, x = null, y = null, span = null, imported = false, tall = 200;

  function update(T) {
    facts = chartFacts(T);
    scale = scoreScale(T.nodes || [], T.header?.lower);
    imported = !!T.header?.imported;
    painter.ask();
  }

  function draw() {
    if (!facts) return;
    const range = scoreLimits(facts), empty = !facts.points.length && !facts.tests.length;
    clear(note);
    if (empty) note.append(quiet(emptyText()));
    frame.hidden = empty && !(allFailed() && facts.timed && facts.lines.length);
    legend.replaceChildren(...(frame.hidden ? [] : chartLegend(facts)));
    if (frame.hidden) return;
    measure(range || [0, 1]);
    clear(back); clear(dots);
    drawAxes(back, { box, x, y, facts, range: range || [0, 1], span, labels: endLabels(y) });
    drawSteps();
    drawPoints();
    drawOver();
    canvas.setAttribute("aria-label", summaryText());
  }

  const allFailed = () => facts.bugs.length > 0 && facts.bugs.length === facts.done;

  function emptyText() {
    if (allFailed()) return `No score: ${facts.done === 1 ? "the one program" : `all ${facts.done} programs`} failed.`;
    return imported ? "This imported trace has no scores." : "No score yet.";
  }

  function summaryText() {
    const last = facts.best.at(-1);
    return `Score over time: ${plural(facts.points.length, "scored node")}, ${facts.bugs.length} buggy. ${last
      ? `Best ${fmtScore(last.y)} at ${facts.timed ? fmtTime(last.x) : `node ${last.x}`}.` : ""} Arrow keys move, Enter selects.`;
  }

  function measure(range) {
    const wide = Math.max(240, frame.clientWidth);
    tall = Math.max(CHART_LEAST, frame.clientHeight);
    canvas.setAttribute("viewBox", `0 0 ${wide} ${tall}`);
    const narrow = wide < SHORT.wide, compact = narrow || tall < SHORT.tall;
    box = { x: 46, y: compact ? 18 : 22, strip: compact ? 11 : 16, compact, narrow };
    box.w = wide - box.x - labelRoom(facts, endLabels(() => 0), narrow);
    box.h = tall - box.y - box.strip - (compact ? 19 : 34);
    const { limit, end } = facts;
    span = zoomed || [0, isNumber(limit) && limit < end * 1.6 ? Math.max(limit, end) * 1.01 : end * 1.04];
    x = (v) => box.x + ((v - span[0]) / (span[1] - span[0])) * box.w;
    y = (v) => box.y + box.h - ((v - range[0]) / (range[1] - range[0])) * box.h;
  }

  const endScore = (v) => (box.narrow ? String(Number(v.toPrecision(3))) : fmtScore(v));
  const inTime = (p) => p.x >= span[0] && p.x <= span[1];
  const inScore = (p) => y(p.y) >= box.y - 1 && y(p.y) <= box.y + box.h + 1;

  function endLabels(y) {
    const last = facts.best.at(-1), test = facts.submitted.at(-1), out = [];
    if (last) out.push({ y: y(last.y), text: `${box.narrow ? "valid." : "validation"} ${endScore(last.y)}`, name: "best" });
    if (test) out.push({ y: y(test.y), text: `test ${endScore(test.y)}`, name: "test" });
    return out;
  }

  function drawSteps() {
    const clip = svg("svg", { x: box.x, y: box.y - 4, width: box.w, height: box.h + 8, viewBox: `${box.x} ${box.y - 4} ${box.w} ${box.h + 8}` });
    const end = Math.max(facts.end, span[1] > facts.end ? facts.end : span[1]);
    clip.append(svg("path", { class: "mv-step-best", d: stepPath(facts.best, x, y, end) }),
      svg("path", { class: "mv-step-test", d: stepPath(facts.submitted, x, y, end) }));
    dots.append(clip);
  }

  // Points of one shape and shade are one path: thousands of them cost a few elements.
  function drawPoints() {
    const groups = new Map(), cells = new Set(), crowd = facts.points.length > 1500;
    const outside = new Map();
    for (const p of facts.points.filter(inTime)) {
      const [px, py] = [x(p.x), y(p.y)];
      if (!inScore(p)) { outside.set(Math.round(px / (crowd ? 9 : 3)) + (py < box.y ? 0 : 0.5), [px, py < box.y]); continue; }
      const cell = `${Math.round(px / 2)} ${Math.round(py / 2)}`;
      if (crowd && cells.has(cell)) continue;
      cells.add(cell);
      const key = `${stageOf(p.n)} ${scale.level(p.y)}`;
      groups.set(key, (groups.get(key) || "") + markPath(stageOf(p.n), crowd ? 2.4 : 4, px, py));
    }
    for (const [key, d] of groups) {
      const path = svg("path", { class: "mv-mark mv-scored", d });
      path.style.fill = shade(Number(key.split(" ")[1]));
      dots.append(path);
    }
    drawOutside([...outside.values()]);
    const strip = box.y + box.h + box.strip / 2, bugs = facts.bugs.filter(inTime);
    if (bugs.length) {
      const d = [...new Set(bugs.map((b) => round(x(b.x))))].map((at) => `M${at},${strip - 4}v8`).join("");
      dots.append(svg("path", { class: "mv-bug-tick", d }),
        svg("text", { class: "mv-label mv-text-bug", x: box.x + box.w + 12, y: strip + 3.5 }, `${facts.bugs.length} buggy`));
    }
    for (const s of facts.tests.filter((s) => inTime(s) && inScore(s))) {
      dots.append(svg("path", { class: `mv-test${s.chosen ? " mv-test-chosen" : ""}`, d: markPath("diamond", s.chosen ? 5.5 : 4, x(s.x), y(s.y)) }));
    }
  }

  function drawOutside(list) {
    for (const top of [true, false]) {
      const mine = list.filter((o) => o[1] === top), edge = top ? box.y : box.y + box.h, way = top ? -5 : 5;
      if (!mine.length) continue;
      const d = mine.map(([px]) => `M${round(px - 3)},${edge - way}L${round(px)},${edge}L${round(px + 3)},${edge - way}`).join("");
      dots.append(svg("path", { class: "mv-beyond", d }));
      const count = facts.points.filter((p) => inTime(p) && !inScore(p) && (y(p.y) < box.y) === top).length;
      dots.append(svg("text", { class: "mv-note", x: Math.min(box.x + box.w, top && isNumber(facts.limit) ? x(facts.limit) - 24 : Infinity), y: edge + (top ? -11 : -8), "text-anchor": "end" },
        box.narrow ? `${count} beyond` : `${plural(count, "score")} beyond this edge`));
    }
  }

  // What follows the pointer and the selection, above all else.
  function drawOver() {
    clear(over);
    if (!box) return;
    const chosen = facts.points.find((p) => p.n.n === selected) || facts.bugs.find((p) => p.n.n === selected);
    const place = (p) => [round(x(p.x)), isNumber(p.y) ? round(Math.min(box.y + box.h, Math.max(box.y, y(p.y)))) : box.y + box.h + box.strip / 2];
    if (chosen && inTime(chosen)) {
      const [cx, cy] = place(chosen);
      over.append(svg("circle", { class: "mv-halo", cx, cy, r: 8 }));
    }
    if (at && inTime(at)) {
      const [cx, cy] = place(at);
      over.append(svg("line", { class: "mv-cross-hair", x1: cx, x2: cx, y1: box.y, y2: box.y + box.h + box.strip }),
        svg("circle", { class: "mv-cursor", cx, cy, r: 7 }));
      if (isNumber(at.y) && inScore(at)) {
        over.append(svg("line", { class: "mv-cross-hair", x1: box.x, x2: box.x + box.w, y1: cy, y2: cy }));
      }
    }
    if (brush) {
      over.append(svg("rect", { class: "mv-brush", x: Math.min(...brush), width: Math.abs(brush[1] - brush[0]), y: box.y, height: box.h + box.strip }));
    }
  }

  const overlay = () => drawOver();

  function nearest(px, py) {
    let found = null, least = 40 * 40;
    for (const p of [...facts.points, ...facts.bugs, ...facts.tests]) {
      if (!inTime(p)) continue;
      const top = isNumber(p.y) ? Math.min(box.y + box.h, Math.max(box.y, y(p.y))) : box.y + box.h + box.strip / 2;
      const far = (x(p.x) - px) ** 2 + (top - py) ** 2;
      if (far < least) { least = far; found = p; }
    }
    return found;
  }

  function tipOf(p) {
    const reached = facts.best.filter((b) => b.x <= p.x).at(-1);
    const extra = [reached && h("div", {}, h("i", {}, "best then"), fmtScore(reached.y))];
    const test = isNumber(p.score) && `${p.chosen ? "submitted, " : ""}test ${fmtScore(p.score)}${p.medal ? `, ${p.medal}` : ""}`;
    if (test) extra.unshift(h("div", {}, h("i", {}, "snapshot"), `${isNumber(p.number) ? `${p.number}: ` : ""}${test}`));
    const [title, ...rows] = p.n ? nodeTip(p.n) : [h("b", {}, "snapshot"), ""], plan = rows.pop();
    return [title, ...rows, ...extra.filter(Boolean), plan];
  }

  function where(e) {
    const area = canvas.getBoundingClientRect();
    return [e.clientX - area.left, e.clientY - area.top];
  }

  function show(p) {
    at = p;
    if (p) tip.show(x(p.x), isNumber(p.y) ? Math.max(0, Math.min(y(p.y), tall)) : box.y + box.h, tipOf(p)); else tip.hide();
    overlay();
  }

  canvas.addEventListener("pointerdown", (e) => {
    moved = false;
    if (e.button === 0 && box && where(e)[0] >= box.x) brush = [where(e)[0], where(e)[0]];
  });
  canvas.addEventListener("pointermove", (e) => {
    if (!box) return;
    const [px, py] = where(e);
    if (!brush) return show(nearest(px, py));
    brush[1] = Math.min(box.x + box.w, Math.max(box.x, px));
    if (!moved && Math.abs(brush[1] - brush[0]) > 5) { moved = true; canvas.setPointerCapture(e.pointerId); }
    if (moved) { tip.hide(); at = null; overlay(); }
  });
  canvas.addEventListener("pointerup", () => {
    if (brush && moved) {
      const ends = brush.map((px) => span[0] + ((px - box.x) / box.w) * (span[1] - span[0])).sort((a, b) => a - b);
      if (ends[1] - ends[0] > 1e-6) zoomed = ends;
    }
    brush = null;
    painter.ask();
  });
  canvas.addEventListener("pointercancel", () => { brush = null; overlay(); });
  canvas.addEventListener("pointerleave", () => { if (!brush) show(null); });
  canvas.addEventListener("dblclick", () => { zoomed = null; painter.ask(); });
  canvas.addEventListener("click", () => { if (!moved && at?.n) pick(at.n.n); });
  canvas.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || !facts) return;
    const row = [...facts.points, ...facts.bugs].sort((a, b) => a.x - b.x);
    const here = row.indexOf(at) >= 0 ? row.indexOf(at) : row.findIndex((p) => p.n.n === selected);
    if (e.key === "ArrowRight" || e.key === "ArrowLeft") {
      show(row[Math.min(row.length - 1, Math.max(0, here + (e.key === "ArrowRight" ? 1 : -1)))] || null);
    } else if (e.key === "Enter" && at?.n) pick(at.n.n);
    else if (zoomed && (e.key === "0" || e.key === "Escape")) { zoomed = null; painter.ask(); } else return;
    e.preventDefault();
    e.stopPropagation();
  });

  function pick(k) { context.emit("select", { node: k, seq: null }); select({ node: k }); }
  function select(selection) {
    selected = selection?.node ?? null;
    if (facts && box) overlay();
  }

  const painter = makePainter(frame, draw);
  return { el, update, select, destroy() { painter.stop(); tip.remove(); } };
}

function chartLegend(facts) {
  const line = (name) => svg("svg", { class: "mv-icon", width: 22, height: 12, viewBox: "0 0 22 12", "aria-hidden": "true" },
    svg("path", { class: name, d: "M1,9H10V4H21" }));
  const out = [];
  if (facts.best.length) out.push(h("span", {}, line("mv-step-best"), "best validation so far"));
  if (facts.submitted.length) out.push(h("span", {}, line("mv-step-test"), "its test score"));
  if (facts.tests.length) out.push(h("span", {}, markIcon("diamond", "mv-icon-test"), "test of a snapshot"));
  if (facts.bugs.length) out.push(h("span", {}, h("i", { class: "mv-bug-key" }), "buggy"));
  return [...out, h("span", { class: "mv-hint" }, "drag to zoom, double click to reset")];
}

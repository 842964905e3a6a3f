// What the drawings share: scales, ticks, marks of nodes, tooltips.

import { fmtCount, fmtDuration, fmtScore, fmtTime, fmtUsd, h, isNumber, perFrame, svg } from "./dom.js";

export const MEDALS = ["gold", "silver", "bronze"];
export const STAGES = ["draft", "improve", "debug", "other"];
const RAMP = [[68, 44, 122], [54, 92, 141], [33, 144, 141], [83, 197, 104], [190, 222, 40]];
const SHADES = 24;

// A node counts as scored when its program worked and said a number.
export const scored = (n) => isNumber(n.m) && !n.bug;
export const better = (a, b, lower) => (lower ? a < b : a > b);

// The number of the best node.  `best` marks all that were the best when they ran.
export function leaderOf(nodes, lower) {
  let leader = null;
  for (const n of nodes || []) {
    if (!scored(n) || (lower ?? null) === null) continue;
    if (!leader || better(n.m, leader.m, lower)) leader = n;
  }
  return leader ? leader.n : ((nodes || []).filter((n) => n.best).at(-1)?.n ?? null);
}

// Map scores to a few shades.  What is worse than thrice the way from the best score to
// the median shares the first, so that wild scores do not make all others look alike.
export function scoreScale(nodes, lower) {
  const all = Float64Array.from(nodes.filter(scored), (n) => (lower ? -n.m : n.m)).sort();
  if (!all.length) return null;
  const high = all[all.length - 1], middle = all[Math.floor(all.length / 2)];
  const low = middle < high ? Math.max(all[0], high - 3 * (high - middle)) : all[0];
  const level = (m) => {
    const share = high > low ? ((lower ? -m : m) - low) / (high - low) : 1;
    return Math.round(Math.min(1, Math.max(0, share)) * SHADES);
  };
  const sign = lower ? -1 : 1;
  return {
    level, of: (m) => shade(level(m)), worse: sign * low, better: sign * high,
    clamped: all[0] < low, key: `${low} ${high}`,
  };
}

export function shade(level) {
  const at = (level / SHADES) * (RAMP.length - 1), i = Math.min(RAMP.length - 2, Math.floor(at));
  return `rgb(${RAMP[i].map((c, k) => Math.round(c + (RAMP[i + 1][k] - c) * (at - i)))})`;
}

export const rampCss = () =>
  `linear-gradient(90deg,${RAMP.map((c) => `rgb(${c})`).join()})`;

// Path of the shape of a stage around (x, y); the areas look alike.
export function markPath(stage, r, x = 0, y = 0) {
  const line = (...at) => `M${at.map(([a, b]) => `${round(x + a * r)},${round(y + b * r)}`).join("L")}Z`;
  if (stage === "draft") return `M${round(x - r)},${round(y)}a${r},${r} 0 1 0 ${2 * r},0a${r},${r} 0 1 0 ${-2 * r},0Z`;
  if (stage === "improve") return line([0, -1.2], [1.15, 0.85], [-1.15, 0.85]);
  if (stage === "debug") return line([-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]);
  if (stage === "diamond") return line([0, -1.2], [1.2, 0], [0, 1.2], [-1.2, 0]);
  if (stage === "cross") return `M${round(x - r)},${round(y - r)}l${2 * r},${2 * r}m0,${-2 * r}l${-2 * r},${2 * r}`;
  return line([-1.05, 0], [-0.52, -0.95], [0.52, -0.95], [1.05, 0], [0.52, 0.95], [-0.52, 0.95]);
}

export const round = (x) => Math.round(x * 10) / 10;
export const stageOf = (n) => (STAGES.includes(n.s) ? n.s : "other");

// Round numbers from low to high, about `count` of them.
export function ticks(low, high, count) {
  const rough = (high - low) / Math.max(1, count), power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 2.5, 5, 10].find((k) => k * power >= rough) || 10);
  const out = [];
  if (!(step > 0)) return [low];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) out.push(k * step);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9) + (step / power === 2.5 ? 1 : 0));
  return out.map((x) => ({ x, text: x.toFixed(Math.min(8, digits)) }));
}

export function timeUnit(longest) {
  if (longest >= 7200) return { name: "h", seconds: 3600 };
  return longest >= 180 ? { name: "min", seconds: 60 } : { name: "s", seconds: 1 };
}

// Move labels apart to a distance of `gap`, in their order, inside low..high.
export function spread(labels, gap, low, high) {
  const sorted = [...labels].sort((a, b) => a.y - b.y);
  let floor = low;
  for (const each of sorted) { each.at = Math.max(each.y, floor); floor = each.at + gap; }
  let roof = high;
  for (const each of sorted.reverse()) { each.at = Math.min(each.at, roof); roof = each.at - gap; }
  return labels;
}

// A tooltip at a point of `host`.  It lives in the root of the view, because panes are
// small and cut off what is larger.
export function makeTip(host) {
  const box = h("div", { class: "mv-tip", role: "status", hidden: true });
  return {
    hide() { box.hidden = true; },
    remove() { box.remove(); },
    show(x, y, parts) {
      const root = host.closest(".mlev");
      if (!root) return;
      if (box.parentNode !== root) root.append(box);
      box.replaceChildren(...parts);
      box.hidden = false;
      const [outer, inner] = [root.getBoundingClientRect(), host.getBoundingClientRect()];
      const at = [inner.left - outer.left + x, inner.top - outer.top + y];
      const left = at[0] + 16 + box.offsetWidth > root.clientWidth ? at[0] - 16 - box.offsetWidth : at[0] + 16;
      const top = Math.min(at[1] + 14, root.clientHeight - box.offsetHeight - 4);
      box.style.transform = `translate(${Math.round(Math.max(2, left))}px,${Math.round(Math.max(2, top))}px)`;
    },
  };
}

// Say in words what a node is: for screen readers and as the head of tooltips.
export function nodeTitle(n) {
  const marks = [n.bug === null && "running", n.bug && "buggy", n.best && "best so far", n.chosen && "submitted"];
  return [`node ${n.n}`, n.s, ...marks].filter(Boolean).join(", ");
}

export function gainText(gain) {
  if (!isNumber(gain)) return "";
  return gain === 0 ? "no change" : `${fmtScore(Math.abs(gain))} ${gain > 0 ? "better" : "worse"} than its parent`;
}

export function nodeTip(n) {
  const cost = [isNumber(n.usd) && fmtUsd(n.usd), n.tok && `${fmtCount(n.tok)} tokens`];
  const lines = [
    ["score", [isNumber(n.m) ? fmtScore(n.m) : "none", gainText(n.gain)]],
    ["test", [isNumber(n.test) && fmtScore(n.test), n.medal]],
    ["why", [n.bug && n.reason]],
    ["time", [isNumber(n.t) && `at ${fmtTime(n.t)}`, isNumber(n.d) && `ran ${fmtDuration(n.d)}`]],
    ["cost", cost],
  ];
  const rows = lines.map(([name, values]) => [name, values.filter(Boolean).join(", ")]);
  return [
    h("b", {}, nodeTitle(n)),
    ...rows.filter((row) => row[1]).map(([name, text]) => h("div", {}, h("i", {}, name), text)),
    n.plan ? h("p", {}, n.plan) : "",
  ];
}

// Call `draw` at most once per frame, and again whenever the size of `el` changes.
export function makePainter(el, draw) {
  let size = "";
  const ask = perFrame(draw);
  const watcher = new ResizeObserver(([entry]) => {
    const { width, height } = entry.contentRect, now = `${Math.round(width)} ${Math.round(height)}`;
    if (now === size) return;
    size = now;
    ask();
  });
  watcher.observe(el);
  return { ask, stop() { watcher.disconnect(); ask.cancel(); } };
}

// A small picture of a mark for legends.
export function markIcon(stage, look = "") {
  return svg("svg", { class: `mv-icon ${look}`, width: 12, height: 12, viewBox: "-6 -6 12 12", "aria-hidden": "true" },
    svg("path", { d: markPath(stage, 4) }));
}

export const quiet = (text) => h("p", { class: "mv-quiet" }, text);

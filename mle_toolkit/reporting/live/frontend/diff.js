// Differences between two programs, line by line.

import { append, button, clear, h, plural } from "./dom.js";

const MOST_LINES = 5000;
const MOST_EDITS = 1500;
const CONTEXT = 3;
const MOST_SHOWN = 4000;

/**
 * The shortest edit from text `a` to text `b` (Myers 1986, "An O(ND) difference
 * algorithm and its variations").  What both begin and end with is set aside first;
 * a middle that is too long or too different is shown as replaced.
 *
 * @returns {{tag: " "|"+"|"-", a: number|null, b: number|null, text: string}[]}
 *   with line numbers from 1.
 */
export function diffLines(a, b) {
  const left = splitLines(a);
  const right = splitLines(b);
  const least = Math.min(left.length, right.length);
  let head = 0;
  while (head < least && left[head] === right[head]) head += 1;
  let tail = 0;
  while (tail < least - head && left.at(-1 - tail) === right.at(-1 - tail)) tail += 1;

  const out = [];
  const same = (i, j) => out.push({ tag: " ", a: i + 1, b: j + 1, text: left[i] });
  const drop = (i) => out.push({ tag: "-", a: i + 1, b: null, text: left[i] });
  const add = (j) => out.push({ tag: "+", a: null, b: j + 1, text: right[j] });

  for (let i = 0; i < head; i += 1) same(i, i);
  const endA = left.length - tail;
  const endB = right.length - tail;
  const middle = shortestEdit(left.slice(head, endA), right.slice(head, endB));
  let i = head;
  let j = head;
  for (const step of middle) {
    if (step === " ") { same(i, j); i += 1; j += 1; }
    else if (step === "-") { drop(i); i += 1; }
    else { add(j); j += 1; }
  }
  for (let k = 0; k < tail; k += 1) same(endA + k, endB + k);
  return out;
}

function splitLines(text) {
  if (!text) return [];
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** The steps " ", "-" and "+" that turn `a` into `b`. */
function shortestEdit(a, b) {
  const n = a.length;
  const m = b.length;
  const replaced = () => [...Array(n).fill("-"), ...Array(m).fill("+")];
  if (!n || !m || n + m > MOST_LINES) return replaced();
  const reach = new Int32Array(2 * (n + m) + 3);
  const middle = n + m + 1;
  const trace = [];
  for (let d = 0; d <= Math.min(n + m, MOST_EDITS); d += 1) {
    trace.push(reach.slice(middle - d - 1, middle + d + 2));
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && reach[middle + k - 1] < reach[middle + k + 1]);
      let x = down ? reach[middle + k + 1] : reach[middle + k - 1] + 1;
      while (x < n && x - k < m && a[x] === b[x - k]) x += 1;
      reach[middle + k] = x;
      if (x >= n && x - k >= m) return walkBack(trace, n, m);
    }
  }
  return replaced();
}

function walkBack(trace, n, m) {
  const steps = [];
  let x = n;
  let y = m;
  for (let d = trace.length - 1; d > 0; d -= 1) {
    const at = (k) => trace[d][k + d + 1];
    const k = x - y;
    const down = k === -d || (k !== d && at(k - 1) < at(k + 1));
    const fromX = down ? at(k + 1) : at(k - 1);
    const fromY = fromX - (down ? k + 1 : k - 1);
    const startX = down ? fromX : fromX + 1;
    while (x > startX) { steps.push(" "); x -= 1; y -= 1; }
    steps.push(down ? "+" : "-");
    x = fromX;
    y = fromY;
  }
  while (x > 0) { steps.push(" "); x -= 1; }
  return steps.reverse();
}

/** Two texts as one column of lines; long stretches without change are folded. */
export function diffView(a, b, nameA, nameB) {
  const lines = diffLines(a, b);
  const count = (tag) => lines.filter((line) => line.tag === tag).length;
  const el = h("div", { class: "mlev-diff" });
  const head = h("p", { class: "mlev-dim" },
    `${nameA} to ${nameB}: `, h("b", { class: "mlev-add" }, `+${count("+")}`), " ",
    h("b", { class: "mlev-del" }, `\u2212${count("-")}`));
  if (!count("+") && !count("-")) {
    append(clear(head), [lines.length ? "Both programs are the same." : "Neither node has a program."]);
    return head;
  }
  for (const run of runsOf(lines.slice(0, MOST_SHOWN))) append(el, [runView(run)]);
  if (lines.length > MOST_SHOWN) {
    el.append(h("p", { class: "mlev-dim" }, `${plural(lines.length - MOST_SHOWN, "further line")} not shown.`));
  }
  return h("div", null, head, el);
}

/** Stretches of equal lines beyond the context become {hidden: true}. */
function runsOf(lines) {
  const runs = [];
  let i = 0;
  while (i < lines.length) {
    let j = i;
    while (j < lines.length && (lines[j].tag === " ") === (lines[i].tag === " ")) j += 1;
    const before = i === 0 ? 0 : CONTEXT;
    const after = j === lines.length ? 0 : CONTEXT;
    if (lines[i].tag === " " && j - i > before + after + 3) {
      runs.push({ lines: lines.slice(i, i + before) });
      runs.push({ lines: lines.slice(i + before, j - after), hidden: true });
      runs.push({ lines: lines.slice(j - after, j) });
    } else runs.push({ lines: lines.slice(i, j) });
    i = j;
  }
  return runs;
}

function runView(run) {
  if (!run.hidden) return run.lines.map(lineView);
  const more = button(`${plural(run.lines.length, "line")} unchanged`, { class: "mlev-diff-fold" },
    () => more.replaceWith(...run.lines.map(lineView)));
  return more;
}

const SIGNS = { "+": "+", "-": "\u2212", " ": " " };
const WORDS = { "+": "added", "-": "removed", " ": null };

function lineView({ tag, a, b, text }) {
  return h("div", { class: "mlev-diff-line", dataset: { tag } },
    h("span", { class: "mlev-diff-no" }, a ?? ""), h("span", { class: "mlev-diff-no" }, b ?? ""),
    h("span", { class: "mlev-diff-sign", "aria-label": WORDS[tag] }, SIGNS[tag]),
    h("span", { class: "mlev-diff-text" }, text.slice(0, 2000)));
}

// What two attempts have in common, and what each node gained.

import { isNumber } from "./dom.js";

const byNumberUp = (nodes) => [...(nodes || [])].sort((a, b) => a.n - b.n);

// The first node in which two trees differ by stage, parent or code (by plan, where no
// code is known): {common, a, b}, with null for a tree that ends there.
export function findParting(first, second) {
  const left = byNumberUp(first), right = byNumberUp(second);
  const alike = (a, b) => a.s === b.s && (a.p ?? null) === (b.p ?? null)
    && (a.k || b.k ? a.k === b.k : a.plan === b.plan);
  let common = 0;
  while (common < left.length && common < right.length && alike(left[common], right[common])) common++;
  return { common, a: left[common] || null, b: right[common] || null };
}

// The youngest node from which both come, or null.
export function commonAncestor(nodes, a, b) {
  const map = new Map(nodes.map((n) => [n.n, n])), seen = new Set();
  const up = (k) => { const p = map.get(k)?.p; return isNumber(p) && p < k ? p : null; };
  for (let at = a; at !== null; at = up(at)) seen.add(at);
  for (let at = b; at !== null; at = up(at)) if (seen.has(at)) return at;
  return null;
}

// Rows of gains by node number, and the gain that a full bar stands for: nearly the
// largest, so that one leap does not hide all others.
export function gainRows(first, second) {
  const maps = [first, second].map((nodes) => new Map((nodes || []).map((n) => [n.n, n])));
  const numbers = [...new Set([...maps[0].keys(), ...maps[1].keys()])].sort((a, b) => a - b);
  const rows = numbers.map((n) => ({ n, a: maps[0].get(n) || null, b: maps[1].get(n) || null }));
  const sizes = rows.flatMap((row) => [row.a?.gain, row.b?.gain]).filter(isNumber).map(Math.abs).sort((a, b) => a - b);
  return { rows, full: sizes[Math.floor(sizes.length * 0.95)] || sizes.at(-1) || 0 };
}

// The node to look at first: the best, else the last that did not fail, else the last.
export function mainNode(nodes, leader) {
  const sorted = byNumberUp(nodes);
  return (sorted.find((n) => n.n === leader) || sorted.filter((n) => n.bug === false).at(-1) || sorted.at(-1) || { n: null }).n;
}

// Pieces of a diff: {lines} that are shown and {folded} that are not, keeping `around`
// lines on both sides of a change.
export function foldSame(lines, around = 3) {
  const keep = new Uint8Array(lines.length);
  lines.forEach((line, i) => {
    if (line.tag !== " ") keep.fill(1, Math.max(0, i - around), i + around + 1);
  });
  const pieces = [];
  for (let i = 0; i < lines.length;) {
    let end = i;
    while (end < lines.length && keep[end] === keep[i]) end++;
    const part = lines.slice(i, end);
    pieces.push(keep[i] || part.length < 3 ? { lines: part } : { folded: part });
    i = end;
  }
  return pieces;
}

// Lines that were taken out beside those that came in: [left|null, right|null] pairs.
export function pairLines(lines) {
  const pairs = [];
  let out = [], into = [];
  const flush = () => {
    for (let i = 0; i < Math.max(out.length, into.length); i++) pairs.push([out[i] || null, into[i] || null]);
    out = []; into = [];
  };
  for (const line of lines) {
    if (line.tag === "-") out.push(line);
    else if (line.tag === "+") into.push(line);
    else { flush(); pairs.push([line, line]); }
  }
  flush();
  return pairs;
}

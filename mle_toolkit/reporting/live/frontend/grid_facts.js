// The grid of attempts without its elements: columns, words, sort, filter.

import { fmtCount, fmtInt, fmtScore, fmtTime, fmtUsd, isNumber } from "./dom.js";

// A sign and a word for every state, so that none is told by colour alone.
export const STATE_SIGNS = {
  pending: "\u25cb", running: "\u25b6", stopping: "\u25a0", lost: "?", published: "\u25d0", graded: "\u2713", broken: "!",
};
const STATE_RANK = Object.keys(STATE_SIGNS);
const MEDAL_RANK = { gold: 0, silver: 1, bronze: 2 };
export const LIVE_STATES = new Set(["running", "pending"]);

export const stateText = (a) => (a.status && a.status !== "finished" ? `${a.state}, ${a.status}` : a.state);

// Hours where the limit is in hours, to keep the column narrow.
const limitText = (s) => (s % 3600 === 0 ? `${s / 3600} h` : fmtTime(s));

// `of` gives what a column is sorted by, `text` what it shows; `down` begins with the largest.
export const GRID_COLUMNS = [
  { id: "competition", name: "competition", of: (a) => low(a.competition), text: (a) => a.competition },
  { id: "agent", name: "agent", of: (a) => low(a.agent), text: (a) => a.agent },
  { id: "seed", name: "seed", of: (a) => (a.seed === null || a.seed === "" || Number.isNaN(Number(a.seed)) ? a.seed : Number(a.seed)), text: (a) => String(a.seed ?? "") },
  { id: "state", name: "state", of: (a) => STATE_RANK.indexOf(a.state), text: (a) => `${STATE_SIGNS[a.state] || "\u00b7"} ${stateText(a)}` },
  { id: "nodes", name: "nodes", down: true, of: (a) => a.nodes, text: (a) => fmtInt(a.nodes) },
  { id: "best", name: "best valid.", of: (a) => a.best, text: (a) => fmtScore(a.best) },
  { id: "score", name: "test", of: (a) => a.score, text: (a) => (a.valid === false ? "invalid" : fmtScore(a.score)) },
  { id: "medal", name: "medal", of: (a) => MEDAL_RANK[a.medal], text: (a) => a.medal || "" },
  { id: "elapsed", name: "elapsed of limit", down: true, of: (a) => a.elapsed_s,
    text: (a) => (isNumber(a.elapsed_s) ? fmtTime(a.elapsed_s) + (isNumber(a.limit_s) ? ` of ${limitText(a.limit_s)}` : "") : "") },
  { id: "cost", name: "cost", down: true, of: (a) => a.usd, text: (a) => (isNumber(a.usd) ? fmtUsd(a.usd) : "") },
  { id: "tags", name: "tags", of: (a) => low((a.tags || []).join(" ")) || null, text: (a) => (a.tags || []).join(", ") },
];

function low(text) {
  return text === null || text === undefined ? null : String(text).toLowerCase();
}

// Indices in the order of a column; equal ones keep theirs, missing values come last
// whichever way the column is sorted.
export function sortIndices(attempts, indices, column, descending) {
  const keys = new Array(attempts.length), there = [], gone = [];
  for (const i of indices) {
    const key = column.of(attempts[i]);
    keys[i] = key;
    (key === null || key === undefined || Number.isNaN(key) || key === -1 ? gone : there).push(i);
  }
  const sign = descending ? -1 : 1, numbers = there.every((i) => typeof keys[i] === "number");
  if (numbers) there.sort((i, j) => sign * (keys[i] - keys[j]) || i - j);
  else there.sort((i, j) => (keys[i] === keys[j] ? i - j : String(keys[i]) < String(keys[j]) ? -sign : sign));
  return [...there, ...gone];
}

const texts = new WeakMap(); // attempts are replaced when they change, so this never ages

function textOf(attempt) {
  let text = texts.get(attempt);
  if (text === undefined) {
    text = [attempt.competition, attempt.agent, attempt.ref, ...(attempt.tags || [])].join("\n").toLowerCase();
    texts.set(attempt, text);
  }
  return text;
}

// Indices of the attempts that pass: every word must occur, every choice must fit.
export function filterIndices(attempts, { text = "", state = "", medal = "", competition = "", agent = "" }) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean), out = [];
  for (let i = 0; i < attempts.length; i++) {
    const a = attempts[i];
    if ((state && a.state !== state) || (competition && a.competition !== competition) || (agent && a.agent !== agent)) continue;
    if (medal && (medal === "any" ? !a.medal : medal === "none" ? a.medal || a.state !== "graded" : a.medal !== medal)) continue;
    if (words.length && !words.every((word) => textOf(a).includes(word))) continue;
    out.push(i);
  }
  return out;
}

export const valuesOf = (attempts, name) => [...new Set(attempts.map((a) => a[name]))].sort((a, b) => (a < b ? -1 : 1));

// One letter for a square of the matrix, and the tone it has.
export function squareOf(a) {
  if (a.medal) return { letter: a.medal[0].toUpperCase(), tone: a.medal };
  if (a.valid === false) return { letter: "\u00d7", tone: "invalid" };
  return { letter: a.state === "graded" ? "\u2013" : STATE_SIGNS[a.state] || "\u00b7", tone: a.state };
}

// What the line of totals says, in pieces.
export function totalsText(totals) {
  const states = Object.entries(totals.states || {}).filter(([, n]) => n);
  states.sort(([a], [b]) => STATE_RANK.indexOf(a) - STATE_RANK.indexOf(b));
  return {
    states: states.map(([name, n]) => [STATE_SIGNS[name] || "\u00b7", fmtInt(n), name]),
    medals: ["gold", "silver", "bronze"].map((name) => [name, totals.medals?.[name] || 0]),
    sums: [
      isNumber(totals.valid) ? `${fmtInt(totals.valid)} valid` : "", isNumber(totals.nodes) ? `${fmtInt(totals.nodes)} nodes` : "",
      totals.tokens ? `${fmtCount(totals.tokens)} tokens` : "", isNumber(totals.usd) ? (totals.usd < 1000 ? fmtUsd(totals.usd) : `$${fmtInt(totals.usd)}`) : "",
      totals.elapsed_s ? `${fmtTime(totals.elapsed_s)} of work` : "",
    ].filter(Boolean),
  };
}

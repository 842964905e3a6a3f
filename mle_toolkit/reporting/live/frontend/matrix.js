// The experiment as a picture: a row per competition, a column per agent, in each cell
// one square per seed.

import { clear, fmtInt, fmtScore, h, plural } from "./dom.js";
import { squareOf, stateText, valuesOf } from "./grid_facts.js";

const MOST_SQUARES = 16;

export function makeMatrix(open) {
  const table = h("table", {});
  const el = h("div", { class: "mv-matrix" }, table, matrixKey());
  const squares = new Map();
  let shape = "";

  el.addEventListener("click", (e) => {
    const square = e.target.closest("[data-i]");
    if (square) open(Number(square.dataset.i));
  });
  el.addEventListener("keydown", (e) => {
    const way = { ArrowRight: 1, ArrowLeft: -1 }[e.key], all = [...el.querySelectorAll("[data-i]")];
    const next = way && all[all.indexOf(e.target) + way];
    if (!next) return;
    e.preventDefault();
    e.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });

  // Squares stay where they are as long as the same attempts are shown.
  function update(attempts, indices) {
    const now = indices.join();
    if (now !== shape) { build(attempts, indices); shape = now; }
    for (const [i, square] of squares) paintSquare(square, attempts[i]);
  }

  function build(attempts, indices) {
    clear(table);
    squares.clear();
    const shown = indices.map((i) => attempts[i]), agents = valuesOf(shown, "agent"), cells = new Map();
    for (const i of indices) {
      const key = `${attempts[i].competition}\n${attempts[i].agent}`;
      if (cells.has(key)) cells.get(key).push(i); else cells.set(key, [i]);
    }
    table.append(h("thead", {}, h("tr", {}, h("th", {}), ...agents.map((name) => h("th", { scope: "col" }, name)))));
    const body = h("tbody", {});
    for (const name of valuesOf(shown, "competition")) {
      body.append(h("tr", {}, h("th", { scope: "row", title: name }, name), ...agents.map((agent) => cell(cells.get(`${name}\n${agent}`) || []))));
    }
    table.append(body);
    const first = squares.values().next().value;
    if (first) first.tabIndex = 0;
  }

  function cell(indices) {
    const more = indices.length - MOST_SQUARES;
    const line = h("div", { class: "mv-squares" }, ...indices.slice(0, MOST_SQUARES).map((i) => {
      const square = h("button", { type: "button", "data-i": i, tabindex: -1 });
      squares.set(i, square);
      return square;
    }));
    if (more > 0) line.append(h("span", { class: "mv-more" }, `+${more}`));
    return h("td", {}, line);
  }

  return { el, update };
}

function paintSquare(square, a) {
  const { letter, tone } = squareOf(a), look = `mv-square mv-square-${tone}`;
  if (square.textContent !== letter) square.textContent = letter;
  if (square.className !== look) square.className = look;
  const facts = [a.competition, a.agent, `seed ${a.seed}`, stateText(a), a.medal || "", Number.isFinite(a.score) ? `test ${fmtScore(a.score)}` : ""];
  const text = facts.filter(Boolean).join(", ");
  if (square.title !== text) { square.title = text; square.setAttribute("aria-label", text); }
}

function matrixKey() {
  const signs = [["G", "gold", "gold"], ["S", "silver", "silver"], ["B", "bronze", "bronze"], ["\u2013", "graded", "no medal"], ["\u00d7", "invalid", "invalid"],
    ["\u25d0", "published", "not graded yet"], ["\u25b6", "running", "running"], ["\u25cb", "pending", "pending"], ["?", "lost", "lost"], ["!", "broken", "broken"]];
  return h("p", { class: "mv-legend" }, ...signs.map(([letter, tone, name]) => h("span", {}, h("i", { class: `mv-square mv-square-${tone}` }, letter), name)));
}

export const countText = (shown, all) => (shown === all ? plural(all, "attempt") : `${fmtInt(shown)} of ${plural(all, "attempt")}`);

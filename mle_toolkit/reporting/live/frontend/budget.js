// Where time, tokens and dollars went: one bar, and a legend with the numbers.

import { clear, fmtCount, fmtDuration, fmtTime, fmtUsd, h, isNumber } from "./dom.js";
import { makePainter, quiet } from "./scales.js";

const PHASE_WORDS = { model: "model", training: "training", debugging: "debugging", tools: "tools", idle: "idle" };

export function makeBudget() {
  const bar = h("div", { class: "mv-bar", role: "img" });
  const legend = h("div", { class: "mv-phases", role: "list" });
  const total = h("span", { class: "mv-total" }), note = h("div", {});
  const el = h("section", { class: "mv-pane mv-budget", "aria-label": "Budget" },
    h("div", { class: "mv-head" }, h("b", {}, "Budget"), total), note, bar, legend);
  let summary = null, last = "";
  const painter = makePainter(el, draw);

  function draw() {
    const budget = summary?.budget || {}, wide = el.clientWidth, key = `${wide} ${JSON.stringify(budget)}`;
    if (!summary || key === last) return;
    last = key;
    const phases = (budget.phases || []).filter((p) => p.seconds > 0 || p.tokens > 0);
    const spent = phases.reduce((sum, p) => sum + (p.seconds || 0), 0);
    const whole = Math.max(spent, budget.elapsed_s || 0, budget.limit_s || 0);
    clear(note); clear(bar); clear(legend);
    bar.hidden = legend.hidden = !whole || !phases.length;
    total.textContent = totalText(budget);
    if (bar.hidden) { note.append(quiet("This trace does not say where its time went.")); return; }
    for (const phase of phases) {
      if (phase.seconds > 0) bar.append(phaseSegment(phase, whole, spent, wide));
      legend.append(phaseEntry(phase, spent));
    }
    if (isNumber(budget.limit_s)) bar.append(budgetRest(budget.limit_s, Math.max(spent, budget.elapsed_s || 0)));
    bar.setAttribute("aria-label", phases.map((p) => `${p.name} ${fmtTime(p.seconds)}`).join(", "));
  }

  return { el, update(T) { summary = T; painter.ask(); }, select() {}, destroy() { painter.stop(); } };
}

function totalText(budget) {
  const limit = (text, value) => (value === null || value === undefined ? text : `${text} of ${value}`);
  return [
    isNumber(budget.elapsed_s) && limit(fmtTime(budget.elapsed_s), isNumber(budget.limit_s) ? fmtTime(budget.limit_s) : null),
    budget.tokens ? `${fmtCount(budget.tokens)} tokens` : "",
    isNumber(budget.usd) && limit(fmtUsd(budget.usd), isNumber(budget.usd_limit) ? fmtUsd(budget.usd_limit) : null),
  ].filter(Boolean).join(" \u00b7 ");
}

const budgetShare = (part, whole) => (whole ? part / whole : 0);
const percentText = (x) => (x > 0 && x < 0.01 ? "<1%" : `${Math.round(x * 100)}%`);

// A segment bears its name only where the name fits; the legend always has it.
function phaseSegment(phase, whole, spent, wide) {
  const name = PHASE_WORDS[phase.name] || "other", room = wide * budgetShare(phase.seconds, whole);
  const full = `${phase.name} ${percentText(budgetShare(phase.seconds, spent))}`;
  const text = [full, phase.name].find((each) => room > each.length * 6.4 + 20);
  const piece = h("div", { class: `mv-seg mv-phase-${name}`, title: phaseWords(phase, spent) },
    text ? h("span", {}, text) : null);
  piece.style.flexGrow = String(phase.seconds);
  return piece;
}

function budgetRest(limit, used) {
  const left = limit - used, piece = h("div", { class: "mv-seg mv-rest", title: `${fmtTime(Math.max(0, left))} left` },
    left / limit > 0.16 ? h("span", {}, `${fmtTime(left)} left`) : null);
  piece.style.flexGrow = String(Math.max(0, left));
  return piece;
}

function phaseWords(phase, spent) {
  return [`${phase.name}: ${fmtDuration(phase.seconds)} (${percentText(budgetShare(phase.seconds, spent))})`,
    phase.tokens ? `${fmtCount(phase.tokens)} tokens` : "", isNumber(phase.usd) && phase.usd > 0 ? fmtUsd(phase.usd) : ""].filter(Boolean).join(", ");
}

function phaseEntry(phase, spent) {
  const money = [phase.tokens ? `${fmtCount(phase.tokens)} tok` : "", isNumber(phase.usd) && phase.usd > 0 ? fmtUsd(phase.usd) : ""].filter(Boolean);
  return h("div", { class: "mv-phase", role: "listitem" },
    h("i", { class: `mv-key mv-phase-${PHASE_WORDS[phase.name] || "other"}`, "aria-hidden": "true" }),
    h("span", {}, h("b", {}, phase.name), ` ${fmtDuration(phase.seconds)} `, h("em", {}, percentText(budgetShare(phase.seconds, spent))),
      money.length ? h("small", {}, money.join(" \u00b7 ")) : null));
}

// The grid of attempts: totals, filters, sorted virtual rows, or a matrix of squares.

import { clear, debounce, h, isNumber, plural, setText } from "./dom.js";
import { GRID_COLUMNS, LIVE_STATES, STATE_SIGNS, filterIndices, sortIndices, totalsText, valuesOf } from "./grid_facts.js";
import { countText, makeMatrix } from "./matrix.js";
import { makeList } from "./rows.js";
import { MEDALS, makePainter } from "./scales.js";

const GRID_ROW = 26;

export function makeExperiment(context) {
  const filters = { text: "", state: "", medal: "", competition: "", agent: "" };
  const sort = { column: null, descending: false };
  const picked = new Set(); // refs that are ticked, at most two
  let data = { attempts: [], totals: {} }, order = [], cursor = null, asMatrix = false, sure = null, optionsKey = "";

  const totals = h("div", { class: "mv-totals", role: "status" });
  const trouble = h("span", { class: "mv-trouble", role: "alert" });
  const search = h("input", { type: "search", placeholder: "competition, agent, tag", "aria-label": "Filter attempts by text" });
  const selects = Object.fromEntries(["competition", "agent", "state", "medal"].map((name) => [name, h("select", { "aria-label": `Filter by ${name}` })]));
  const count = h("span", { class: "mv-count" });
  const compare = h("button", { type: "button", title: "Tick two attempts to compare them", onclick: compareTwo }, "Compare");
  const toggle = h("button", { type: "button", "aria-pressed": "false", title: "Competitions by agents, a square per seed", onclick: flip }, "Matrix");
  const stopAll = h("span", { class: "mv-buttons" });
  const head = h("div", { class: "mv-grid-head mv-grid-row", role: "row" }, h("span", {}), ...GRID_COLUMNS.map(headCell), h("span", {}));
  const list = makeList({ height: GRID_ROW, make: makeRow, draw: drawRow, need() {}, onSelect, onOpen: openAt, onFollow() {}, label: "Attempts" });
  const box = h("div", { class: "mlev-listbox" }, list.el), grid = h("div", { class: "mv-grid-box" }, head, box);
  const matrix = makeMatrix((i) => open(i));
  matrix.el.hidden = true;
  const el = h("section", { class: "mv-pane mv-exp", "aria-label": "Attempts of the experiment" },
    h("div", { class: "mv-head" }, totals),
    h("div", { class: "mv-filters" }, search, ...Object.values(selects), count, trouble, h("span", { class: "mv-buttons" }, toggle, compare, stopAll)),
    grid, matrix.el);

  const painter = makePainter(list.el, () => refresh());
  const typed = debounce(() => { filters.text = search.value; refresh(true); }, 80);
  search.addEventListener("input", typed);
  for (const [name, select] of Object.entries(selects)) {
    select.addEventListener("change", () => { filters[name] = select.value; refresh(true); });
  }

  function update(E) {
    data = E;
    painter.ask();
  }

  // Sort and filter again; the attempt under the cursor keeps it, wherever it is now.
  function refresh(moved) {
    fillSelects();
    // The header stands above the rows, whatever the scroll bar takes.
    head.style.paddingRight = `${12 + list.el.offsetWidth - list.el.clientWidth}px`;
    const some = filterIndices(data.attempts, filters);
    order = sort.column ? sortIndices(data.attempts, some, sort.column, sort.descending) : some;
    const at = cursor === null ? -1 : order.findIndex((i) => data.attempts[i].ref === cursor);
    list.setTotal(order.length);
    list.choose(at);
    if (moved === true) list.toStart();
    list.redraw();
    if (asMatrix) matrix.update(data.attempts, some);
    const reading = data.reading ? `, reading ${data.reading.done} of ${data.reading.of}` : "";
    setText(count, order.length || data.attempts.length ? countText(order.length, data.attempts.length) + reading : `no attempt yet${reading}`);
    drawTotals();
    drawActions();
  }

  function fillSelects() {
    const fixed = { state: Object.keys(STATE_SIGNS), medal: ["any", "none", ...MEDALS] };
    const key = `${data.attempts.length}`;
    if (key === optionsKey) return;
    optionsKey = key;
    for (const [name, select] of Object.entries(selects)) {
      const every = { competition: "all competitions", agent: "all agents", state: "all states", medal: "medals or none" }[name];
      clear(select).append(h("option", { value: "" }, every), ...(fixed[name] || valuesOf(data.attempts, name)).map((value) => (
        h("option", { value, selected: value === filters[name] }, value === "any" ? "any medal" : value === "none" ? "no medal" : value))));
    }
  }

  function headCell(column) {
    const sortBy = () => {
      if (sort.column !== column) Object.assign(sort, { column, descending: !!column.down });
      else if (sort.descending === !!column.down) sort.descending = !sort.descending;
      else sort.column = null; // the third click restores the order of the plan
      for (const cell of head.querySelectorAll("[data-column]")) {
        const mine = sort.column?.id === cell.dataset.column;
        cell.setAttribute("aria-sort", mine ? (sort.descending ? "descending" : "ascending") : "none");
        cell.querySelector("i").textContent = mine ? (sort.descending ? " \u2193" : " \u2191") : "";
      }
      refresh(true);
    };
    return h("span", { class: `mv-col-${column.id}`, role: "columnheader", "aria-sort": "none", "data-column": column.id },
      h("button", { type: "button", title: `Sort by ${column.name}`, onclick: sortBy }, column.name, h("i", {})));
  }

  function makeRow() {
    const tick = h("input", { type: "checkbox", tabindex: -1, "aria-label": "Select for comparison" });
    const cells = GRID_COLUMNS.map((c) => h("span", { class: `mv-col-${c.id}` }));
    const stop = h("button", { type: "button", tabindex: -1, class: "mv-stop" }, "stop");
    const row = h("div", { class: "mv-grid-row mv-attempt-row" }, h("span", { class: "mv-tick-box" }, tick), ...cells, h("span", {}, stop));
    const bar = h("i", { class: "mv-thin" }, h("i", {}));
    const texts = cells.map((cell) => cell.appendChild(h("span", {})));
    cells[GRID_COLUMNS.findIndex((c) => c.id === "elapsed")].append(bar);
    Object.assign(row, { tick, texts, stop, bar });
    for (const name of ["click", "dblclick"]) tick.parentNode.addEventListener(name, (e) => e.stopPropagation());
    tick.addEventListener("change", () => pick(row.ref, tick.checked));
    stop.addEventListener("click", (e) => { e.stopPropagation(); stopOne(row.ref); });
    return row;
  }

  function drawRow(row, index) {
    const a = data.attempts[order[index]];
    if (!a) return;
    row.ref = a.ref;
    row.title = a.note || "";
    row.dataset.state = a.state;
    row.dataset.medal = a.medal || "";
    row.tick.checked = picked.has(a.ref);
    GRID_COLUMNS.forEach((column, i) => setText(row.texts[i], column.text(a)));
    const part = isNumber(a.elapsed_s) && a.limit_s ? Math.min(1, a.elapsed_s / a.limit_s) : 0;
    row.bar.hidden = !a.limit_s;
    row.bar.firstChild.style.width = `${Math.round(part * 100)}%`;
    row.stop.hidden = !data.actions || !LIVE_STATES.has(a.state);
    setText(row.stop, sure === a.ref ? "really?" : "stop");
  }

  function onSelect(index, how) {
    cursor = data.attempts[order[index]]?.ref ?? null;
    if (how === "click") openAt(index);
  }
  function openAt(index) { if (order[index] !== undefined) open(order[index]); }
  function open(i) {
    cursor = data.attempts[i].ref;
    context.emit("open", { ref: cursor, attempt: cursor });
  }

  function pick(ref, on) {
    if (on) picked.add(ref); else picked.delete(ref);
    if (picked.size > 2) picked.delete([...picked][1]);
    list.redraw();
    drawActions();
  }

  function compareTwo() {
    const [a, b] = [...picked];
    if (b) context.emit("compare", { a, b });
  }

  function flip() {
    asMatrix = !asMatrix;
    toggle.setAttribute("aria-pressed", asMatrix);
    grid.hidden = asMatrix;
    matrix.el.hidden = !asMatrix;
    refresh();
  }

  function drawTotals() {
    const { states, medals, sums } = totalsText(data.totals || {}), given = data.attempts.length;
    const now = JSON.stringify([states, medals, sums, given]);
    if (totals.key === now) return;
    totals.key = now;
    totals.replaceChildren(h("b", {}, data.name || "Experiment"), h("span", {}, ...states.map(([sign, n, name]) => h("span", { class: `mv-state-${name}` }, `${sign} ${n} ${name}`))),
      h("span", {}, ...medals.map(([name, n]) => h("span", { title: `${n} ${name}` }, h("i", { class: `mv-square mv-square-${name}` }, name[0].toUpperCase()), ` ${n}`))),
      h("span", { class: "mv-sums" }, sums.join(" \u00b7 ")));
  }

  function drawActions() {
    compare.disabled = picked.size !== 2;
    setText(compare, picked.size ? `Compare (${picked.size} of 2)` : "Compare");
    const running = data.attempts.filter((a) => LIVE_STATES.has(a.state)).length;
    const { states = {}, n = 0 } = data.totals || {};
    const left = n > (states.graded || 0) + (states.broken || 0);
    const now = JSON.stringify([data.actions, data.stopping, data.dispatching, left, running > 0, sure === "all", sure === "all" && running]);
    if (stopAll.key === now) return;
    stopAll.key = now;
    clear(stopAll);
    if (!data.actions) return;
    if (sure === "all") {
      stopAll.append(h("span", {}, `Stop ${plural(running, "attempt")}?`), h("button", { type: "button", class: "mv-danger", onclick: () => act("stop", { attempt: null }) }, "Stop"),
        h("button", { type: "button", onclick: () => ask(null) }, "Keep"));
      return;
    }
    const stop = h("button", { type: "button", disabled: !running || data.stopping, onclick: () => ask("all") }, data.stopping ? "Stopping\u2026" : "Stop all");
    const resume = h("button", { type: "button", disabled: !left || (data.dispatching === true && !data.stopping), title: "Go on with what is not finished", onclick: () => act("resume", {}) }, "Resume");
    stopAll.append(stop, resume);
  }

  // The second click within a few seconds confirms.
  function stopOne(ref) {
    if (sure === ref) act("stop", { attempt: ref });
    else ask(ref);
  }

  const forget = debounce(() => ask(null), 5000);
  function ask(what) {
    sure = what;
    if (what) forget(); else forget.cancel();
    drawActions();
    list.redraw();
  }

  async function act(op, args) {
    ask(null);
    setText(trouble, "");
    try { await context.source.request(op, args); } catch (error) { setText(trouble, error.message); }
  }

  return { el, update, select() {}, focus: () => list.el.focus(), destroy() { typed.cancel(); forget.cancel(); painter.stop(); list.destroy(); } };
}

// One attempt: its header, its panes, and the selection that links them.

import { button, clear, append, fmtBytes, fmtScore, fmtTime, h, setText } from "./dom.js";
import { makeBudget } from "./budget.js";
import { makeChart } from "./chart.js";
import { makeDetail } from "./detail.js";
import { makeTranscript } from "./transcript.js";
import { makeTree } from "./tree.js";

const RUNNING = new Set(["running", "stopping"]);

export function makeAttempt(outer) {
  const context = { ...outer, emit };
  const head = makeHead(context);
  const panes = {
    tree: makeTree(context), chart: makeChart(context), budget: makeBudget(context),
    transcript: makeTranscript(context), detail: makeDetail(context),
  };
  const overview = h("div", { class: "mlev-overview" },
    slot("tree", panes.tree.el), slot("chart", panes.chart.el));
  const lower = h("div", { class: "mlev-lower", dataset: { open: "no" } },
    panes.transcript.el, panes.detail.el);
  const el = h("div", { class: "mlev-attempt", onkeydown: keys },
    head.el, overview, slot("budget", panes.budget.el), lower);
  let T = null;
  let selection = { node: null, seq: null };
  let reloading = false;

  function slot(name, child) {
    return h("div", { class: `mlev-slot mlev-slot-${name}` }, child);
  }

  function emit(name, value) {
    if (name === "select") select(value);
    else if (name === "filter") panes.transcript.filterNode(value.node ?? null);
    else if (name === "annotations") update({ ...T, annotations: value }, { annotations: value });
    else if (name === "overview") setOverview(value);
    else outer.emit(name, value);
  }

  function select(to) {
    selection = { node: to.node ?? null, seq: to.seq ?? null, how: to.how };
    lower.dataset.open = selection.node !== null || selection.seq !== null ? "yes" : "no";
    for (const pane of Object.values(panes)) pane.select(selection);
    if (to.how === "open") panes.detail.focus();
  }

  function setOverview(on) {
    overview.hidden = !on;
  }

  function keys(event) {
    if (event.key !== "Escape" || event.target.matches("input, textarea")) return;
    event.preventDefault();
    if (selection.node === null && selection.seq === null) { outer.emit("back"); return; }
    select({ node: null, seq: null });
    panes.transcript.focus();
  }

  function update(summary, push) {
    // A linear trace has no tree and no scores: all room is for what was said.
    if (!T && !summary.reading && !summary.nodes.length && !summary.chart.tests.length && !RUNNING.has(summary.header.state)) head.fold();
    T = summary;
    if (!push) reloading = false;
    context.state.T = T;
    head.update(T);
    for (const pane of Object.values(panes)) pane.update(T, push);
  }

  return {
    el,
    update,
    /** Apply a push of this trace to what is known, then show it. */
    push(message) {
      if (!T || reloading) return;
      // Batches are missing after a sleep of the browser; and a log that has become
      // shorter is another one: a new try, or a new file.
      if (message.serial !== T.serial + 1 || message.total < T.total) {
        reloading = true;
        outer.emit("reload", { ref: outer.ref });
      } else update(mergeTrace(T, message), message);
    },
    select,
    focus: () => panes.transcript.focus(),
    destroy() {
      head.destroy();
      for (const pane of Object.values(panes)) pane.destroy();
    },
  };
}

/** The summary after a push: changed nodes replace those of their number. */
export function mergeTrace(T, push) {
  const next = { ...T };
  for (const key of ["serial", "total", "chart", "budget", "kinds", "header", "reading", "annotations", "problems", "problem_list"]) {
    if (push[key] !== undefined && (push[key] !== null || key === "reading")) next[key] = push[key];
  }
  if (push.nodes && push.nodes.length) {
    const byNumber = new Map(T.nodes.map((node) => [node.n, node]));
    push.nodes.forEach((node) => byNumber.set(node.n, node));
    next.nodes = [...byNumber.values()].sort((a, b) => a.n - b.n);
  }
  return next;
}

function makeHead(context) {
  const title = h("div", { class: "mlev-top-title" });
  const facts = h("div", { class: "mlev-top-facts" });
  const clock = h("span", { class: "mlev-clock", title: "Time since the start, and the limit" });
  const live = h("span", { class: "mlev-sr", role: "status", "aria-live": "polite" });
  const notes = button("Notes", { class: "mlev-btn", title: "Facts, problems and notes of this attempt" },
    () => context.emit("select", { node: null, seq: null }));
  const fold = button("Overview", { class: "mlev-btn", "aria-pressed": "true", title: "Show or hide tree and chart" }, () => {
    const on = fold.getAttribute("aria-pressed") !== "true";
    setFold(on);
  });
  const setFold = (on) => { fold.setAttribute("aria-pressed", on); context.emit("overview", on); };
  const experiment = context.state.hello.view === "experiment";
  const back = experiment && button("\u2039 Experiment", { class: "mlev-btn mlev-back", title: "Back to all attempts (Esc)" },
    () => context.emit("back"));
  const stop = stopButton(context);
  const el = h("header", { class: "mlev-top" }, back, title, facts, clock, stop, fold, notes, live);
  let T = null;
  let at = 0;
  let key = "";
  // The clock of a running attempt goes on between two pushes.
  const timer = setInterval(tick, 1000);

  function tick() {
    if (!T) return;
    const more = RUNNING.has(T.header.state) && context.source.live ? (performance.now() - at) / 1000 : 0;
    const limit = T.budget.limit_s ?? T.header.limit_s;
    const elapsed = (T.budget.elapsed_s ?? 0) + Math.min(more, 600);
    setText(clock, limit ? `${fmtTime(elapsed)} of ${fmtTime(limit)}` : fmtTime(elapsed));
  }

  function draw() {
    const it = T.header;
    title.title = `${it.title || it.competition}, ${it.agent}, seed ${it.seed}`;
    clear(title);
    append(title, [h("strong", null, it.title || it.competition),
      h("span", { class: "mlev-dim" }, [it.agent, `seed ${it.seed}`].filter(Boolean).join(" \u00b7 "))]);
    const state = it.status && !RUNNING.has(it.state) ? `${it.state}, ${it.status}` : it.state;
    clear(facts);
    append(facts, [
      h("span", { class: "mlev-state", dataset: { state: it.state }, title: it.reason || null }, state),
      T.reading && h("span", { class: "mlev-dim" }, `reading ${share(T.reading)} of ${fmtBytes(T.reading.of)}`),
      it.score !== null && it.score !== undefined && h("span", { class: "mlev-tab-num" }, `test ${fmtScore(it.score)}`),
      it.medal && h("span", { class: "mlev-medal", dataset: { medal: it.medal } }, it.medal),
    ]);
    setText(live, `${it.title || it.competition}: ${state}${it.medal ? `, ${it.medal} medal` : ""}`);
    stop.hidden = !context.state.actions || it.state !== "running";
    const n = T.annotations.length;
    setText(notes, n ? `Notes ${n}` : "Notes");
  }

  return {
    el,
    update(summary) {
      T = summary;
      at = performance.now();
      const now = JSON.stringify([T.header, T.reading, T.annotations.length]);
      if (now !== key) draw();
      key = now;
      tick();
    },
    fold: () => setFold(false),
    destroy: () => clearInterval(timer),
  };
}

/** Stopping ends hours of work, so it asks once more on the button itself. */
function stopButton(context) {
  const calm = () => { one.sure = false; setText(one, "Stop"); };
  const one = button("Stop", { class: "mlev-btn", hidden: true, title: "Stop this attempt; what it has found is kept" }, async () => {
    clearTimeout(one.timer);
    if (!one.sure) {
      one.sure = true;
      setText(one, "Stop it?");
      one.timer = setTimeout(calm, 4000);
      return;
    }
    calm();
    try {
      await context.source.request("stop", { attempt: context.ref });
    } catch (error) {
      context.emit("trouble", error);
    }
  });
  return one;
}

function share({ done, of }) {
  return `${of > 0 ? Math.floor((100 * done) / of) : 0} %`;
}

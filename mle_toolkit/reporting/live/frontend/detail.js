// The detail pane: an event with its parts, a node with its program, or the attempt.

import { makeAnnotate, notesList } from "./annotate.js";
import { kindMark, kindNames } from "./bar.js";
import { append, button, clear, debounce, fmtBytes, fmtDuration, fmtGain, fmtInt, fmtScore, fmtTime, fmtUsd, h } from "./dom.js";
import { diffView } from "./diff.js";
import { copyButton, localText, longText } from "./longtext.js";

const TABS = ["Plan", "Code", "Diff to parent", "Output", "Events"];
const KEPT = 30;

export function makeDetail(context) {
  const { source, ref } = context;
  const head = h("header", { class: "mlev-detail-head" });
  const tabs = h("div", { class: "mlev-tabs", role: "tablist", hidden: true });
  const body = h("div", { class: "mlev-detail-body", tabindex: "0" });
  const notes = makeAnnotate(context);
  const foot = h("footer", { class: "mlev-detail-foot" }, notes.el);
  const el = h("section", { class: "mlev-detail", "aria-label": "Details" }, head, tabs, body, foot);
  const events = new Map();
  let summary = null;
  let shown = { kind: "attempt", n: null };
  let node = null; // the details of the node that is shown
  let tab = "Code";
  let turn = 0; // answers to an earlier selection are dropped
  let drawnFor = "";
  let missed = false; // what was asked for last did not come

  const nodeRow = (n) => summary && summary.nodes.find((one) => one.n === n);
  const failed = (error) => context.emit("trouble", error);
  const load = debounce(loadNow, 50);

  async function loadNow() {
    turn += 1;
    const mine = turn;
    const now = shown;
    missed = false;
    try {
      if (now.kind === "event") {
        const event = events.get(now.n) || await source.request("event", { attempt: ref, seq: now.n });
        keepEvent(now.n, event);
        if (mine === turn) drawEvent(event);
      } else if (now.kind === "node") {
        const found = await source.request("node", { attempt: ref, n: now.n });
        if (mine !== turn) return;
        node = found;
        drawNode();
      }
    } catch (error) {
      if (mine !== turn) return;
      tabs.hidden = true;
      setHead(h("strong", null, `${now.kind} ${now.kind === "event" ? "#" : ""}${now.n}`));
      body.replaceChildren(h("p", { class: "mlev-dim" }, `Not shown: ${error.message}.`));
      missed = true;
      failed(error);
    }
  }

  function keepEvent(seq, event) {
    events.set(seq, event);
    if (events.size > KEPT) events.delete(events.keys().next().value);
  }

  function setHead(...children) {
    clear(head);
    append(head, [children, shown.kind !== "attempt" && button("\u00d7", {
      class: "mlev-btn mlev-close", title: "Close (Esc)", "aria-label": "Close the details",
    }, () => context.emit("select", { node: null, seq: null }))]);
  }

  function drawAttempt() {
    tabs.hidden = true;
    setHead(h("strong", null, "This attempt"));
    // Notes on the attempt itself stand below, where they can be changed.
    const elsewhere = summary.annotations.filter((note) => note.target.kind !== "attempt");
    body.replaceChildren(attemptFacts(summary), problemList(summary),
      elsewhere.length ? h("h4", { class: "mlev-title" }, "Notes on nodes and events") : "",
      elsewhere.length === 0 ? "" : notesList(elsewhere, (target) => context.emit("select", target.kind === "node"
        ? { node: target.n, seq: null } : { node: null, seq: target.n })));
  }

  function drawEvent(event) {
    tabs.hidden = true;
    const chip = event.n !== null && event.n !== undefined
      && button(`node ${event.n}`, { class: "mlev-link", title: "Show this node" },
        () => context.emit("select", { node: event.n, seq: null }));
    setHead(kindMark(event.k), h("strong", null, kindNames(event.k)[1]), chip,
      h("span", { class: "mlev-dim mlev-tab-num", title: event.time || "" }, `#${event.q} at ${fmtTime(event.t)}`));
    body.replaceChildren(...event.parts.map((part) => partView(part, event.q)));
    if (!event.parts.length) body.append(h("p", { class: "mlev-dim" }, "This event carries no text."));
    body.scrollTop = 0;
  }

  function partView(part, seq) {
    const getPiece = part.field ? (from, to) => source.request("text", { attempt: ref, seq, field: part.field, from, to }) : null;
    return section(part.title || part.role, { ...part, getPiece: part.size > (part.end ?? part.text.length) ? getPiece : null, failed });
  }

  function drawNode() {
    const row = nodeRow(node.n) || { n: node.n };
    const parent = row.p !== null && row.p !== undefined && button(`from node ${row.p}`, { class: "mlev-link" },
      () => context.emit("select", { node: row.p, seq: null }));
    const best = bestNode();
    setHead(h("strong", null, `Node ${row.n}`), h("span", { class: "mlev-dim" }, row.s || ""), parent,
      best && best.n !== row.n && button("Compare with best", { class: "mlev-btn", title: `Beside node ${best.n}` },
        () => context.emit("compare", { a: { ref, node: row.n }, b: { ref, node: best.n } })));
    drawTabs();
    drawTab();
    drawnFor = rowKey(row);
  }

  /** `best` marks each node that was the best in its time; the last one still is. */
  function bestNode() {
    return summary.nodes.reduce((best, one) => (one.best ? one : best), null);
  }

  /** What a node's view depends on besides its own details. */
  function rowKey(row) {
    return row ? [row.n, row.m, row.bug, row.test, row.medal, row.k, row.d, row.chosen, bestNode() === row].join() : "";
  }

  function drawTabs() {
    tabs.hidden = false;
    const items = TABS.map((name) => button(name, {
      class: "mlev-tab", role: "tab", "aria-selected": name === tab, tabindex: name === tab ? "0" : "-1",
      disabled: name === "Diff to parent" && !node.parent, onkeydown: tabKey,
    }, () => openTab(name)));
    tabs.replaceChildren(...items);
  }

  function tabKey(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const usable = TABS.filter((name) => name !== "Diff to parent" || node.parent);
    openTab(usable[(usable.indexOf(tab) + step + usable.length) % usable.length]);
    tabs.querySelector("[aria-selected=true]").focus();
  }

  function openTab(name) {
    tab = name;
    drawTabs();
    drawTab();
  }

  function drawTab() {
    const name = tab === "Diff to parent" && !node.parent ? "Code" : tab;
    const row = nodeRow(node.n) || {};
    const draws = {
      Plan: () => [
        section("Plan", { text: node.plan || "", lang: "markdown", role: "plan" }),
        node.summary && section("Review", { text: node.summary, lang: "markdown", role: "text" }),
        ...(node.parts || []).map((part) => partView(part, row.last)),
      ],
      Code: () => [section("Program", { text: node.code || "", size: node.code_size, lang: "python", role: "code", local: true })],
      "Diff to parent": () => [diffView(node.parent.code || "", node.code || "", `node ${node.parent.n}`, `node ${node.n}`)],
      Output: () => [section("Output", { text: node.output || "", size: node.output_size, lang: "text", role: "output", local: true })],
      Events: () => [nodeEvents(node.n)],
    };
    clear(body);
    append(body, [nodeFacts(row, node, summary.header.lower, bestNode() === row), draws[name]()]);
    body.scrollTop = 0;
  }

  function nodeEvents(n) {
    const rows = h("div", { class: "mlev-small-rows" });
    const only = button("Only these in the transcript", { class: "mlev-btn" }, () => context.emit("filter", { node: n }));
    const query = { kinds: [], text: "", node: n };
    source.request("rows", { attempt: ref, query, from: 0, to: 200 }).then((answer) => {
      append(rows, answer.rows.map((row) => button("", { class: "mlev-small-row" }, () =>
        context.emit("select", { node: n, seq: row.q }))));
      answer.rows.forEach((row, i) => append(rows.children[i], [
        h("span", { class: "mlev-row-time" }, fmtTime(row.t)), kindMark(row.k),
        h("span", { class: "mlev-row-head" }, row.h), h("span", { class: "mlev-row-took" }, fmtDuration(row.d))]));
      if (answer.total > answer.rows.length) rows.append(h("p", { class: "mlev-dim" }, `and ${fmtInt(answer.total - answer.rows.length)} more`));
    }).catch(failed);
    return h("div", null, h("div", { class: "mlev-bar-line" }, only), rows);
  }

  return {
    el,
    update(T, push) {
      summary = T;
      notes.update(T);
      // A whole summary means that the kernel is back.
      if (missed && !push) load();
      const key = JSON.stringify([T.header, T.problems, T.annotations.length, T.nodes.length, T.total > 0]);
      if (shown.kind === "attempt" && (key !== drawnFor || T.annotations !== el.notes)) {
        drawAttempt();
        drawnFor = key;
        el.notes = T.annotations;
      }
      if (shown.kind === "node" && node && node.n === shown.n && rowKey(nodeRow(node.n)) !== drawnFor) {
        drawnFor = rowKey(nodeRow(node.n));
        load();
      }
    },
    select(to) {
      const target = to.seq !== null && to.seq !== undefined ? { kind: "event", n: to.seq }
        : to.node !== null && to.node !== undefined ? { kind: "node", n: to.node } : { kind: "attempt", n: null };
      if (target.kind === shown.kind && target.n === shown.n) return;
      shown = target;
      drawnFor = "";
      turn += 1;
      notes.setTarget(target);
      if (target.kind === "attempt") { if (summary) drawAttempt(); } else load();
    },
    focus: () => body.focus(),
    destroy() { load.cancel(); notes.destroy(); },
  };
}

/** A titled text: folded when it says so, with its size and a way to copy it. */
function section(title, part) {
  const { text, size = text.length, folded, error, local } = part;
  const box = h("details", { class: `mlev-part${error ? " is-error" : ""}`, open: !folded });
  const fill = () => {
    if (box.filled) return;
    box.filled = true;
    box.append(local ? localText(part) : longText(part));
  };
  box.append(h("summary", null, h("span", { class: "mlev-title" }, title),
    h("span", { class: "mlev-dim mlev-tab-num" }, text ? `${fmtInt(size)} characters` : "empty"),
    text && copyButton({ text, end: part.end, size, getPiece: part.getPiece })));
  if (text) {
    // The text of a folded part is made when it is opened.
    box.addEventListener("toggle", () => { if (box.open) fill(); });
    if (!folded) fill();
  }
  return box;
}

function fact(name, value, title) {
  return value === null || value === undefined || value === "" || value === false ? null
    : h("div", { class: "mlev-fact", title: title || null }, h("dt", null, name), h("dd", null, value));
}

function medalView(name) {
  return name && h("span", { class: "mlev-medal", dataset: { medal: name } }, name);
}

function nodeFacts(row, node, lower, isBest) {
  const state = row.bug === null || row.bug === undefined ? "running" : row.bug ? "buggy" : "ran";
  const why = row.why || node.why;
  return h("dl", { class: "mlev-facts" },
    fact("state", h("span", { class: "mlev-state", dataset: { state } }, state)),
    fact("validation", fmtScore(row.m), lower === null ? "" : lower ? "lower is better" : "higher is better"),
    fact("gain", row.gain === null || row.gain === undefined ? null : fmtGain(row.gain), "over its parent; positive is better"),
    fact("test", row.test === null || row.test === undefined ? null : fmtScore(row.test)),
    fact("medal", medalView(row.medal)),
    fact("ran", fmtDuration(row.d)), fact("tokens", row.tok ? fmtInt(row.tok) : null),
    fact("cost", row.usd ? fmtUsd(row.usd) : null),
    row.best && fact("", isBest ? "best so far" : "best at its time"), row.chosen && fact("", "handed in"),
    why && h("p", { class: "mlev-why" }, why));
}

function attemptFacts(T) {
  const it = T.header;
  const direction = it.lower === null || it.lower === undefined ? "" : it.lower ? ", lower is better" : ", higher is better";
  return h("dl", { class: "mlev-facts is-table" },
    fact("competition", it.title || it.competition), fact("agent", it.agent), fact("model", it.model),
    fact("seed", fmtInt(it.seed)), fact("metric", it.metric && it.metric + direction),
    fact("state", it.state), fact("status", it.status), fact("reason", it.reason),
    fact("test score", it.score === null || it.score === undefined ? null : fmtScore(it.score)), fact("medal", medalView(it.medal)),
    fact("percentile", it.percentile === null || it.percentile === undefined ? null : fmtScore(it.percentile)),
    fact("started", it.started && it.started.slice(0, 19).replace("T", " ")),
    fact("time limit", it.limit_s && fmtTime(it.limit_s)), fact("steps", it.steps && fmtInt(it.steps)),
    fact("imported from", it.imported), fact("nodes", fmtInt(T.nodes.length)),
    fact("log", T.reading ? `read ${fmtBytes(T.reading.done)} of ${fmtBytes(T.reading.of)}` : null));
}

function problemList(T) {
  if (!T.problems) return "";
  const more = T.problems - T.problem_list.length;
  return h("details", { class: "mlev-part is-error" },
    h("summary", null, h("span", { class: "mlev-title" }, `${fmtInt(T.problems)} problems in the log`)),
    h("ul", { class: "mlev-problems" }, T.problem_list.map((text) => h("li", null, text)),
      more > 0 && h("li", { class: "mlev-dim" }, `and ${fmtInt(more)} more`)));
}

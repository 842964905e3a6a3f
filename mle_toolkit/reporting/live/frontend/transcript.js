// The transcript: every event one line; follow, filter, find, jump.

import { kindNames, makeBar } from "./bar.js";
import { button, debounce, fmtCount, fmtDuration, fmtTime, h, setText, throttle } from "./dom.js";
import { makeList, makePages } from "./rows.js";

const ROW = 24;
const STALE_MS = 300;

export function makeTranscript(context) {
  const { source, ref } = context;
  const query = { kinds: [], text: "", node: null };
  let total = 0; // rows of the query
  let all = 0; // events of the trace
  let scanning = false;
  let summary = null;
  let noted = new Set();
  let selection = { node: null, seq: null };
  let seenAtFollow = 0;
  let find = "";
  let begun = false;
  let pending = null; // a row that was chosen before it was loaded

  const load = (from, to) => source.request("rows", { attempt: ref, query: { ...query }, from, to });
  const pages = makePages(load, answered);
  const list = makeList({
    height: ROW, label: "Events", make: makeRow, draw: drawRow,
    need: (first, end) => pages.want(first, Math.min(end, list.total)),
    onSelect: chosen, onOpen: (index) => { chosen(index, "open"); },
    onFollow: followed,
  });
  const bar = makeBar({
    onText: debounce(searched, 250), onKinds: kindsChosen, onNode: nodeToggled, onMode: modeChosen,
    onFollow: (on) => { list.setFollow(on); followed(on); }, onStep: step, onJump: jump,
    onLeave: () => list.el.focus(),
  });
  const nothing = h("div", { class: "mlev-nothing", hidden: true });
  const fresh = button("", { class: "mlev-fresh", hidden: true, title: "Go to the newest event" }, () => {
    list.setFollow(true);
    followed(true);
    list.el.focus();
  });
  const el = h("section", { class: "mlev-transcript", "aria-label": "Transcript", onkeydown: keys },
    bar.el, h("div", { class: "mlev-listbox" }, list.el, nothing, fresh));
  const stale = throttle(() => pages.refresh(Math.max(0, total - 1)), STALE_MS);

  const filtered = () => query.kinds.length > 0 || query.text !== "" || query.node !== null;

  function setTotal(n) {
    total = n;
    list.setTotal(n);
    bar.setCount(n, all, filtered(), scanning);
    const text = scanning ? "Scanning ..." : filtered() ? "No event matches." : "No events yet.";
    setText(nothing, text);
    nothing.hidden = n > 0;
    const news = list.following ? 0 : all - seenAtFollow;
    fresh.hidden = news <= 0 || !list.following && all === seenAtFollow;
    if (!fresh.hidden) setText(fresh, `${fmtCount(news)} new \u2193`);
  }

  function answered(answer, error) {
    if (error) {
      context.emit("trouble", error);
      setTimeout(list.redraw, 2100);
      return;
    }
    scanning = Boolean(answer.scanning);
    if (!filtered()) all = Math.max(all, answer.total);
    setTotal(filtered() ? answer.total : all);
    list.redraw();
    if (pending && pending.index === list.chosen) chosen(pending.index, pending.how);
    if (scanning) stale();
  }

  /** The query changed: its rows are others, the selected event may be elsewhere. */
  function restart() {
    pages.reset();
    scanning = false;
    if (!filtered()) setTotal(all);
    list.choose(-1);
    if (!list.following) list.toStart();
    pages.refresh(0);
    if (selection.seq !== null) reveal(selection.seq, true);
  }

  function begin(T) {
    begun = true;
    const running = ["running", "stopping"].includes(T.header.state);
    list.setFollow(running);
    bar.setFollow(running);
    restart();
  }

  /** The kernel is back: rows may be others, but the reader stays where they are. */
  function again() {
    pages.reset();
    setTotal(filtered() ? total : all);
    list.redraw();
    stale();
  }

  async function locate(seq, of = query) {
    const { index } = await source.request("locate", { attempt: ref, query: { ...of }, seq });
    return index;
  }

  /** Scroll to an event; in a filtered list only if it is part of it. */
  async function reveal(seq, only = false) {
    try {
      const index = await locate(seq);
      const row = await rowAt(query, index);
      if (!row || (only && row.q !== seq)) return;
      if (index >= list.total) setTotal(index + 1);
      list.choose(row.q === seq ? index : -1);
      list.setFollow(list.following && index === list.total - 1);
      followed(list.following);
      list.reveal(index, true);
    } catch (error) {
      context.emit("trouble", error);
    }
  }

  async function rowAt(of, index) {
    const ready = of === query ? pages.get(index) : null;
    if (ready) return ready;
    if (index < 0) return null;
    const args = { attempt: ref, query: { ...of }, from: index, to: index + 1 };
    return (await source.request("rows", args)).rows[0] || null;
  }

  function chosen(index, how) {
    const row = pages.get(index);
    pending = row ? null : { index, how };
    if (!row) return;
    selection = { node: row.n, seq: row.q };
    list.redraw();
    context.emit("select", { node: row.n, seq: row.q, how });
    bar.setNode(row.n, query.node);
  }

  function followed(on) {
    bar.setFollow(on);
    seenAtFollow = all;
    setTotal(total);
  }

  function searched(text) {
    find = text.trim();
    if (bar.onlyMatches()) {
      if (query.text === find) return;
      query.text = find;
      restart();
    } else if (find) step(1, true);
  }

  function modeChosen() {
    query.text = bar.onlyMatches() ? find : "";
    restart();
  }

  function kindsChosen(kinds) {
    query.kinds = kinds;
    restart();
  }

  function nodeToggled(node) {
    query.node = node;
    bar.setNode(node ?? selection.node, node);
    restart();
  }

  /** Enter in the search field: to the next (1) or previous (-1) match. */
  async function step(direction, stay = false) {
    if (bar.onlyMatches()) {
      if (total) list.el.focus();
      const index = Math.min(total - 1, Math.max(0, list.chosen + direction));
      if (total) { list.choose(index); list.reveal(index); chosen(index, "key"); }
      return;
    }
    if (!find) return;
    bar.setFound("Searching ...");
    const matches = { ...query, text: find };
    try {
      const seq = selection.seq ?? 0;
      const at = await locate(direction > 0 ? seq + (stay ? 0 : 1) : seq, matches);
      const row = await rowAt(matches, direction > 0 ? at : at - 1);
      bar.setFound(row ? "" : direction > 0 ? "No match below." : "No match above.");
      if (!row) return;
      context.emit("select", { node: row.n, seq: row.q });
    } catch (error) {
      bar.setFound("");
      context.emit("trouble", error);
    }
  }

  /** To a row number ("120") or a time ("1:05:00", "90 s"). */
  async function jump(text) {
    const time = parseTime(text);
    let index = Number.parseInt(text.replace(/[,#\s]/g, ""), 10) - 1;
    try {
      if (time !== null) index = await firstAt(time);
      if (!Number.isFinite(index)) { bar.setFound("A row (120) or a time (1:05:00)."); return; }
      index = Math.min(total - 1, Math.max(0, index));
      const row = await rowAt(query, index);
      if (row) { pages.put(index, [row]); list.setFollow(false); followed(false); list.choose(index); list.reveal(index, true); chosen(index, "key"); }
      list.el.focus();
    } catch (error) {
      context.emit("trouble", error);
    }
  }

  /** Rows are in the order of time: halve the range until one is left. */
  async function firstAt(time) {
    let low = 0;
    let high = total;
    while (low < high) {
      const middle = (low + high) >> 1;
      const row = await rowAt(query, middle);
      if (row && row.t < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function keys(event) {
    if (event.target.matches("input, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") bar.focusSearch();
    else if (event.key === "g") bar.askJump();
    else if (event.key === "f") { list.setFollow(!list.following); followed(list.following); }
    else return;
    event.preventDefault();
  }

  function drawRow(el_, index) {
    const row = pages.get(index);
    const mine = row && selection.node !== null && row.n === selection.node;
    el_.classList.toggle("is-node", Boolean(mine));
    const mark = row && noted.has(row.q);
    if (el_.row === row && el_.index === index && el_.mark === mark) return;
    Object.assign(el_, { row, index, mark });
    fillRow(el_, row, mark);
  }

  return {
    el,
    update(T, push) {
      summary = T;
      if (!push) {
        all = T.total;
        seenAtFollow = all;
        if (begun) again(); else begin(T);
      }
      bar.setKinds(T.kinds, query.kinds);
      noted = new Set(T.annotations.filter((a) => a.target.kind === "event").map((a) => a.target.n));
      const grown = T.total > all;
      all = Math.max(all, T.total);
      if (push && push.tail && !filtered()) pages.put(push.tail.from, push.tail.rows);
      if (list.following) seenAtFollow = all;
      if (filtered()) { if (grown) stale(); setTotal(total); } else setTotal(all);
    },
    select(to) {
      const moved = to.seq !== selection.seq;
      selection = { node: to.node ?? null, seq: to.seq ?? null };
      bar.setNode(selection.node, query.node);
      list.redraw();
      if (to.how) return; // it came from here
      if (selection.seq !== null && moved) reveal(selection.seq);
      else if (selection.seq === null) {
        list.choose(-1);
        const node = summary && selection.node !== null && summary.nodes.find((n) => n.n === selection.node);
        if (node && query.node === null) reveal(node.first);
      }
    },
    /** Show only the events of a node; null: of all. */
    filterNode: nodeToggled,
    focus: () => list.el.focus(),
    destroy() { list.destroy(); stale.cancel(); },
  };
}

function makeRow() {
  return h("div", { class: "mlev-row" },
    h("span", { class: "mlev-row-time" }), h("span", { class: "mlev-kind" }),
    h("span", { class: "mlev-row-kind" }), h("span", { class: "mlev-row-node" }),
    h("span", { class: "mlev-row-head" }), h("span", { class: "mlev-row-note" }),
    h("span", { class: "mlev-row-took" }));
}

function fillRow(el, row, mark) {
  const [time, kind, name, node, head, note, took] = el.children;
  el.classList.toggle("is-loading", !row);
  el.classList.toggle("is-error", Boolean(row && row.e));
  const [letter, word] = row ? kindNames(row.k) : ["", ""];
  setText(time, row ? fmtTime(row.t) : "");
  kind.dataset.kind = row ? (row.e ? "error" : row.k) : "";
  setText(kind, letter);
  setText(name, word);
  setText(node, row && row.n !== null && row.n !== undefined ? String(row.n) : "");
  setText(head, row ? errorText(row) : "");
  setText(note, mark ? "\u25c6" : "");
  setText(took, row ? fmtDuration(row.d) : "");
}

/** An error says that it is one in words too, unless its own words do. */
function errorText({ e, h: words }) {
  return !e || /^\s*error\b|buggy|^not valid|broken/i.test(words) ? words : `Error: ${words}`;
}

/** Seconds of "1:05:00", "12:30", "90s", "5m" or "1.5h"; null for anything else. */
export function parseTime(text) {
  const clock = text.trim().match(/^(?:(\d+):)?(\d+):(\d{1,2})$/);
  if (clock) return Number(clock[1] || 0) * 3600 + Number(clock[2]) * 60 + Number(clock[3]);
  const unit = text.trim().match(/^([\d.]+)\s*(s|m|min|h)$/);
  if (!unit) return null;
  return Number(unit[1]) * { s: 1, m: 60, min: 60, h: 3600 }[unit[2]];
}

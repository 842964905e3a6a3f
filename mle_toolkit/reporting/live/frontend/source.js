// Where data come from: a kernel behind a widget, or a page that carries them.

const ANSWER_MS = 10000;
// The kernel sends a sign of life every few seconds.
const ALIVE_MS = 9000;
const NO_KERNEL = "the kernel does not answer";
const SAVED_PAGE = "this is a saved page";

/**
 * Requests to the kernel through an anywidget model, and its pushes.
 *
 * Several views may share one model: ids begin with the name of the view, so that
 * answers find it and the kernel knows who looks at what.
 */
export function widgetSource(model) {
  const name = Math.random().toString(36).slice(2, 10);
  const waiting = new Map();
  const listeners = new Set();
  let count = 0;
  let heard = -Infinity;

  function receive(message) {
    if (!message || typeof message !== "object") return;
    heard = performance.now();
    if (message.push) listeners.forEach((fn) => fn(message));
    const one = waiting.get(message.re);
    if (!one) return;
    waiting.delete(message.re);
    clearTimeout(one.timer);
    if (message.ok) one.resolve(message.result);
    else one.reject(new Error(message.error || "the kernel could not do it"));
  }

  /** Ask; `busy()` is called when the kernel lives but does not answer for a while. */
  function request(op, args = {}, wait = ANSWER_MS, busy = () => {}) {
    count += 1;
    const id = `${name}-${count}`;
    return new Promise((resolve, reject) => {
      const give = () => { waiting.delete(id); reject(silence()); };
      // A kernel that still sends is busy with a cell: it will answer, in its time.
      const lapse = () => {
        if (performance.now() - heard > ALIVE_MS) { give(); return; }
        busy();
        waiting.get(id).timer = setTimeout(lapse, ANSWER_MS);
      };
      waiting.set(id, { resolve, reject, timer: setTimeout(lapse, wait) });
      try {
        model.send({ id, op, ...args });
      } catch {
        clearTimeout(waiting.get(id).timer);
        give();
      }
    });
  }

  model.on("msg:custom", receive);
  return {
    live: true,
    request,
    listen: (fn) => { listeners.add(fn); return () => listeners.delete(fn); },
    close() {
      model.off("msg:custom", receive);
      waiting.forEach((one) => clearTimeout(one.timer));
      waiting.clear();
      listeners.clear();
    },
  };
}

/** The error of a kernel that is gone, busy or restarted; `silent` tells it apart. */
export function silence() {
  return Object.assign(new Error(NO_KERNEL), { silent: true });
}

/**
 * The same answers from data that are embedded in an exported page:
 * {hello, experiment|null, traces: {ref: {summary, rows, events: {seq: event},
 * nodes: {n: node}}}}.
 */
export function pageSource(data) {
  const found = new Map();
  const traceOf = (args) => {
    const trace = (data.traces || {})[args.attempt];
    if (!trace) throw new Error("this attempt is not part of the saved page");
    return trace;
  };
  const filtered = (args) => {
    const key = JSON.stringify([args.attempt, args.query]);
    if (!found.has(key)) {
      if (found.size > 20) found.clear();
      found.set(key, filterRows(traceOf(args), args.query || {}));
    }
    return found.get(key);
  };
  const ops = {
    hello: () => data.hello,
    experiment: () => data.experiment,
    open: (args) => traceOf(args).summary,
    close: () => ({}),
    rows: (args) => {
      const rows = filtered(args);
      const from = Math.max(0, args.from);
      return { rows: rows.slice(from, args.to), from, total: rows.length, scanning: false };
    },
    locate: (args) => ({ index: lowerBound(filtered(args), args.seq) }),
    event: (args) => kept(traceOf(args).events, args.seq, "this event"),
    node: (args) => kept(traceOf(args).nodes, args.n, "this node"),
    text: (args) => pieceOf(kept(traceOf(args).events, args.seq, "this event"), args),
  };
  return {
    live: false,
    request: async (op, args = {}) => {
      if (!ops[op]) throw new Error(SAVED_PAGE);
      return ops[op](args);
    },
    listen: () => () => {},
    close() {},
  };
}

function kept(table, key, what) {
  const value = (table || {})[key];
  if (!value) throw new Error(`the saved page holds no details of ${what}`);
  return value;
}

/** What a saved page has of a long text; it may have been cut when it was saved. */
function pieceOf(event, { field, from, to }) {
  const part = event.parts.find((p) => p.field === field);
  if (!part || from >= part.text.length) throw new Error("the rest is not part of the saved page");
  return { text: part.text.slice(from, to), from, to: Math.min(to, part.text.length), size: part.size };
}

function filterRows(trace, query) {
  const kinds = new Set(query.kinds || []);
  const wanted = (query.text || "").toLowerCase();
  const node = query.node ?? null;
  if (!kinds.size && !wanted && node === null) return trace.rows;
  return trace.rows.filter((row) =>
    (!kinds.size || kinds.has(row.k))
    && (node === null || row.n === node)
    && (!wanted || holds(row, (trace.events || {})[row.q], wanted)));
}

function holds(row, event, wanted) {
  if (row.h.toLowerCase().includes(wanted)) return true;
  return Boolean(event) && event.parts.some((p) => p.text.toLowerCase().includes(wanted));
}

function lowerBound(rows, seq) {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle].q < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

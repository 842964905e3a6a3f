// The view as a whole: it finds its kernel, shows an experiment or an attempt, and
// keeps what it has when the kernel goes away.

import { makeAttempt } from "./attempt.js";
import { makeCompare } from "./compare.js";
import { h, setText } from "./dom.js";
import { makeExperiment } from "./experiment.js";
import { pageSource, silence, widgetSource } from "./source.js";
import { watchTheme } from "./theme.js";

const FIRST_ANSWER_MS = 4000;
const RETRY_MS = 10000;
const GONE = "The kernel does not answer. Run the cell again to attach.";
const BUSY = "The kernel is busy with a cell. What you asked for is shown when it is done.";

/** The entry point for anywidget; called once per view of the model. */
export function render({ model, el }) {
  const token = model.get("token");
  return mount(el, widgetSource(model), { onAnswer: () => hideStatic(token, el) });
}

/** The entry point of an exported page. */
export function mountPage() {
  const data = JSON.parse(document.getElementById("mle-data").textContent);
  return mount(document.getElementById("mle-root"), pageSource(data), { page: true });
}

/**
 * The picture that stands in for a view without a kernel is not needed any more.  A rule
 * hides it, because it is renewed while things change; the rule goes with the view.
 */
function hideStatic(token, el) {
  if (!/^\w+$/.test(String(token)) || el.querySelector(":scope > .mlev-hides")) return;
  const picture = `[data-mle-static="${token}"]`;
  el.append(h("style", { class: "mlev-hides" },
    `${picture}, .jp-OutputArea-child:has(${picture}) { display: none !important; }`));
}

/**
 * Show what `source` offers in the element `el`.
 *
 * @returns {() => void} takes everything down again
 */
export function mount(el, source, { onAnswer = () => {}, page = false } = {}) {
  const stage = h("div", { class: "mlev-stage" }, h("p", { class: "mlev-wait" }, "Connecting ..."));
  const quiet = h("div", { class: "mlev-trouble", role: "status", hidden: true });
  const root = h("div", {
    class: page ? "mlev is-page" : "mlev", "data-lm-suppress-shortcuts": "true",
    // A notebook must not act on keys that are meant for the view.
    onkeydown: (event) => event.stopPropagation(),
  }, stage, quiet);
  el.append(root);
  const unwatch = watchTheme(root);
  const watched = { ...source, request: ask };
  const state = { hello: null, writable: false, actions: false, why: "", tags: [], T: null };
  let pane = null; // {kind, ref, ...the pane}
  let experiment = null; // the data of the grid, pushes merged
  let retry = 0;
  let gone = false;

  async function ask(op, args, wait) {
    try {
      const answer = await source.request(op, args, wait, () => say(BUSY));
      say("");
      return answer;
    } catch (error) {
      if (error.silent) lost();
      throw error;
    }
  }

  function say(text, passing = false) {
    setText(quiet, text);
    quiet.hidden = !text;
    clearTimeout(quiet.timer);
    if (text && passing) quiet.timer = setTimeout(() => say(""), 8000);
  }

  /** What is on the page stays; from time to time somebody knocks. */
  function lost() {
    if (destroyed()) return;
    gone = true;
    say(GONE);
    clearTimeout(retry);
    retry = setTimeout(connect, RETRY_MS);
  }

  const destroyed = () => !root.isConnected && root.done;

  async function connect() {
    clearTimeout(retry);
    if (destroyed()) return;
    try {
      const hello = await Promise.race([source.request("hello", {}, FIRST_ANSWER_MS), late()]);
      const back = gone;
      gone = false;
      say("");
      onAnswer();
      welcome(hello);
      if (back && pane) await pane.reload();
      else if (!pane) await (hello.compare ? showCompare(hello.compare) : showFirst());
    } catch (error) {
      trouble(error);
      if (!error.silent) { clearTimeout(retry); retry = setTimeout(connect, RETRY_MS); }
      else lost();
    }
  }

  function showFirst() {
    return state.hello.view === "trace" ? showAttempt(state.hello.attempt) : showExperiment();
  }

  function late() {
    return new Promise((_, reject) => { setTimeout(() => reject(silence()), FIRST_ANSWER_MS); });
  }

  function welcome(hello) {
    state.hello = hello;
    state.actions = Boolean(hello.actions) && source.live;
    state.writable = Boolean(hello.writable) && source.live;
    state.why = source.live ? "The run folder cannot be written, so notes cannot be kept." : "This is a saved page; notes need a kernel.";
  }

  /** Errors that the kernel reports are said once, quietly. */
  function trouble(error) {
    if (error.silent) lost();
    else say(`${error.message[0].toUpperCase()}${error.message.slice(1)}.`.replace(/\.\.$/, "."), true);
  }

  const contextOf = (ref, more) => ({ source: watched, state, ref, emit, ...more });

  function emit(name, value) {
    if (name === "open") showAttempt(value.ref, value);
    else if (name === "compare") showCompare(value);
    else if (name === "back") goBack();
    else if (name === "reload") paneOf(value.ref)?.reload();
    else if (name === "trouble") trouble(value);
  }

  /** The pane of an attempt, also when a comparison stands before it. */
  function paneOf(ref) {
    let one = pane;
    while (one && !(one.kind === "attempt" && one.ref === ref)) one = one.before;
    return one;
  }

  function put(kind, ref, made, reload) {
    const before = pane;
    pane = { ...made, kind, ref, reload, before: kind === "compare" ? before : null };
    if (before && !pane.before) leave(before);
    present();
  }

  /** A short list needs no tall view; whoever has pulled at its corner knows better. */
  function present() {
    root.dataset.shows = pane.kind;
    root.style.setProperty("--mlev-rows", pane.kind === "experiment" && experiment ? experiment.attempts.length : 99);
    stage.replaceChildren(pane.el);
  }

  function leave(one) {
    if (!one) return;
    leave(one.before);
    one.destroy();
    if (one.kind === "attempt") source.request("close", { attempt: one.ref }).catch(() => {});
  }

  async function showAttempt(ref, to = {}) {
    const made = makeAttempt(contextOf(ref));
    const reload = async () => {
      try {
        const summary = await ask("open", { attempt: ref });
        if (paneOf(ref)?.made === made) made.update(summary, null);
        return true;
      } catch (error) {
        trouble(error);
        return false;
      }
    };
    put("attempt", ref, { ...made, made }, reload);
    if (await reload() && pane && pane.made === made) {
      if (to.node !== null && to.node !== undefined) made.select({ node: to.node, seq: null });
      // Who came by a click goes on with keys; a new cell must not take the focus.
      if (to.ref) made.focus();
    }
  }

  async function showExperiment() {
    const made = makeExperiment(contextOf(null));
    const reload = async () => {
      try {
        experiment = await ask("experiment");
        state.tags = experiment.attempts.flatMap((a) => a.tags || []);
        if (pane && pane.made === made) {
          present();
          made.update(experiment, null);
        }
      } catch (error) {
        trouble(error);
      }
    };
    put("experiment", null, { ...made, made }, reload);
    if (experiment) made.update(experiment, null);
    await reload();
  }

  function showCompare({ a, b }) {
    const made = makeCompare(contextOf(null, { a, b }));
    const asked = Boolean(pane);
    put("compare", null, { ...made, made }, async () => {});
    if (made.update) made.update(null, null);
    if (!asked) return;
    // Keys go to what was asked for: Esc leaves it again.
    made.el.tabIndex = -1;
    made.el.focus();
  }

  /** From a comparison to what was there before; from an attempt to the experiment. */
  function goBack() {
    if (pane.kind === "compare" && pane.before) {
      pane.destroy();
      pane = pane.before;
      present();
    } else if (pane.kind === "compare" || (pane.kind === "attempt" && state.hello.view === "experiment")) showFirst();
  }

  function received(message) {
    if (message.push === "experiment" && experiment) {
      const missed = message.serial !== experiment.serial + 1;
      experiment = mergeExperiment(experiment, message);
      if (pane.kind !== "experiment") return;
      // After a night's sleep of the browser batches are missing: ask for everything.
      if (missed) pane.reload();
      else pane.update(experiment, message);
    } else if (message.push === "trace") {
      for (let one = pane; one; one = one.before) {
        if (one.kind === "attempt" && one.ref === message.attempt) one.push(message);
      }
    }
  }

  const unlisten = source.listen(received);
  connect();
  return () => {
    root.done = true;
    clearTimeout(retry);
    clearTimeout(quiet.timer);
    unlisten();
    unwatch();
    leave(pane);
    source.close();
    root.remove();
  };
}

/** The experiment after a push. */
export function mergeExperiment(data, push) {
  const attempts = [...data.attempts];
  for (const [index, attempt] of push.changed || []) attempts[index] = attempt;
  const next = { ...data, attempts };
  for (const key of ["serial", "totals", "stopping", "dispatching", "reading"]) {
    if (push[key] !== undefined) next[key] = push[key];
  }
  return next;
}

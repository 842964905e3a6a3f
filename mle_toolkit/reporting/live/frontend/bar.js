// The bar above the transcript, and the names of kinds of events.

import { button, clear, fmtCount, fmtInt, h, plural, setText } from "./dom.js";

/** Letter and name of a kind of event; unknown kinds get their own first letter. */
const KINDS = {
  start: ["S", "start"], model: ["M", "model"], tool: ["T", "tool"], exec: ["X", "run"],
  node: ["N", "node"], validation: ["V", "check"], submission: ["U", "submit"],
  limit: ["L", "limit"], note: ["I", "note"], error: ["!", "error"], end: ["E", "end"],
};

export function kindMark(kind) {
  const [letter] = kindNames(kind);
  return h("span", { class: "mlev-kind", dataset: { kind }, "aria-hidden": "true" }, letter);
}

export function kindNames(kind) {
  return KINDS[kind] || [(kind || "?")[0].toUpperCase(), kind || "unknown"];
}

/** The bar above the list: search, kinds, node, follow. */
export function makeBar({ onText, onKinds, onNode, onMode, onFollow, onStep, onJump, onLeave }) {
  const search = h("input", {
    class: "mlev-input mlev-search", type: "search", placeholder: "Search  /", spellcheck: "false",
    "aria-label": "Search the texts of all events",
    oninput: () => { only.hidden = !search.value; onText(search.value); },
    onkeydown: (event) => {
      if (event.key === "Enter") onStep(event.shiftKey ? -1 : 1);
      else if (event.key === "Escape") { if (search.value) { search.value = ""; only.hidden = true; onText(""); } onLeave(); }
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
  });
  const toggle = (text, props, fn) => {
    const one = button(text, { class: "mlev-btn", "aria-pressed": "false", ...props }, () => fn(one));
    return one;
  };
  const flip = (one) => one.setAttribute("aria-pressed", one.getAttribute("aria-pressed") !== "true");
  const only = toggle("Only matches", {
    hidden: true, "aria-pressed": "true", title: "On: hide what does not match. Off: keep all, Enter jumps to the next match.",
  }, () => { flip(only); onMode(); });
  const follow = toggle("Follow", { title: "Keep the newest event in view (f)" },
    () => onFollow(follow.getAttribute("aria-pressed") !== "true"));
  const node = toggle("", { hidden: true }, () => onNode(node.pressed ? null : node.number));
  const count = h("span", { class: "mlev-count", role: "status" });
  const jump = h("input", {
    class: "mlev-input mlev-jump", placeholder: "row or time", "aria-label": "Go to a row or a time", hidden: true,
    onkeydown: (event) => {
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      jump.hidden = true;
      if (event.key === "Enter" && jump.value.trim()) onJump(jump.value);
      else onLeave();
    },
    onblur: () => { jump.hidden = true; },
  });
  const askJump = () => { jump.hidden = false; jump.value = ""; jump.focus(); };
  const chips = h("div", { class: "mlev-chips", role: "group", "aria-label": "Kinds of events" });
  const made = new Map();
  let chosen = [];

  function setKinds(kinds) {
    for (const kind of Object.keys(kinds)) {
      if (!made.has(kind)) {
        const number = h("span", { class: "mlev-chip-n" });
        const chip = toggle(kindMark(kind), { class: "mlev-chip", title: `Only kind "${kind}"` }, () => {
          flip(chip);
          chosen = [...made].filter(([, c]) => c.chip.getAttribute("aria-pressed") === "true").map(([k]) => k);
          onKinds(chosen);
        });
        chip.append(h("span", { class: "mlev-chip-name" }, kindNames(kind)[1]), number);
        made.set(kind, { chip, number });
        chips.append(chip);
      }
      setText(made.get(kind).number, fmtCount(kinds[kind]));
    }
  }

  return {
    el: h("div", { class: "mlev-bar" },
      h("div", { class: "mlev-bar-line" }, search, only, node, count, jump,
        button("Go to", { class: "mlev-btn", title: "Go to a row or a time (g)" }, askJump), follow),
      chips),
    setKinds,
    onlyMatches: () => only.getAttribute("aria-pressed") === "true",
    focusSearch: () => search.select() || search.focus(),
    askJump,
    setFollow: (on) => follow.setAttribute("aria-pressed", on),
    setFound: (text) => setText(count, text),
    setCount(n, all, filtered, scanning) {
      const text = filtered ? `${fmtInt(n)} of ${fmtInt(all)}` : plural(n, "event");
      setText(count, scanning ? `${text}, scanning ...` : text);
    },
    setNode(number, filter) {
      node.hidden = (number ?? filter) === null || (number ?? filter) === undefined;
      node.pressed = filter !== null;
      node.number = number;
      node.setAttribute("aria-pressed", node.pressed);
      clear(node).append(node.pressed ? `node ${filter} \u00d7` : `Only node ${number}`);
      node.title = node.pressed ? "Show the events of all nodes again" : "Hide the events of other nodes";
    },
  };
}

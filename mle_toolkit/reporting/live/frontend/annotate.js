// Notes: tags and a comment on an attempt, a node or an event.

import { append, button, clear, h } from "./dom.js";

const SUGGESTED = 8;

/** The words for a target: "this attempt", "node 7", "event 42". */
export function targetName(target) {
  return target.kind === "attempt" ? "this attempt" : `${target.kind} ${target.n}`;
}

const sameTarget = (a, b) => a.kind === b.kind && (a.kind === "attempt" || a.n === b.n);

/** Notes on one target, with a form; `setTarget(target)` moves it. */
export function makeAnnotate(context) {
  const list = h("div", { class: "mlev-notes-list" });
  const slot = h("div");
  const el = h("section", { class: "mlev-notes", "aria-label": "Notes" }, list, slot);
  let target = { kind: "attempt", n: null };
  let all = [];
  let form = null;

  function draw() {
    const mine = all.filter((note) => sameTarget(note.target, target));
    clear(list);
    append(list, mine.map((note) => noteView(note, context.state.writable && {
      edit: () => open(note), remove: () => send({ target, tags: [], comment: "", note: note.id, remove: true }),
    })));
    if (!form) drawButton();
  }

  function drawButton() {
    const { writable, why } = context.state;
    const add = button(`Add a note on ${targetName(target)}`, {
      class: "mlev-btn", disabled: !writable, title: writable ? "" : why,
    }, () => open(null));
    slot.replaceChildren(add, writable ? "" : h("span", { class: "mlev-dim" }, ` ${why}`));
  }

  function open(note) {
    form = noteForm(note, usedTags(), (value) => {
      if (!value) close();
      else send({ target, ...value, note: note ? note.id : null, remove: false });
    });
    slot.replaceChildren(form.el);
    form.focus();
  }

  function close() {
    form = null;
    draw();
  }

  async function send(args) {
    try {
      const answer = await context.source.request("annotate", { attempt: context.ref, ...args });
      close();
      context.emit("annotations", answer.annotations);
    } catch (error) {
      context.emit("trouble", error);
    }
  }

  /** Tags of this attempt and of the experiment, the frequent ones first. */
  function usedTags() {
    const counts = new Map();
    for (const tag of [...all.flatMap((note) => note.tags), ...(context.state.tags || [])]) {
      counts.set(tag, (counts.get(tag) || 0) + 1);
    }
    return [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a));
  }

  return {
    el,
    update(T) {
      if (T.annotations === all) return;
      all = T.annotations;
      draw();
    },
    setTarget(to) {
      if (sameTarget(to, target) && list.isConnected && form) return;
      target = to;
      close();
    },
    destroy() {},
  };
}

/** All notes of the attempt, each with a way to its place. */
export function notesList(annotations, go) {
  if (!annotations.length) return h("p", { class: "mlev-dim" }, "No notes yet.");
  return h("div", { class: "mlev-notes-list" }, annotations.map((note) => {
    const place = note.target.kind === "attempt" ? null
      : button(targetName(note.target), { class: "mlev-link", title: "Go there" }, () => go(note.target));
    return noteView(note, null, place);
  }));
}

function noteView(note, actions, place) {
  const day = String(note.time || "").slice(0, 16).replace("T", " ");
  return h("article", { class: "mlev-note" },
    h("div", { class: "mlev-note-top" },
      place, note.tags.map((tag) => h("span", { class: "mlev-tag" }, tag)),
      h("span", { class: "mlev-dim" }, [note.author, day].filter(Boolean).join(", ")),
      actions && button("Edit", { class: "mlev-link" }, actions.edit),
      actions && button("Remove", { class: "mlev-link" }, actions.remove)),
    note.comment && h("div", { class: "mlev-words" }, note.comment));
}

/** A form for tags and a comment; `done(value)` with null when it was given up. */
function noteForm(note, used, done) {
  let tags = note ? [...note.tags] : [];
  const chips = h("span", { class: "mlev-tags" });
  const offers = h("div", { class: "mlev-offers" });
  const input = h("input", {
    class: "mlev-input", placeholder: "tag, then Enter", "aria-label": "Add a tag", onkeydown: tagKey, oninput: () => draw(),
  });
  const comment = h("textarea", { class: "mlev-input", rows: "3", placeholder: "Comment", "aria-label": "Comment" });
  comment.value = note ? note.comment : "";

  function add(text) {
    const tag = text.trim().replace(/\s+/g, " ").slice(0, 60);
    if (tag && !tags.includes(tag)) tags.push(tag);
    input.value = "";
    draw();
  }

  function tagKey(event) {
    if ((event.key === "Enter" || event.key === ",") && input.value.trim()) add(input.value);
    else if (event.key === "Backspace" && !input.value && tags.length) { tags.pop(); draw(); }
    else if (event.key !== "Enter") return;
    event.preventDefault();
  }

  function draw() {
    clear(chips);
    append(chips, tags.map((tag) => button(`${tag} \u00d7`, { class: "mlev-tag", title: "Remove this tag" }, () => {
      tags = tags.filter((other) => other !== tag);
      draw();
    })));
    const typed = input.value.trim().toLowerCase();
    const rest = used.filter((tag) => !tags.includes(tag) && tag.toLowerCase().includes(typed)).slice(0, SUGGESTED);
    clear(offers);
    append(offers, rest.map((tag) => button(`+ ${tag}`, { class: "mlev-tag is-offer" }, () => add(tag))));
  }

  function save() {
    if (input.value.trim()) add(input.value);
    if (tags.length || comment.value.trim()) done({ tags, comment: comment.value.trim() });
    else input.focus();
  }

  draw();
  const el = h("form", {
    class: "mlev-note-form",
    onsubmit: (event) => { event.preventDefault(); save(); },
    onkeydown: (event) => {
      if (event.key === "Escape") done(null);
      else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) save();
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
  }, h("div", { class: "mlev-tagline" }, chips, input), offers, comment,
    h("div", { class: "mlev-bar-line" }, button("Save", { class: "mlev-btn is-main" }, save),
      button("Cancel", { class: "mlev-btn" }, () => done(null))));
  return { el, focus: () => input.focus() };
}

// Texts of any length: a bounded number of pieces is on the page, whatever their size.

import { append, button, clear, fmtInt, h, setText } from "./dom.js";
import { foldTracebacks, highlightPython } from "./highlight.js";

const PIECE_CHARS = 20000;
const MOST_PIECES = 8;
const LONG_LINE = 1200;
const COPY_CHARS = 5000000;

/**
 * A text that grows by pieces.
 *
 * @param {object} options
 *   `text` its beginning; `size` its whole length; `lang` and `role` as in a part of
 *   an event; `getPiece(from, to)` a promise of {text, from, size}, null when there is no
 *   more to have; `failed(error)`.
 */
export function longText({ text, end = text.length, size: told = text.length, lang, role, getPiece, failed }) {
  const render = rendererOf(lang, role);
  const inner = h("div", { class: "mlev-pieces" });
  const above = h("div", { class: "mlev-more" });
  const below = h("div", { class: "mlev-more" });
  const el = h("div", { class: "mlev-text" }, above, inner, below);
  let size = told; // bytes at first where the text lies in a file, then characters
  let pieces = [];
  let busy = false;
  let wish = null; // what was asked for while a piece was on its way

  /** Places are those of the text as it was written; what is shown may be shorter. */
  function piece(from, to, body, line) {
    return { from, to, line, end: line + countLines(body), el: render(body, line) };
  }

  async function grow(range, put) {
    if (!getPiece) return;
    if (busy) { wish = [range, put]; return; }
    busy = true;
    try {
      let answer = await getPiece(...range());
      if (answer.size !== size) {
        size = answer.size;
        if (answer.to <= answer.from) answer = await getPiece(...range());
      }
      if (answer.to > answer.from) put(answer);
      draw();
    } catch (error) {
      failed(error);
    } finally {
      busy = false;
      const next = wish;
      wish = null;
      if (next) grow(...next);
    }
  }

  const more = () => grow(() => [pieces.at(-1).to, Math.min(size, pieces.at(-1).to + PIECE_CHARS)], (answer) => {
    const last = pieces.at(-1);
    pieces.push(piece(last.to, answer.to, answer.text, last.end));
    pieces = pieces.slice(-MOST_PIECES);
  });
  const earlier = () => grow(() => [Math.max(0, pieces[0].from - PIECE_CHARS), pieces[0].from], (answer) => {
    pieces.unshift(piece(answer.from, answer.to, answer.text, NaN));
    pieces = pieces.slice(0, MOST_PIECES);
  });
  const toEnd = () => grow(() => [Math.max(0, size - PIECE_CHARS), size], (answer) => {
    pieces = [piece(answer.from, answer.to, answer.text, NaN)];
  });

  function draw() {
    inner.replaceChildren(...pieces.map((p) => p.el));
    const first = pieces[0].from;
    const last = pieces.at(-1).to;
    clear(above);
    clear(below);
    if (first > 0) {
      append(above, [button("Earlier part", { class: "mlev-btn" }, earlier),
        h("span", null, `from character ${fmtInt(first + 1)} on`)]);
    }
    if (last >= size) return;
    append(below, [
      getPiece && button("Load more", { class: "mlev-btn" }, more),
      getPiece && size - last > PIECE_CHARS && button("To the end", { class: "mlev-btn" }, toEnd),
      h("span", null, `${fmtInt(last - first)} of ${fmtInt(size)} characters shown`),
    ]);
  }

  pieces = [piece(0, end, text, 1)];
  draw();
  return el;
}

/** Pieces of a text that is here already; the page shows only some of it at once. */
export function localText({ text, size = text.length, lang, role }) {
  const cut = text.length > PIECE_CHARS * 3 ? cutAtLine(text, PIECE_CHARS * 3) : text.length;
  const getPiece = async (from, to) => ({ text: text.slice(from, to), from, to: Math.min(to, text.length), size: text.length });
  const el = longText({ text: text.slice(0, cut), size: text.length, lang, role, getPiece, failed: () => {} });
  if (size > text.length) {
    const rest = `The view keeps ${fmtInt(text.length)} of ${fmtInt(size)} characters; the event has all.`;
    el.append(h("p", { class: "mlev-dim" }, rest));
  }
  return el;
}

function cutAtLine(text, at) {
  const line = text.lastIndexOf("\n", at);
  return line > at / 2 ? line + 1 : at;
}

function countLines(text) {
  let n = 0;
  for (let i = text.indexOf("\n"); i >= 0; i = text.indexOf("\n", i + 1)) n += 1;
  return n;
}

function rendererOf(lang, role) {
  if (lang === "python" || role === "code") return codeBlock;
  if (role === "output") return outputBlock;
  if (lang === "json" || role === "data" || role === "arguments") return plainBlock;
  return proseBlock;
}

/** Code with line numbers; with very long lines wrapped and without numbers. */
function codeBlock(text, line = 1) {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const code = h("pre", { class: "mlev-code" }, highlightPython(text));
  const wide = lines.some((l) => l.length > LONG_LINE);
  if (wide || Number.isNaN(line)) {
    code.classList.add("is-wrapped");
    return code;
  }
  const numbers = lines.map((_, i) => line + i).join("\n");
  return h("div", { class: "mlev-numbered" },
    h("pre", { class: "mlev-gutter", "aria-hidden": "true" }, numbers), code);
}

function plainBlock(text) {
  return h("pre", { class: "mlev-plain" }, text);
}

/** Output: tracebacks are folded to the line that names the error. */
function outputBlock(text) {
  const parts = foldTracebacks(text);
  if (!parts.some((part) => part.traceback)) return plainBlock(text);
  return h("div", null, parts.map((part) => (part.traceback
    ? h("details", { class: "mlev-trace" },
      h("summary", null, "Traceback ", h("code", null, part.last || "(cut off)")),
      plainBlock(part.text))
    : plainBlock(part.text.replace(/\n$/, "")))));
}

const FENCE = /^```([\w+-]*)[^\n]*\n([^]*?)(?:^```[ \t]*$|$(?![^]))/gm;

/** Prose with its fenced programs in colour. */
function proseBlock(text) {
  const out = h("div", { class: "mlev-prose" });
  let done = 0;
  const say = (to) => {
    const words = text.slice(done, to).replace(/^\n+|\s+$/g, "");
    if (words) out.append(h("div", { class: "mlev-words" }, words));
  };
  for (const match of text.matchAll(FENCE)) {
    say(match.index);
    out.append(/^(py|python|python3|)$/i.test(match[1]) ? codeBlock(match[2], NaN) : plainBlock(match[2]));
    done = match.index + match[0].length;
  }
  say(text.length);
  return out;
}

/** A button that copies a whole text, as far as that is reasonable. */
export function copyButton({ text, end = text.length, size = text.length, getPiece }) {
  const say = (words) => {
    setText(one, words);
    setTimeout(() => setText(one, "Copy"), 1500);
  };
  const one = button("Copy", { class: "mlev-btn", title: "Copy this text" }, async () => {
    try {
      let whole = text;
      let at = end;
      while (getPiece && at < Math.min(size, COPY_CHARS)) {
        const answer = await getPiece(at, at + 200000);
        if (answer.to <= at) break;
        whole += answer.text;
        at = answer.to;
      }
      await toClipboard(whole);
      say(at < size ? `${fmtInt(whole.length)} characters copied` : "Copied");
    } catch {
      say("Not copied");
    }
  });
  return one;
}

/** The clipboard of pages without https is reached through a selection. */
async function toClipboard(text) {
  if (navigator.clipboard && window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = h("textarea", { style: { position: "fixed", opacity: "0" } });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("the browser does not allow copying");
}

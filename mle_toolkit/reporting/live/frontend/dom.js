// Small helpers: elements, and numbers as people read them.  Text reaches the page as
// text nodes only, so nothing that an agent wrote can become markup.

const SVG_SPACE = "http://www.w3.org/2000/svg";

/**
 * An element.  In `props`, `class` and attributes are set as attributes, functions
 * whose names begin with "on" become listeners, `dataset` and `style` are merged,
 * and null, undefined and false are left out; of `aria-` names false is written too.
 */
export function h(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props || {})) setProp(node, name, value);
  append(node, children);
  return node;
}

/** The same for SVG; attributes keep their spelling. */
export function svg(tag, attrs, ...children) {
  const node = document.createElementNS(SVG_SPACE, tag);
  for (const [name, value] of Object.entries(attrs || {})) setProp(node, name, value);
  append(node, children);
  return node;
}

function setProp(node, name, value) {
  if (value === null || value === undefined) return;
  if (name.startsWith("aria-")) {
    node.setAttribute(name, String(value));
    return;
  }
  if (value === false) return;
  if (typeof value === "function") node.addEventListener(name.slice(2).toLowerCase(), value);
  else if (name === "dataset") Object.assign(node.dataset, value);
  else if (name === "style" && typeof value === "object") {
    for (const [key, text] of Object.entries(value)) node.style.setProperty(key, text);
  } else node.setAttribute(name, value === true ? "" : String(value));
}

/** Append nodes, strings and numbers; lists are flattened, null and false left out. */
export function append(node, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) append(node, child);
    else node.append(child instanceof Node ? child : String(child));
  }
  return node;
}

export function clear(node) {
  node.replaceChildren();
  return node;
}

/** Set the text of a node only when it differs: a write costs a layout. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** A button with a text; `props.title` says what it does. */
export function button(text, props, onclick) {
  return h("button", { type: "button", ...props, onclick }, text);
}

/** Call `fn` once, `wait` ms after the last call; `.cancel()` forgets it. */
export function debounce(fn, wait) {
  let timer = 0;
  const later = (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => fn(...args), wait);
  };
  later.cancel = () => clearTimeout(timer);
  return later;
}

/** Call `fn` at most once per `wait` ms, also when calls never pause. */
export function throttle(fn, wait) {
  let timer = 0;
  const later = () => {
    if (!timer) timer = setTimeout(() => { timer = 0; fn(); }, wait);
  };
  later.cancel = () => { clearTimeout(timer); timer = 0; };
  return later;
}

/** Call `fn` at most once per frame. */
export function perFrame(fn) {
  let frame = 0;
  const later = () => {
    if (!frame) frame = requestAnimationFrame(() => { frame = 0; fn(); });
  };
  later.cancel = () => { cancelAnimationFrame(frame); frame = 0; };
  return later;
}

const EMPTY = "\u2013";

export function isNumber(x) {
  return typeof x === "number" && Number.isFinite(x);
}

/** Seconds as a clock: 0:07, 12:40, 23:59:59. */
export function fmtTime(s) {
  if (!isNumber(s)) return EMPTY;
  const all = Math.max(0, Math.floor(s));
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(all / 3600);
  const minutes = Math.floor(all / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(all % 60)}` : `${minutes}:${two(all % 60)}`;
}

/** How long something took: 3 ms, 5.8 s, 2:13. */
export function fmtDuration(s) {
  if (!isNumber(s)) return "";
  if (s < 0.0005) return "0 ms";
  if (s < 0.9995) return `${Math.round(s * 1000)} ms`;
  return s < 59.95 ? `${s.toFixed(1)} s` : fmtTime(s);
}

/** A score with five significant digits, without trailing zeros. */
export function fmtScore(x) {
  if (!isNumber(x)) return EMPTY;
  const size = Math.abs(x);
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) return x.toExponential(3);
  if (size >= 1e5) return x.toFixed(0);
  return String(Number(x.toPrecision(5)));
}

/** A gain with its sign; a true minus sign lines up with the plus. */
export function fmtGain(x) {
  if (!isNumber(x)) return EMPTY;
  const text = fmtScore(Math.abs(x));
  return x < 0 ? `\u2212${text}` : `+${text}`;
}

export function fmtInt(x) {
  return isNumber(x) ? Math.round(x).toLocaleString("en-US") : EMPTY;
}

/** Many of something, short: 980, 12.4k, 3.1M. */
export function fmtCount(x) {
  if (!isNumber(x)) return EMPTY;
  if (x < 10000) return fmtInt(x);
  const [size, unit] = x < 999500 ? [1e3, "k"] : x < 999.5e6 ? [1e6, "M"] : [1e9, "G"];
  const value = x / size;
  return (value < 99.95 ? value.toFixed(1) : value.toFixed(0)) + unit;
}

export function fmtUsd(x) {
  if (!isNumber(x)) return EMPTY;
  return x !== 0 && x < 0.01 ? `$${x.toPrecision(2)}` : `$${x.toFixed(2)}`;
}

export function fmtBytes(x) {
  if (!isNumber(x)) return EMPTY;
  const units = ["B", "kB", "MB", "GB", "TB"];
  let i = 0;
  while (x >= 999.5 && i < units.length - 1) { x /= 1000; i += 1; }
  return `${i && x < 9.95 ? x.toFixed(1) : Math.round(x)} ${units[i]}`;
}

/** "1 event", "2 events". */
export function plural(n, word) {
  return `${fmtInt(n)} ${word}${n === 1 ? "" : "s"}`;
}

// A list of any length: only the rows that are seen exist, and a bounded number of
// pages of their data.

import { h, perFrame } from "./dom.js";

// Browsers clip elements above some 17 million pixels.  A longer list is drawn on a
// shorter ground: its scroll bar is mapped proportionally, its wheel stays exact.
const MOST_PIXELS = 8000000;
const PAGE = 200;
const MOST_PAGES = 100;

/**
 * A virtual list box.
 *
 * @param {object} options
 *   `height` of a row in px; `make()` a row's element; `draw(el, index)` fill it;
 *   `need(first, end)` rows that are about to be seen; `onSelect(index, how)` with
 *   how "click" or "key"; `onOpen(index)`; `onFollow(on)` the user scrolled away from,
 *   or back to, the end; `label` for screen readers.
 */
export function makeList({ height, make, draw, need, onSelect, onOpen, onFollow, label }) {
  const window_ = h("div", { class: "mlev-list-window", role: "presentation" });
  const ground = h("div", { class: "mlev-list-ground", role: "presentation" }, window_);
  const el = h("div", {
    class: "mlev-list", tabindex: "0", role: "listbox", "aria-label": label,
    onscroll: scrolled, onwheel: wheeled, onkeydown: pressed, onclick: clicked,
    ondblclick: (event) => { const i = indexOf(event.target); if (i >= 0) onOpen(i); },
  }, ground);
  const name = `mlev-${Math.random().toString(36).slice(2, 8)}`;
  const pool = [];
  let total = 0;
  let top = 0; // virtual pixels above the first visible one
  let view = 0;
  let chosen = -1;
  let follow = false;
  let expected = 0; // the scroll position that was set here

  const later = perFrame(paint);
  const watch = new ResizeObserver(() => {
    view = el.clientHeight;
    place(follow ? Infinity : top);
  });
  watch.observe(el);

  const whole = () => total * height;
  const shown = () => Math.min(whole(), MOST_PIXELS);
  const furthest = () => Math.max(0, whole() - view);
  const scale = () => {
    const room = shown() - view;
    return room > 0 ? furthest() / room : 1;
  };

  /** Show the list from virtual pixel `to` on; the browser's scroll bar follows. */
  function place(to) {
    top = Math.min(furthest(), Math.max(0, to));
    const ratio = scale();
    const want = Math.round(ratio > 1 ? top / ratio : top);
    if (Math.abs(el.scrollTop - want) >= 1) el.scrollTop = want;
    expected = el.scrollTop;
    later();
  }

  function scrolled() {
    if (Math.abs(el.scrollTop - expected) < 1) return;
    const up = el.scrollTop < expected;
    expected = el.scrollTop;
    top = Math.min(furthest(), expected * scale());
    noteFollow(up);
    later();
  }

  function wheeled(event) {
    if (whole() <= MOST_PIXELS || event.ctrlKey || event.deltaX) return;
    event.preventDefault();
    const unit = event.deltaMode === 1 ? height : event.deltaMode === 2 ? view : 1;
    place(top + event.deltaY * unit);
    noteFollow(event.deltaY < 0);
  }

  /** Going up ends following; arriving at the end begins it again. */
  function noteFollow(up) {
    const atEnd = top >= furthest() - 2;
    if (follow && up && !atEnd) setFollow(false, true);
    else if (!follow && !up && atEnd) setFollow(true, true);
  }

  function setFollow(on, tell) {
    if (follow === on) return;
    follow = on;
    if (on) place(Infinity);
    if (tell) onFollow(on);
  }

  function paint() {
    window_.style.height = `${Math.min(view, shown())}px`;
    const first = Math.floor(top / height);
    const count = Math.min(total - first, Math.ceil(view / height) + 1);
    if (count > 0) need(first, first + count);
    while (pool.length < count) addRow();
    let active = false;
    pool.forEach((row, slot) => {
      // Index modulo pool: scrolling by one row redraws one row.
      const offset = (((slot - first) % pool.length) + pool.length) % pool.length;
      const index = first + offset;
      row.hidden = offset >= count;
      row.setAttribute("aria-selected", !row.hidden && index === chosen);
      if (row.hidden) return;
      row.style.transform = `translateY(${Math.round(index * height - top)}px)`;
      row.dataset.index = index;
      row.setAttribute("aria-posinset", index + 1);
      row.setAttribute("aria-setsize", total);
      if (index === chosen) active = el.setAttribute("aria-activedescendant", row.id) || true;
      draw(row, index);
    });
    if (!active) el.removeAttribute("aria-activedescendant");
  }

  function addRow() {
    const row = make();
    row.id = `${name}-${pool.length}`;
    row.setAttribute("role", "option");
    row.style.height = `${height}px`;
    pool.push(row);
    window_.append(row);
  }

  function indexOf(target) {
    const row = target.closest("[data-index]");
    return row && el.contains(row) ? Number(row.dataset.index) : -1;
  }

  function clicked(event) {
    const index = indexOf(event.target);
    if (index < 0) return;
    choose(index);
    onSelect(index, "click");
  }

  function pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(view / height) - 1);
    const here = chosen < 0 ? Math.floor(top / height) - 1 : chosen;
    const to = {
      ArrowDown: here + 1, j: here + 1, ArrowUp: here - 1, k: here - 1,
      PageDown: here + page, PageUp: here - page, Home: 0, End: total - 1,
    }[event.key];
    if (event.key === "Enter" && chosen >= 0) onOpen(chosen);
    else if (to !== undefined && total) go(Math.min(total - 1, Math.max(0, to)));
    else return;
    event.preventDefault();
  }

  function go(index) {
    choose(index);
    if (follow !== (index >= total - 1)) setFollow(!follow, true);
    reveal(index);
    onSelect(index, "key");
  }

  function choose(index) {
    chosen = index;
    later();
  }

  /** Scroll as little as possible, or to the upper third when `far` away. */
  function reveal(index, far = false) {
    const y = index * height;
    const inside = y >= top && y + height <= top + view;
    if (inside) { later(); return; }
    if (far) place(y - view / 3);
    else place(y < top ? y : y + height - view);
  }

  function setTotal(n) {
    if (n !== total) {
      total = n;
      ground.style.height = `${shown()}px`;
      if (chosen >= n) chosen = -1;
      el.setAttribute("aria-rowcount", n);
    }
    place(follow ? Infinity : top);
  }

  return {
    el, setTotal, choose, reveal, redraw: later,
    setFollow: (on) => setFollow(on, false),
    toStart: () => place(0),
    get chosen() { return chosen; },
    get following() { return follow; },
    get total() { return total; },
    get first() { return Math.floor(top / height); },
    destroy() { watch.disconnect(); later.cancel(); },
  };
}

/**
 * Pages of rows, loaded when they are needed.  One request is under way at a time;
 * of the wishes that come meanwhile only the last one counts.
 *
 * @param {(from: number, to: number) => Promise<{rows, from, total, scanning}>} load
 * @param {(answer: object|null, error: Error|null) => void} changed after each answer
 */
export function makePages(load, changed) {
  const pages = new Map(); // in the order of use, the oldest first
  let busy = false;
  let wish = null;
  let era = 0; // answers to an earlier query are dropped
  let pause = 0; // after an error, until this time
  let again = null; // what to ask anew once the answer is here

  function pageOf(index) {
    const key = Math.floor(index / PAGE);
    const page = pages.get(key);
    if (!page) return null;
    pages.delete(key);
    pages.set(key, page);
    return page;
  }

  function get(index) {
    const page = pageOf(index);
    return (page && page[index % PAGE]) || null;
  }

  function put(from, rows) {
    rows.forEach((row, i) => {
      const index = from + i;
      let page = pageOf(index);
      if (!page) {
        page = [];
        pages.set(Math.floor(index / PAGE), page);
      }
      page[index % PAGE] = row;
    });
    for (const key of pages.keys()) {
      if (pages.size <= MOST_PAGES) break;
      pages.delete(key);
    }
  }

  /** Ask for what is missing in [first, end), by whole pages. */
  function want(first, end) {
    wish = null;
    for (let i = first; i < end; i += 1) {
      if (get(i)) continue;
      let last = end - 1;
      while (last > i && get(last)) last -= 1;
      wish = [Math.floor(i / PAGE) * PAGE, (Math.floor(last / PAGE) + 1) * PAGE];
      break;
    }
    if (wish && Date.now() >= pause) next();
  }

  function next() {
    if (busy) return;
    if (again !== null) {
      const from = again;
      again = null;
      loadRows(from, from + PAGE);
      return;
    }
    if (!wish) return;
    const [from, to] = wish;
    wish = null;
    loadRows(from, to);
  }

  async function loadRows(from, to) {
    const now = era;
    busy = true;
    let answer = null;
    let error = null;
    try {
      answer = await load(from, to);
    } catch (problem) {
      error = problem;
      pause = Date.now() + 2000;
    }
    if (now !== era) return;
    busy = false;
    if (answer) put(answer.from, answer.rows);
    changed(answer, error);
    if (!error) next();
  }

  return {
    get, put, want,
    /** Ask again from `from` on, for instance how many rows there are by now. */
    refresh(from) {
      again = Math.floor(from / PAGE) * PAGE;
      next();
    },
    reset() { pages.clear(); wish = null; again = null; busy = false; era += 1; pause = 0; },
    get size() { return pages.size; },
  };
}

// The solution tree: drafts on the left, what came of them to the right.  Only nodes in
// sight are in the document, each kept under its number from one update to the next.
import { clear, fmtInt, fmtScore, h, isNumber, svg } from "./dom.js";
import { makePainter, makeTip, markIcon, leaderOf, markPath, nodeTip, nodeTitle, quiet, rampCss, round,
  scored, scoreScale, shade, stageOf } from "./scales.js";
import { FOLD_AT, indexTree, neighbour, openNodes, placeTree } from "./tree_layout.js";

const SECOND_LINE = 22; // lanes closer than this have room for one line of words
const ONE_LINE = 36;
const TREE_KEYS = { ArrowLeft: "parent", ArrowRight: "child", ArrowUp: "before", ArrowDown: "next" };
const TREE_PAD = { left: 18, right: 76, top: 15, bottom: 15 };
let treeCount = 0;

const within = (x, low, high) => Math.min(high, Math.max(low, x));

const brief = (x) => fmtScore(Number(x.toPrecision(3)));

export function makeTree(context) {
  const id = `mv-tree-${++treeCount}`;
  const edges = svg("path", { class: "mv-edge" }), trunk = svg("path", { class: "mv-edge mv-trunk" });
  const marks = svg("g", {});
  const canvas = svg("svg", { class: "mv-tree-canvas", tabindex: 0, role: "tree",
    "aria-label": "Solution tree. Arrow keys move, Enter selects." }, edges, trunk, marks);
  const legend = h("div", { class: "mv-legend", tabindex: 0, "aria-label": "Key of the tree" });
  const fold = h("button", { class: "mv-small", type: "button" }, "unfold all");
  const fit = h("button", { class: "mv-small", type: "button", title: "show the whole tree" }, "fit");
  const note = h("div", {});
  const frame = h("div", { class: "mv-tree-frame" }, canvas);
  const el = h("section", { class: "mv-pane mv-tree", "aria-label": "Solution tree" },
    h("div", { class: "mv-head" }, h("b", {}, h("span", { class: "mv-more-words" }, "Solution "), "tree"), legend, h("span", { class: "mv-buttons" }, fold, fit)),
    note, frame);
  const tip = makeTip(frame);

  let summary = null, tree = indexTree([]), placed = placeTree(tree, null), scale = null, lineage = new Set();
  let selected = null, leader = null, cursor = null, all = false, legendKey = "";
  const unfolded = new Map(), drawn = new Map();
  const view = { k: 1, x: 0, y: 0, auto: true, dx: 60, dy: 24 };

  const size = () => ({ w: frame.clientWidth || 600, h: frame.clientHeight || 300 });
  const px = (spot) => view.x + spot.depth * view.dx * view.k;
  const py = (spot) => view.y + spot.lane * view.dy * view.k;

  function update(T) {
    summary = T;
    tree = indexTree(T.nodes || []);
    scale = scoreScale(T.nodes || [], T.header?.lower);
    leader = leaderOf(T.nodes, T.header?.lower);
    relay();
  }

  function relay() {
    placed = placeTree(tree, openNodes(tree, { selected, leader, unfolded, all }));
    const goal = (summary?.nodes || []).find((n) => n.chosen) || tree.nodes.get(leader);
    lineage = new Set();
    for (let at = goal ? goal.n : null; at !== null; at = tree.parent(at)) lineage.add(at);
    painter.ask();
  }

  function draw() {
    if (!summary) return;
    clear(note);
    const empty = !tree.nodes.size;
    if (empty) note.append(quiet(summary.header?.imported ? "This imported trace has no solution nodes." : "No node yet."));
    frame.hidden = empty;
    drawLegend();
    if (empty) return;
    stretch();
    const { w, h: tall } = size();
    const seen = placed.spots.filter((s) => inside(s, w, tall));
    const badges = placed.badges.filter((s) => inside(s, w, tall));
    drawEdges(w, tall);
    const keys = new Set();
    for (const spot of seen) keys.add(place(spot.k, spot, look(spot), buildNode));
    for (const spot of badges) keys.add(place(`+${spot.k}`, spot, `${spot.count} ${Math.round(view.dy * view.k)}`, buildBadge));
    for (const [key, item] of drawn) if (!keys.has(key)) { item.g.remove(); drawn.delete(key); }
    canvas.setAttribute("aria-activedescendant", cursor !== null && drawn.has(cursor) ? `${id}-${cursor}` : "");
  }

  const inside = (s, w, tall) => px(s) > -20 && px(s) < w + 20 && py(s) > -20 && py(s) < tall + 20;

  // Spread the tree over the pane; if it is too large for that, keep to its goal.
  function stretch() {
    if (!view.auto) return;
    const { w, h: tall } = size();
    const room = [w - TREE_PAD.left - TREE_PAD.right, tall - TREE_PAD.top - TREE_PAD.bottom];
    view.k = 1;
    // Without room for all, legible numbers are better than a few lanes more.
    const lane = room[1] / Math.max(1, placed.lanes - 1);
    view.dy = lane < 7 ? 17 : Math.min(30, lane);
    // On one line, "submitted" stands behind the number and needs more room.
    if (view.dy < SECOND_LINE) room[0] -= ONE_LINE;
    view.dx = within(room[0] / Math.max(1, placed.depths - 1), 24, 110);
    const focus = placed.at.get(selected) || placed.at.get([...lineage][0]) || { lane: 0, depth: 0 };
    view.x = origin(room[0], (placed.depths - 1) * view.dx, focus.depth * view.dx, TREE_PAD.left, true);
    view.y = origin(room[1], (placed.lanes - 1) * view.dy, focus.lane * view.dy, TREE_PAD.top, false);
  }

  function origin(room, extent, focus, pad, start) {
    if (extent <= room + 1) return pad + (start ? 0 : (room - extent) / 2);
    return pad - within(focus - room / 2, 0, extent - room);
  }

  function drawEdges(w, tall) {
    let plain = "", main = "";
    for (const spot of [...placed.spots, ...placed.badges]) {
      const badge = spot.count !== undefined;
      const parent = placed.at.get(badge ? spot.k : tree.parent(spot.k));
      if (!parent) continue;
      const [x0, y0, x1, y1] = [px(parent), py(parent), px(spot), py(spot)];
      if (x1 < -9 || x0 > w + 9 || Math.max(y0, y1) < -9 || Math.min(y0, y1) > tall + 9) continue;
      const mid = round((x0 + x1) / 2);
      const d = `M${round(x0)},${round(y0)}C${mid},${round(y0)} ${mid},${round(y1)} ${round(x1)},${round(y1)}`;
      if (!badge && lineage.has(spot.k)) main += d; else plain += d;
    }
    edges.setAttribute("d", plain);
    trunk.setAttribute("d", main);
  }

  function place(key, spot, now, build) {
    let item = drawn.get(key);
    if (!item || item.look !== now) {
      const g = build(spot);
      if (item) item.g.replaceWith(g); else marks.append(g);
      drawn.set(key, item = { g, look: now, at: "" });
    }
    const at = `translate(${round(px(spot))} ${round(py(spot))})`;
    if (item.at !== at) { item.g.setAttribute("transform", at); item.at = at; }
    return key;
  }

  const radius = () => round(within(view.dy * view.k * 0.34, 2.6, 7.5));
  const labelled = () => view.dy * view.k >= 10.5 && view.dx * view.k >= 26;

  function look(spot) {
    const n = tree.nodes.get(spot.k);
    return [stageOf(n), scored(n) && scale ? scale.level(n.m) : "", n.bug, n.n === leader, n.chosen, n.medal, n.m, spot.k === selected,
      spot.k === cursor, radius(), labelled(), spot.kids.length > 0 || !!spot.badge, n.gain].join();
  }

  function buildNode(spot) {
    const n = tree.nodes.get(spot.k), r = radius();
    const kind = n.bug === null ? "running" : n.bug ? "buggy" : scored(n) ? "scored" : "bare";
    const shape = svg("path", { class: `mv-mark mv-${kind}${n.n === leader ? " mv-best" : ""}`, d: markPath(stageOf(n), r) });
    if (kind === "scored") shape.style.fill = shade(scale.level(n.m));
    const parts = [n.k !== undefined && (n.n === selected || n.n === cursor)
      ? svg("circle", { class: n.n === selected ? "mv-halo" : "mv-cursor", r: r + 6 }) : null];
    // Small marks are hard to hit: a clear field around each catches the pointer.
    const tall = Math.min(2 * r + 8, view.dy * view.k), wide = 2 * r + (labelled() ? 24 : 8);
    parts.unshift(svg("rect", { class: "mv-hit", x: -r - 4, y: -tall / 2, width: wide, height: tall }));
    if (n.chosen) parts.push(svg("circle", { class: "mv-ring", r: r + 4 }));
    parts.push(shape);
    if (kind === "buggy") parts.push(svg("path", { class: "mv-cross", d: markPath("cross", r * 0.45) }));
    if (labelled()) parts.push(...labels(n, r, spot));
    if (n.medal && r > 4.5) parts.push(medalDot(n.medal, r));
    return svg("g", { class: "mv-node", id: `${id}-${n.n}`, "data-k": n.n, role: "treeitem", "aria-level": spot.depth + 1,
      "aria-selected": n.n === selected, "aria-label": spoken(n) }, ...parts.filter(Boolean));
  }

  const spoken = (n) => `${nodeTitle(n)}${isNumber(n.m) ? `, score ${fmtScore(n.m)}` : ""}${n.medal ? `, ${n.medal}` : ""}`;

  function labels(n, r, spot) {
    const x = r + (n.chosen ? 5 : 2), out = [svg("text", { class: "mv-number", x, y: -4 }, n.n === leader ? `${n.n} \u2605` : `${n.n}`)];
    if (!n.chosen) return out;
    if (view.dy * view.k < SECOND_LINE) {
      out[0].append(svg("tspan", { class: "mv-strong", dx: 4 }, "submitted"));
      return out;
    }
    const leaf = !spot.kids.length && !spot.badge;
    out.push(svg("text", { class: "mv-number mv-strong", x: leaf ? x + 2 : spot.depth ? 0 : -r - 5, y: leaf ? 6.5 : r + 14,
      "text-anchor": leaf || !spot.depth ? "start" : "middle" }, "submitted"));
    return out;
  }

  function medalDot(medal, r) {
    return svg("g", { class: `mv-medal-${medal}`, transform: `translate(${round(r + 1)} ${round(r * 0.8)})` },
      svg("circle", { r: 4.6 }), svg("text", { y: 2.4, "text-anchor": "middle" }, medal[0].toUpperCase()));
  }

  function buildBadge(spot) {
    const text = `+${fmtInt(spot.count)}`, wide = 9 + text.length * 5.6, tall = round(within(view.dy * view.k - 4, 9, 14));
    return svg("g", { class: "mv-badge", "data-fold": spot.k, role: "button", "aria-label": `unfold ${spot.count} nodes` },
      svg("rect", { x: -8, y: -tall / 2, width: wide, height: tall, rx: tall / 2 }), svg("text", { x: wide / 2 - 8, y: 3.4, "text-anchor": "middle" }, text));
  }

  function drawLegend() {
    const key = [scale?.key, scale?.clamped, all, tree.nodes.size >= FOLD_AT, summary.header?.lower].join();
    if (key === legendKey) return;
    legendKey = key;
    fold.hidden = tree.nodes.size < FOLD_AT;
    fold.textContent = all ? "fold" : "unfold all";
    const unsure = summary.header?.lower === null || summary.header?.lower === undefined;
    const edge = scale?.clamped ? (summary.header?.lower ? "\u2265" : "\u2264") : "";
    const bar = h("span", { class: "mv-ramp" });
    bar.style.background = rampCss();
    const ends = unsure ? ["low", "high"] : ["worse", "better"];
    const shapes = [["draft"], ["improve"], ["debug"], ["other"], ["draft", "mv-icon-ring", "submitted"]];
    const flat = scale && scale.worse === scale.better;
    legend.replaceChildren(flat ? h("span", { class: "mv-scale" }, `score ${brief(scale.better)}`) : scale ? h("span", { class: "mv-scale" }, `${ends[0]} ${edge}${brief(scale.worse)}`, bar, `${brief(scale.better)} ${ends[1]}`)
      : h("span", { class: "mv-scale" }, "no score"),
    ...shapes.map(([stage, extra, name]) => h("span", {}, markIcon(stage, extra), name || stage)),
    h("span", {}, svg("svg", { class: "mv-icon mv-icon-bug", width: 12, height: 12, viewBox: "-6 -6 12 12", "aria-hidden": "true" },
      svg("path", { d: markPath("draft", 5) }), svg("path", { d: markPath("cross", 2.2) })), "buggy"),
    h("span", {}, "\u2605 best"));
  }

  // Keep the point under the pointer where it is.
  function zoom(factor, x, y) {
    const k = within(view.k * factor, within(7 / view.dy, 0.2, 1), 6);
    view.x = x - (x - view.x) * (k / view.k);
    view.y = y - (y - view.y) * (k / view.k);
    view.k = k;
    view.auto = false;
    painter.ask();
  }

  function reveal(k) {
    const spot = placed.at.get(k), { w, h: tall } = size();
    if (!spot) return;
    const [x, y] = [px(spot), py(spot)];
    if (x < 8 || x > w - 30) { view.x += w / 2 - x; view.auto = false; }
    if (y < 8 || y > tall - 8) { view.y += tall / 2 - y; view.auto = false; }
    painter.ask();
  }

  // Unfold some of what a badge stands for; its node stays where it is.
  function unfoldAt(key) {
    const k = key === "roots" ? key : Number(key), before = placed.at.get(k);
    const [x, y] = before ? [px(before), py(before)] : [0, 0];
    unfolded.set(k, (unfolded.get(k) || 0) + 1);
    relay();
    view.auto = view.auto && placed.lanes * 7 < size().h;
    const after = placed.at.get(k);
    if (view.auto || !before || !after) return;
    view.x += x - px(after);
    view.y += y - py(after);
  }

  const drag = { on: false, moved: false, x: 0, y: 0 };
  canvas.addEventListener("pointerdown", (e) => {
    if (e.button === 0) Object.assign(drag, { on: true, moved: false, x: e.clientX, y: e.clientY });
  });
  canvas.addEventListener("pointermove", (e) => {
    if (!drag.on) return hover(e);
    const [dx, dy] = [e.clientX - drag.x, e.clientY - drag.y];
    if (!drag.moved && Math.hypot(dx, dy) < 4) return;
    if (!drag.moved) canvas.setPointerCapture(e.pointerId);
    Object.assign(drag, { moved: true, x: e.clientX, y: e.clientY });
    view.x += dx; view.y += dy; view.auto = false;
    tip.hide();
    painter.ask();
  });
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => { drag.on = false; });
  canvas.addEventListener("pointerleave", () => tip.hide());
  canvas.addEventListener("click", (e) => {
    if (drag.moved) return;
    const badge = e.target.closest("[data-fold]"), node = e.target.closest("[data-k]");
    if (badge) unfoldAt(badge.dataset.fold);
    else if (node) pick(Number(node.dataset.k));
  });
  canvas.addEventListener("wheel", (e) => {
    if (!e.ctrlKey && !e.metaKey) return;
    e.preventDefault();
    const box = canvas.getBoundingClientRect();
    zoom(Math.exp(-e.deltaY * 0.004), e.clientX - box.left, e.clientY - box.top);
  }, { passive: false });
  canvas.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const { w, h: tall } = size();
    if (TREE_KEYS[e.key]) cursor = neighbour(tree, placed, cursor ?? selected, TREE_KEYS[e.key]);
    else if (e.key === "Enter" && cursor !== null) pick(cursor);
    else if (e.key === "+" || e.key === "-") zoom(e.key === "+" ? 1.25 : 0.8, w / 2, tall / 2);
    else if (e.key === "0") refit();
    else return;
    e.preventDefault();
    e.stopPropagation();
    reveal(cursor);
  });
  fit.addEventListener("click", refit);
  fold.addEventListener("click", () => { all = !all; unfolded.clear(); view.auto = true; relay(); });

  function refit() { view.auto = true; painter.ask(); }

  function hover(e) {
    const node = e.target.closest("[data-k]"), n = node && tree.nodes.get(Number(node.dataset.k));
    if (!n) return tip.hide();
    const box = frame.getBoundingClientRect();
    tip.show(e.clientX - box.left, e.clientY - box.top, nodeTip(n));
  }

  function pick(k) { cursor = k; context.emit("select", { node: k, seq: null }); select({ node: k }); }

  function select(selection) {
    const k = selection?.node ?? null;
    if (k === selected) return;
    selected = k;
    cursor = k ?? cursor;
    if (!summary) return;
    if (tree.nodes.size >= FOLD_AT) relay();
    reveal(k);
    painter.ask();
  }

  const painter = makePainter(frame, draw);
  return { el, update, select, destroy() { painter.stop(); tip.remove(); } };
}

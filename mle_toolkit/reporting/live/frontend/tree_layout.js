// Where the nodes of the solution tree stand, and which of them are folded away.

const RECENT = 30;
const PIECE = 40;
export const FOLD_AT = 400;

// Index nodes by number: {nodes: Map, kids: Map of sorted numbers, roots}.  A parent that
// is unknown, or not older, would break the forest: such nodes are roots.
export function indexTree(list) {
  const nodes = new Map(list.map((n) => [n.n, n])), kids = new Map(), roots = [];
  for (const n of [...nodes.values()].sort((a, b) => a.n - b.n)) {
    const parent = n.p !== null && n.p !== undefined && n.p < n.n && nodes.has(n.p) ? n.p : null;
    if (parent === null) roots.push(n.n);
    else if (kids.has(parent)) kids.get(parent).push(n.n);
    else kids.set(parent, [n.n]);
  }
  return { nodes, kids, roots, parent: (k) => parentOf(nodes, k) };
}

function parentOf(nodes, k) {
  const p = nodes.get(k)?.p;
  return p !== null && p !== undefined && p < k && nodes.has(p) ? p : null;
}

// Say which nodes stay open: all of a small tree; of a large one the paths to the best,
// chosen, running, selected and youngest nodes, and what was unfolded by hand.
export function openNodes(tree, { selected, leader, unfolded, all }) {
  if (all || tree.nodes.size < FOLD_AT) return null;
  const open = new Set();
  const path = (k) => {
    for (let at = k; at !== null && tree.nodes.has(at) && !open.has(at); at = tree.parent(at)) open.add(at);
  };
  const numbers = [...tree.nodes.keys()].sort((a, b) => a - b);
  numbers.slice(-RECENT).forEach(path);
  for (const n of tree.nodes.values()) if (n.n === leader || n.chosen || n.bug === null) path(n.n);
  if (selected !== null) path(selected);
  for (const [k, pieces] of unfolded) {
    if (k !== "roots") path(k);
    const shut = (k === "roots" ? tree.roots : tree.kids.get(k) || []).filter((c) => !open.has(c));
    shut.slice(0, pieces * PIECE).forEach(path);
  }
  return open;
}

// Place the nodes in one walk: leaves take the next free lane, parents the middle of
// their children.  Returns {spots: [{k, lane, depth}], badges: [{k, lane, depth, count}],
// lanes, depths, at: Map}.
export function placeTree(tree, open) {
  const sizes = open ? subtreeSizes(tree) : null;
  const spots = [], badges = [], at = new Map(), order = [];
  let lane = 0, depths = 0;
  const badge = (k, depth, shut) => {
    const count = shut.reduce((sum, c) => sum + sizes.get(c), 0);
    const spot = { k, depth, count, lane: lane++ };
    badges.push(spot);
    return spot;
  };
  const split = (children) => [
    open ? children.filter((c) => open.has(c)) : children,
    open ? children.filter((c) => !open.has(c)) : [],
  ];
  const [shown, hidden] = split(tree.roots);
  const stack = shown.reverse().map((k) => ({ k, depth: 0 }));
  while (stack.length) {
    const top = stack.pop();
    const [seen, shut] = split(tree.kids.get(top.k) || []);
    const spot = { k: top.k, depth: top.depth, lane: 0, kids: seen, badge: null };
    at.set(top.k, spot);
    order.push(spot);
    depths = Math.max(depths, top.depth + (shut.length ? 2 : 1));
    if (shut.length) spot.badge = badge(top.k, top.depth + 1, shut);
    else if (!seen.length) spot.lane = lane++;
    for (let i = seen.length - 1; i >= 0; i--) stack.push({ k: seen[i], depth: top.depth + 1 });
  }
  if (hidden.length) badge("roots", 0, hidden);
  for (const spot of order.reverse()) {
    const lanes = spot.kids.map((c) => at.get(c).lane);
    if (spot.badge) lanes.push(spot.badge.lane);
    if (lanes.length) spot.lane = (Math.min(...lanes) + Math.max(...lanes)) / 2;
    spots.push(spot);
  }
  return { spots: spots.reverse(), badges, lanes: lane, depths, at };
}

function subtreeSizes(tree) {
  const sizes = new Map();
  const numbers = [...tree.nodes.keys()].sort((a, b) => b - a);
  for (const k of numbers) {
    sizes.set(k, (tree.kids.get(k) || []).reduce((sum, c) => sum + sizes.get(c), 1));
  }
  return sizes;
}

// The node that an arrow key leads to: "parent", "child", "next" or "before".
export function neighbour(tree, placed, k, way) {
  const spot = placed.at.get(k);
  if (!spot) return placed.spots.length ? placed.spots[0].k : null;
  if (way === "parent") return tree.parent(k) ?? k;
  if (way === "child") return spot.kids[0] ?? k;
  const row = placed.spots.filter((s) => s.depth === spot.depth).sort((a, b) => a.lane - b.lane);
  return row[row.indexOf(spot) + (way === "next" ? 1 : -1)]?.k ?? k;
}

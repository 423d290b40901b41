// What all pictures share: colours, flags, pips, and what is drawn of a feature.
// None is near the red of what is wrong, nor the green of what has just changed.
const HUES = ["#0a6ebd", "#c9921a", "#7d55b5", "#3aa0c9", "#7b8a1e", "#8a5a3c", "#50627a", "#c46aa8"];
const FILLS = ["var(--card)", "#e3b23c", "#20567f", "#8a6fb0", "#7d9d6a", "#b9a58a"];
const inkOn = colour => colour.startsWith("var") ? "var(--ink)" : [1, 3, 5].reduce((sum, at, i) => sum + parseInt(colour.slice(at, at + 2), 16) * [0.3, 0.59, 0.11][i], 0) > 135 ? "#1d1a12" : "#fff";
const drawable = features.filter(f => f.stage !== "input" && f.name !== scene.order && f.location !== "graph");
const pointers = drawable.filter(f => f.type.endsWith("pointer") && f.location === "node" && !(f.stage === "output" && byName.get(`${f.name}_h`)?.name === scene.order));
const edgeMasks = drawable.filter(f => f.type === "mask" && f.location === "edge");
const flags = drawable.filter(f => f.type === "mask_one"), masks = drawable.filter(f => f.type === "mask" && f.location === "node");
const classes = drawable.filter(f => f.type === "categorical" && f.location === "node"), labels = drawable.filter(f => f.type === "scalar" && f.location === "node");
// A hint and the output that it becomes have one colour.
const rootOf = f => f.name.replace(/_h$/, "");
const coloured = [...new Set([...pointers, ...edgeMasks, ...masks].map(rootOf))];
const hue = f => HUES[coloured.indexOf(rootOf(f)) % HUES.length];
const drawn = new Set(scene.shown);
let fill = scene.fill, label = scene.label;
const isDrawn = f => f.stage === "output" || drawn.has(f.name);
const fillOf = p => p < T ? byName.get(fill) : [...classes, ...masks].find(f => f.stage === "output");
const labelOf = p => p < T ? byName.get(label) : labels.find(f => f.stage === "output");
function paint(f, value) {
  const colour = !f || value <= 0 ? "var(--card)" : f.type === "mask" ? hue(f) : FILLS[value % FILLS.length];
  return { fill: colour, ink: inkOn(colour) };
}

const fixed = value => value.toFixed(1);
// Masks of one node of all inputs, such as a source, are flags too.
const inputFlags = features.filter(f => f.stage === "input" && f.type === "mask_one");
// node -> flags on it, of a side: [{name, changed, wrong}].
function flagsOn(side, p) {
  const on = new Map();
  for (const f of [...inputFlags, ...flags]) {
    const row = present(f, p) && shownOn(side, f, p);
    if (!row) continue;
    const bad = side === "said" && wrong(f, p)?.[0], node = row[0];
    if (!on.has(node)) on.set(node, []);
    on.get(node).push({ name: f.name, changed: changedAt(f, p, 0), wrong: Boolean(bad), input: f.stage === "input" });
  }
  return on;
}
const joined = list => list.map(flag => flag.name).join(" ");
function flag(x, y, list, size) {
  const words = joined(list), wide = words.length * size * 0.58 + size * 0.9, tall = size * 1.45;
  const kind = `flag${list.some(f => f.wrong) ? " bad" : ""}${list.some(f => f.changed) ? " new" : ""}${list.every(f => f.input) ? " quiet" : ""}`;
  return `<g class="${kind}"><rect x="${fixed(x - wide / 2)}" y="${fixed(y - tall / 2)}" width="${fixed(wide)}" height="${fixed(tall)}" rx="${fixed(tall / 2)}"/><text x="${fixed(x)}" y="${fixed(y + size * 0.34)}" font-size="${size}">${clean(words)}</text></g>`;
}
// All that is known of a node at a position, for who points at it.
function toldOfNode(node, p) {
  const parts = [];
  for (const f of features) {
    if (f.location !== "node" || !present(f, p) || f.type === "mask_one" || f.name === "pos") continue;
    const value = text(f, truth(f, p)[node], node) || "–", guess = said(f, p);
    parts.push(`${f.name} ${value}${guess && wrong(f, p)[node] ? `, network ${text(f, guess[node], node)}` : ""}`);
  }
  return `node ${node}${letterOf(node) ? ` “${letterOf(node)}”` : ""}: ${parts.join("; ")}`;
}

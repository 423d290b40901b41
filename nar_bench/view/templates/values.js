"use strict";
// What is shown, and every value of it at every position. Position p is step p, and T the output.
const page = JSON.parse(document.getElementById("data").textContent);
const T = page.steps, N = page.nodes, scene = page.scene;
const find = id => document.getElementById(id), all = (selector, within = document) => [...within.querySelectorAll(selector)];
const ARRAYS = { int8: Int8Array, uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array, int32: Int32Array, float32: Float32Array };
const columns = new Map();

// Undoes nar_bench.view.columns.pack.
async function unpack() {
  const deflated = Uint8Array.from(atob(find("packed").textContent), letter => letter.charCodeAt(0));
  const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let start = 0;
  for (const [name, type, rows, cells] of page.columns) {
    const size = ARRAYS[type].BYTES_PER_ELEMENT, wide = cells * size, made = new Uint8Array(rows * wide);
    for (let place = 0; place < size; place++)
      for (let row = 0; row < rows; row++)
        for (let cell = 0; cell < cells; cell++) {
          const at = row * wide + cell * size + place;
          made[at] = bytes[start++] ^ (row ? made[at - wide] : 0);
        }
    columns.set(name, { rows, cells, values: new ARRAYS[type](made.buffer) });
  }
}
function rowOf(name, row) {
  const column = columns.get(name);
  return column && column.values.subarray(row * column.cells, (row + 1) * column.cells);
}

const features = page.features, byName = new Map(features.map(f => [f.name, f]));
const at = (location, ...stages) => features.filter(f => f.location === location && stages.includes(f.stage));
// Hints are there at steps, outputs at the end, inputs always.
const present = (f, p) => f.stage === "input" || (f.stage === "hint") === p < T;
const rowAt = (f, p) => f.stage === "hint" ? Math.min(p, T - 1) : 0;
const truth = (f, p) => rowOf(`${f.stage}/${f.name}`, rowAt(f, p));
const isSaid = (f, p) => f.first <= rowAt(f, p) && rowAt(f, p) <= f.last && present(f, p);
const said = (f, p) => isSaid(f, p) ? rowOf(`predicted/${f.name}`, rowAt(f, p)) : null;
const wrong = (f, p) => isSaid(f, p) ? rowOf(`wrong/${f.name}`, rowAt(f, p)) : null;
// What a side shows: the network's is the true value where it is told: inputs, the first hint, given ones.
function shownOn(side, f, p) {
  if (side === "truth") return truth(f, p);
  return said(f, p) || (f.stage === "input" || f.given || (f.stage === "hint" && p === 0) ? truth(f, p) : null);
}
const before = (f, p) => f.stage === "hint" && p > 0 && p < T ? truth(f, p - 1) : null;
function changes(f, p) {
  const now = truth(f, p), old = before(f, p), found = [];
  if (old) for (let i = 0; i < now.length; i++) if (now[i] !== old[i]) found.push(i);
  return found;
}
const changedAt = (f, p, i) => { const old = before(f, p); return Boolean(old) && old[i] !== truth(f, p)[i]; };
const errorsAt = p => features.reduce((sum, f) => sum + (isSaid(f, p) ? f.errors[rowAt(f, p)] : 0), 0);

const clean = text => String(text).replace(/[&<>"']/g, c => `&#${c.charCodeAt(0)};`);
function number(value, digits = 3) {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return "∞";
  if (size !== 0 && (size >= 1e5 || size < 1e-3)) return value.toExponential(1).replace("e+", "e").replace("-", "−");
  return Number(value.toPrecision(digits)).toString().replace("-", "−");
}
// The text of a value; `node` is where it stands, for pointers at themselves.
function text(f, value, node = -1) {
  if (f.type === "scalar") return number(value);
  if (f.type === "mask" || f.type === "categorical") return value < 0 ? "" : f.words[value] ?? (f.type === "mask" ? "·1"[value] : String(value));
  if (f.type === "mask_one") return String(value);
  return value === node ? "·" : nameOf(value);
}
// A character has its letter, all other nodes their number.
const letterOf = node => scene.letters ? text(byName.get(scene.letters), truth(byName.get(scene.letters), 0)[node]) : "";
const nameOf = node => String(node);
const pairOf = (f, cell) => cell < 0 ? [0, 0] : f.edges ? f.edges[cell] : [Math.floor(cell / N), cell % N];

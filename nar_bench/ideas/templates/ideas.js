"use strict";
const study = JSON.parse(document.getElementById("data").textContent);
const find = id => document.getElementById(id);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const SERIES = [["trained", "trained", "#0072b2", false], ["untrained", "untrained, same seed", "#d55e00", true]];

const option = (value, text) => `<option value="${value}">${clean(text)}</option>`;
const widthOf = svg => Math.max(260, Math.round(svg.parentElement.clientWidth));
function put(svg, text, width, height) {
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.style.width = `${width}px`;
  svg.style.height = `${height}px`;
  svg.innerHTML = text;
}
const swatch = (fill, text, hollow) =>
  `<li><i class="swatch" style="${hollow ? `background:none;border:2px solid ${fill}` : `background:${fill}`}"></i>${clean(text)}</li>`;
const scaleBar = (low, high) =>
  `<span>${short(low)}</span><i class="bar" style="background:linear-gradient(90deg,${[0, 0.2, 0.4, 0.6, 0.8, 1].map(v => ramp(v).fill)})"></i><span>${short(high)}</span>`;

// A picture that can be pointed at and walked through with the arrow keys: `near` finds what is under the pointer,
// `move` the neighbour of what is pointed at, `tell` says in words what that is.
const same = (one, other) => Boolean(one && other) && ["run", "i", "r", "c"].every(key => one[key] === other[key]);
function pointed(svg, tip, { near, move, first, tell, redraw }) {
  let cursor = null;
  const set = (next, x, y) => {
    if (!same(cursor, next)) redraw(next);
    cursor = next;
    tip.textContent = cursor ? tell(cursor) : "";
    tip.hidden = !cursor;
    if (!cursor) return;
    const { clientWidth, clientHeight } = svg.parentElement, under = y + 16 + tip.offsetHeight <= clientHeight;
    tip.style.left = `${Math.max(0, Math.min(x + 14, clientWidth - tip.offsetWidth))}px`;
    tip.style.top = `${under ? y + 16 : Math.max(0, y - 12 - tip.offsetHeight)}px`;
  };
  const at = event => {
    const box = svg.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const point = event => { const [x, y] = at(event), next = near(x, y); if (next || cursor) set(next, x, y); };
  svg.addEventListener("pointermove", point);
  svg.addEventListener("pointerdown", point);
  svg.addEventListener("pointerleave", () => cursor && set(null));
  svg.addEventListener("blur", () => cursor && set(null));
  svg.addEventListener("keydown", event => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (event.key === "Escape" && cursor) set(null);
    if (!way) return;
    event.preventDefault();
    const next = cursor ? move(cursor, ...way) : first();
    if (next) set(next, next.x ?? 0, next.y ?? 0);
  });
  return () => { cursor = null; tip.hidden = true; };
}

let panel = study.panels[0];

// Trajectories
const only = find("only"), until = find("until"), planeSvg = find("plane");
let planeMarks = [];
const chosen = () => all('input[name="colour"]').find(input => input.checked).value;
const longest = () => Math.max(...panel.runs.map(run => run.of));
const named = run => `${run.algorithm}, input ${run.input}${run.similar ? " (its similar input)" : ""}`;
const runsShown = () => panel.runs.filter(run => only.value === "" || only.value === run.algorithm || only.value === `${run.algorithm} ${run.input}`);
const colourOfAlgorithm = name => COLOURS[panel.algorithms.indexOf(name) % COLOURS.length];
const colourOfPair = run => COLOURS[(run.input - 1) % COLOURS.length];
function drawPlane(cursor = null) {
  const by = chosen(), width = widthOf(planeSvg), height = Math.round(Math.min(560, Math.max(340, width * 0.6))), most = longest();
  const flat = run => by === "algorithm" ? colourOfAlgorithm(run.algorithm) : colourOfPair(run);
  const drawn = plane({
    all: panel.runs, shown: runsShown(), until: Number(until.value), width, height, cursor, variance: panel.variance,
    colourOf: (run, i) => by === "step" ? ramp(most > 1 ? (run.steps[i] - 1) / (most - 1) : 1) : { fill: flat(run), ink: "#fff" },
    lineOf: run => by === "step" ? "var(--soft)" : flat(run),
  });
  planeMarks = drawn.marks;
  put(planeSvg, drawn.text, width, height);
  find("until-said").textContent = `step ${until.value} of ${most}`;
  find("unnumbered").hidden = drawn.numbered;
  const inputs = [...new Set(panel.runs.map(run => run.input))];
  const keys = by === "step" ? `<li class="scale">step ${scaleBar(1, most)}</li>`
    : by === "algorithm" ? panel.algorithms.map(name => swatch(colourOfAlgorithm(name), name)).join("")
    : inputs.map(i => swatch(COLOURS[(i - 1) % COLOURS.length], `pair ${i}`)).join("");
  find("plane-key").innerHTML = keys + swatch("var(--soft)", "input, solid line") + (panel.runs.some(run => run.similar) ? swatch("var(--soft)", "its similar input, dashed line", true) : "");
}
const leavePlane = pointed(planeSvg, find("plane-tip"), {
  redraw: drawPlane,
  first: () => planeMarks[0],
  near: (x, y) => planeMarks.map(mark => [Math.hypot(mark.x - x, mark.y - y), mark]).filter(([far]) => far < 14).sort((a, b) => a[0] - b[0])[0]?.[1],
  move: (cursor, along, across) => {
    const runs = runsShown(), of = run => planeMarks.filter(mark => mark.run === run).sort((a, b) => a.i - b.i);
    const run = runs[(runs.indexOf(cursor.run) + across + runs.length) % runs.length], marks = of(run);
    return marks[Math.min(Math.max(cursor.i + along, 0), marks.length - 1)];
  },
  tell: ({ run, i }) => `${named(run)}: step ${run.steps[i]} of ${run.of}`,
});

// Similarity
const frame = find("frame"), matrixSvg = find("matrix"), stepsSvg = find("steps"), which = find("which");
let matrixDrawn, stepsDrawn;
const labelOf = row => `${row.algorithm}, input ${row.input}${row.similar ? " (its similar input)" : ""}`;
function drawMatrix(cursor = null) {
  const { rows, steps, frames } = panel.matrix, at = Number(frame.value), width = Math.min(widthOf(matrixSvg), 560);
  const pairs = rows.some(row => row.similar);
  const texts = rows.map(row => ({ text: row.similar ? "" : `${row.algorithm} ${row.input}`, group: row.algorithm, always: pairs ? 2 : 1 }));
  const label = 8 + 6.4 * Math.max(...texts.map(row => row.text.length));
  matrixDrawn = heat({ values: frames[at], rows: texts, columns: texts, width, label: Math.min(label, width * 0.34), cursor });
  put(matrixSvg, matrixDrawn.text, width, matrixDrawn.tall);
  find("frame-said").textContent = `steps 1 to ${steps[at]}`;
  find("matrix-scale").innerHTML = `s ${scaleBar(matrixDrawn.low, matrixDrawn.high)}`;
}
function drawSteps(cursor = null) {
  const pair = panel.pairs[Number(which.value)], width = Math.min(widthOf(stepsSvg), 460);
  const ticks = steps => steps.map(step => ({ text: String(step), group: "" }));
  stepsDrawn = heat({ values: pair.phi, rows: ticks(pair.rows), columns: ticks(pair.columns), width, label: 26, cursor });
  put(stepsSvg, stepsDrawn.text, width, stepsDrawn.tall);
  find("steps-scale").innerHTML = `φ ${scaleBar(stepsDrawn.low, stepsDrawn.high)}`;
}
function cells(svg, tip, drawn, redraw, tell, size) {
  const cellAt = (r, c) => ({ r, c, x: drawn().left + c * drawn().cell, y: drawn().top + r * drawn().cell });
  return pointed(svg, tip, {
    redraw, tell,
    first: () => cellAt(0, 0),
    near: (x, y) => {
      const c = Math.floor((x - drawn().left) / drawn().cell), r = Math.floor((y - drawn().top) / drawn().cell), [rows, columns] = size();
      return r >= 0 && c >= 0 && r < rows && c < columns ? cellAt(r, c) : null;
    },
    move: (cursor, along, across) => {
      const [rows, columns] = size();
      return cellAt(Math.min(Math.max(cursor.r + across, 0), rows - 1), Math.min(Math.max(cursor.c + along, 0), columns - 1));
    },
  });
}
const leaveMatrix = cells(matrixSvg, find("matrix-tip"), () => matrixDrawn, drawMatrix,
  ({ r, c }) => `${labelOf(panel.matrix.rows[r])} and ${labelOf(panel.matrix.rows[c])}: s = ${short(panel.matrix.frames[Number(frame.value)][r][c])}`,
  () => [panel.matrix.rows.length, panel.matrix.rows.length]);
const pairNow = () => panel.pairs[Number(which.value)];
const leaveSteps = cells(stepsSvg, find("steps-tip"), () => stepsDrawn, drawSteps,
  ({ r, c }) => `step ${pairNow().rows[r]} of the input, step ${pairNow().columns[c]} of the other: φ = ${short(pairNow().phi[r][c])}`,
  () => [pairNow().rows.length, pairNow().columns.length]);

// CKA
const aligned = find("aligned"), linesSvg = find("lines");
function drawLines() {
  const pair = study.aligned[Number(aligned.value)], width = Math.min(widthOf(linesSvg), 620);
  const series = SERIES.map(([key, name, colour, dashed]) => ({ name, colour, dashed, values: pair[`${key}_steps`], counts: pair.counts }));
  put(linesSvg, lines({ steps: pair.steps, series, width, height: 240 }), width, 240);
  find("lines-key").innerHTML = SERIES.map(([, name, colour, dashed]) => swatch(colour, name, dashed)).join("");
}

function fill() {
  for (const leave of [leavePlane, leaveMatrix, leaveSteps]) leave();
  const inputs = [...new Set(panel.runs.map(run => `${run.algorithm} ${run.input}`))];
  only.innerHTML = option("", "all inputs") + (panel.algorithms.length > 1 ? panel.algorithms.map(name => option(name, `${name}, all`)).join("") : "") + inputs.map(name => option(name, name.replace(/ (\d+)$/, ", pair $1"))).join("");
  for (const [slider, last] of [[until, longest()], [frame, panel.matrix.frames.length - 1]]) {
    slider.max = last; // before the value, which may not exceed it
    slider.value = last;
  }
  which.innerHTML = panel.pairs.map((pair, i) => option(i, `${pair.algorithm}, input ${pair.input} and ${pair.similar ? "its similar input" : `input ${pair.other}`}`)).join("");
  find("with-pairs").hidden = !panel.pairs.length;
  for (const part of all("[data-trial]")) part.hidden = part.dataset.trial !== panel.trial;
  draw();
}
function draw() {
  drawPlane();
  drawMatrix();
  if (panel.pairs.length) drawSteps();
  if (aligned && study.aligned.some(pair => pair.steps.length)) drawLines();
}

for (const input of all('input[name="colour"]')) input.addEventListener("change", () => drawPlane());
only.addEventListener("change", () => drawPlane());
until.addEventListener("input", () => drawPlane());
frame.addEventListener("input", () => drawMatrix());
which.addEventListener("change", () => drawSteps());
aligned?.addEventListener("change", drawLines);
find("trial")?.addEventListener("change", event => { panel = study.panels[Number(event.target.value)]; fill(); });
addEventListener("resize", draw);
fill();

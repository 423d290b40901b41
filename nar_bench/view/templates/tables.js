// Features on pairs of nodes as tables, drawn on canvas: thousands of cells at every step.
const style = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const RAMPS = { light: [[248, 245, 240], [216, 209, 230], [164, 152, 202], [104, 90, 160], [50, 38, 100]], dark: [[30, 34, 42], [62, 54, 96], [104, 90, 156], [164, 150, 208], [228, 220, 244]] };
const DIVERGING = { light: [[166, 66, 28], [226, 160, 120], [248, 246, 240], [120, 170, 190], [20, 80, 120]], dark: [[240, 150, 100], [150, 80, 50], [34, 40, 44], [50, 110, 140], [130, 200, 235]] };
function shade(ramps, share) {
  const ramp = ramps[document.documentElement.classList.contains("dark") ? "dark" : "light"], at = Math.min(Math.max(share, 0), 1) * (ramp.length - 1), low = Math.min(Math.floor(at), ramp.length - 2);
  const rgb = ramp[low].map((one, i) => Math.round(one + (ramp[low + 1][i] - one) * (at - low)));
  return { colour: `rgb(${rgb})`, ink: 0.3 * rgb[0] + 0.59 * rgb[1] + 0.11 * rgb[2] > 130 ? "#1d1a12" : "#fff" };
}
function canvasOf(holder, width, height, label) {
  const canvas = document.createElement("canvas"), sharp = devicePixelRatio || 1;
  canvas.width = width * sharp; canvas.height = height * sharp;
  canvas.style.width = `${width}px`; canvas.style.height = `${height}px`;
  canvas.setAttribute("role", "img"); canvas.setAttribute("aria-label", label);
  holder.append(canvas);
  const pen = canvas.getContext("2d");
  pen.scale(sharp, sharp);
  return [canvas, pen];
}

// Rows and columns in which something ever stands; an empty table is shown whole.
const crops = new Map();
function cropOf(group) {
  const key = group.map(f => f.name).join();
  if (crops.has(key)) return crops.get(key);
  const rows = new Set(), cols = new Set();
  for (const f of group) {
    if (f.type.endsWith("pointer") || f.edges) continue;
    const { values, rows: count, cells } = columns.get(`${f.stage}/${f.name}`), empty = f.type === "categorical" ? -1 : 0;
    for (let i = 0; i < count * cells; i++) if (values[i] !== empty && values[i] !== -1) { rows.add(Math.floor(i % cells / N)); cols.add(i % cells % N); }
  }
  const full = [...Array(N).keys()], sorted = set => set.size ? full.filter(v => v >= Math.min(...set) && v <= Math.max(...set)) : full;
  crops.set(key, [sorted(rows), sorted(cols)]);
  return crops.get(key);
}
const headOf = v => letterOf(v) || String(v);
function paintCell(f, value, node) {
  if (f.type === "mask") return value === 1 ? { colour: hueNow(f), ink: inkOn(hueNow(f)) } : null;
  if (f.type === "categorical") return value < 0 ? null : { colour: FILLS[1 + value % (FILLS.length - 1)], ink: inkOn(FILLS[1 + value % (FILLS.length - 1)]) };
  if (f.type === "scalar") return value === 0 && f.low >= 0 ? null : f.low < 0 ? shade(DIVERGING, 0.5 + value / (2 * Math.max(-f.low, f.high))) : shade(RAMPS, 0.12 + 0.88 * scaled(f, value));
  return value === node || (value === 0 && isQuiet(f)) ? null : shade(RAMPS, 0.15 + 0.85 * value / Math.max(1, N - 1));
}
const hueNow = f => coloured.includes(rootOf(f)) ? hue(f) : "#20667f";
// Some tables hold an infinity, a thousand times all else: what is far above the rest is drawn like the rest's greatest.
const tops = new Map();
function scaled(f, value) {
  if (!tops.has(f)) {
    const sorted = Float32Array.from(columns.get(`${f.stage}/${f.name}`).values).sort(), usual = sorted[Math.floor(sorted.length * 0.98)];
    tops.set(f, f.high > 50 * usual && usual > 0 ? usual : f.high);
  }
  return value / (tops.get(f) || 1);
}
// A pointer that is 0 where it does not count yet: tables of dynamic programming.
const isQuiet = f => scene.kind === "table" && f.type.endsWith("pointer");

function table(holder, f, side, group) {
  const [rows, cols] = cropOf(group), room = Math.min(holder.clientWidth, 620), left = 26, top = 18;
  const cell = Math.max(3.5, Math.min(38, (room - left) / cols.length)), width = Math.ceil(left + cell * cols.length + 1), height = Math.ceil(top + cell * rows.length + 1);
  const [canvas, pen] = canvasOf(holder, width, height, `${f.name}, ${rows.length} by ${cols.length}`);
  const where = event => {
    const box = canvas.getBoundingClientRect(), r = Math.floor((event.clientY - box.top - top) / cell), c = Math.floor((event.clientX - box.left - left) / cell);
    return rows[r] === undefined || cols[c] === undefined ? null : [rows[r], cols[c]];
  };
  canvas.addEventListener("pointermove", event => {
    const at = where(event), i = at && indexOf(f, ...at);
    if (!at || i < 0) return tell();
    const p = position, value = text(f, truth(f, p)[i], at[0]) || "–", guess = said(f, p);
    return tell(event, `${f.name}[${at.join(", ")}]${letterOf(at[0]) ? ` (${letterOf(at[0])}, ${letterOf(at[1])})` : ""}: ${value}${guess ? `, network ${text(f, guess[i], at[0]) || "–"}` : ""}`);
  });
  canvas.addEventListener("pointerleave", () => tell());
  return p => {
    const row = shownOn(side, f, p), old = side === "truth" && before(f, p), bad = side === "said" && wrong(f, p);
    pen.clearRect(0, 0, width, height);
    pen.fillStyle = style("--band"); pen.fillRect(left, top, cell * cols.length, cell * rows.length);
    pen.textAlign = "center"; pen.textBaseline = "middle";
    pen.fillStyle = style("--soft"); pen.font = `${Math.min(11, Math.max(8, cell * 0.6))}px ${style("--sans")}`;
    const every = Math.ceil(13 / cell);
    cols.forEach((v, c) => { if (c % every === 0) pen.fillText(headOf(v), left + (c + 0.5) * cell, top / 2); });
    rows.forEach((v, r) => { if (r % every === 0) pen.fillText(headOf(v), left / 2, top + (r + 0.5) * cell); });
    if (!row) return;
    const sans = style("--sans"), card = style("--card"), soft = style("--soft"), accent = style("--accent"), red = style("--bad"), written = cell >= 19, edge = cell > 7 ? 1 : 0.3;
    const rings = [];
    rows.forEach((u, r) => cols.forEach((v, c) => {
      const i = indexOf(f, u, v);
      if (i < 0) return;
      const x = left + c * cell, y = top + r * cell, value = row[i], colour = paintCell(f, value, u);
      pen.fillStyle = colour ? colour.colour : card; pen.fillRect(x + edge / 2, y + edge / 2, cell - edge, cell - edge);
      const words = f.type === "mask" || (value === 0 && (f.type === "scalar" ? !colour : isQuiet(f))) ? "" : f.type === "scalar" ? number(value, 2).replace(/^0\./, ".") : text(f, value, u);
      if (written && words) {
        pen.fillStyle = colour ? colour.ink : soft;
        pen.font = `${Math.max(8, Math.min(13, (cell - 3) / (0.56 * words.length)))}px ${sans}`;
        if (pen.measureText(words).width < cell) pen.fillText(words, x + cell / 2, y + cell / 2 + 0.5);
      }
      if (bad && bad[i]) rings.push([x, y, "--bad"]);
      else if (old && old[i] !== value) rings.push([x, y, "--accent"]);
    }));
    const thick = cell > 12 ? 2.2 : 1.2;
    for (const [x, y, colour] of rings) { // with a light line within, so that it is seen on every colour
      pen.strokeStyle = colour === "--bad" ? red : accent; pen.lineWidth = thick; pen.strokeRect(x + thick / 2, y + thick / 2, cell - thick, cell - thick);
      if (cell > 12) { pen.strokeStyle = card; pen.lineWidth = 1; pen.strokeRect(x + thick + 0.5, y + thick + 0.5, cell - 2 * thick - 1, cell - 2 * thick - 1); }
    }
  };
}
const places = new Map();
function indexOf(f, u, v) {
  if (!f.edges) return u * N + v;
  if (!places.has(f)) places.set(f, new Map(f.edges.map(([a, b], i) => [a * N + b, i])));
  return places.get(f).get(u * N + v) ?? -1;
}

// Two pictures of all steps have their steps in line; names stand to the left.
const gutterOf = holder => Math.min(120, holder.clientWidth * 0.28);
// Ideas: components downwards, steps across. The idea of step p is written on the way to what is predicted of it.
function ideasIn(holder) {
  const { rows, cells, values } = columns.get("ideas"), most = values.reduce((top, v) => Math.max(top, Math.abs(v)), 1e-9);
  const width = holder.clientWidth, gutter = gutterOf(holder), height = Math.min(280, Math.max(96, cells * 3)), step = (width - gutter) / (T + 1), tall = height / cells;
  holder.innerHTML = "";
  const [, pen] = canvasOf(holder, width, height, `Ideas: ${cells} numbers at each of ${rows} steps, from ${number(-most)} to ${number(most)}`);
  for (let s = 0; s < rows && s < T; s++)
    for (let k = 0; k < cells; k++) {
      pen.fillStyle = shade(DIVERGING, 0.5 + values[s * cells + k] / (2 * most)).colour;
      pen.fillRect(gutter + (s + 1) * step, k * tall, step + 0.4, tall + 0.4);
    }
  [-1, -0.5, 0, 0.5, 1].forEach((share, k) => { pen.fillStyle = shade(DIVERGING, 0.5 + share / 2).colour; pen.fillRect(10 + k * 9, 4, 9, 9); });
  pen.fillStyle = style("--soft"); pen.font = `11px ${style("--sans")}`; pen.fillText(`± ${number(most, 2)}`, 10, 28);
  return cursorOn(holder, gutter, width);
}
// Shares of wrong entries: features downwards, steps across.
function stripIn(holder) {
  const rows = features.filter(f => f.errors.length), width = holder.clientWidth, gutter = gutterOf(holder), tall = 15, height = rows.length * tall, step = (width - gutter) / (T + 1);
  holder.innerHTML = "";
  const [, pen] = canvasOf(holder, width, height, rows.map(f => `${f.name}: ${f.errors.filter(Boolean).length} of ${f.last - f.first + 1} steps with errors`).join("; "));
  pen.font = `12px ${style("--sans")}`; pen.textBaseline = "middle"; pen.textAlign = "right";
  rows.forEach((f, k) => {
    pen.fillStyle = style("--soft"); pen.fillText(f.name, gutter - 8, (k + 0.5) * tall);
    pen.fillStyle = style("--band"); pen.fillRect(gutter, k * tall + 1, width - gutter, tall - 2);
    for (let p = 0; p <= T; p++) {
      if (!isSaid(f, p)) continue;
      const count = f.errors[rowAt(f, p)];
      pen.globalAlpha = count ? 0.3 + 0.7 * Math.sqrt(count / f.counted) : 1;
      pen.fillStyle = style(count ? "--bad" : "--good"); pen.fillRect(gutter + p * step, k * tall + 1, Math.max(1, step - (step > 4 ? 1 : 0)), tall - 2);
      pen.globalAlpha = 1;
    }
  });
  return cursorOn(holder, gutter, width);
}
// A line at the current step, and a click that goes to another.
function cursorOn(holder, gutter, width) {
  const line = document.createElement("div"), step = (width - gutter) / (T + 1);
  line.className = "cursor"; holder.append(line);
  holder.onclick = event => moved(Math.floor((event.clientX - holder.getBoundingClientRect().left - gutter) / step));
  return p => { line.style.left = `${gutter + (p + 0.5) * step}px`; };
}

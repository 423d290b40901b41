"use strict";
// Elements from data. Text becomes text nodes and attributes are set one by one, so that no name is ever read as markup.
const page = JSON.parse(document.getElementById("data").textContent);
const METRICS = Object.keys(page.metrics || {});

function fill(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity))
    if (child !== null && child !== undefined && child !== false)
      made.append(child instanceof Node ? child : document.createTextNode(String(child)));
  return made;
}
const el = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

const plain = text => text.replaceAll("_", " ");
const number = (value, places = 3) => value === null || value === undefined ? "–" : value.toFixed(places);
const whole = value => value === null || value === undefined ? "–" : Math.round(value).toLocaleString("en");
const seconds = value => value === null || value === undefined ? "–" : value < 100 ? value.toFixed(1) : whole(value);
const short = value => value === null || value === undefined ? "–"
  : value >= 1e6 ? `${(value / 1e6).toFixed(1)}M` : value >= 1e4 ? `${Math.round(value / 1e3)}k` : whole(value);
const between = (low, high) => low === null || low === undefined ? "" : `${number(low)} – ${number(high)}`;
const rankText = rank => rank === null ? "–" : rank.low === rank.high ? String(rank.low) : `${rank.low}–${rank.high}`;
const letter = group => group < 26 ? String.fromCharCode(65 + group) : String(group + 1);
const say = text => { document.getElementById("said").textContent = text; };

function select(label, options, onchange, value) {
  const made = el("select", {}, options.map(one => el("option", { value: one[0], selected: one[0] === value }, one[1])));
  made.addEventListener("change", () => onchange(made.value));
  return el("label", { class: "filter" }, label, made);
}
function choice(label, name, options, onchange) {
  return el("fieldset", { class: "switch" }, el("legend", {}, label), options.map(([value, text], i) => {
    const input = el("input", { type: "radio", name, value, checked: i === 0 });
    input.addEventListener("change", () => onchange(value));
    return el("label", {}, input, text);
  }));
}
const section = (title, note, ...children) => el("section", { class: "panel" },
  el("h2", {}, title, note ? el("small", {}, note) : null), children);
const scroll = (label, child) => el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label }, child);
const list = (items, ordered) => el(ordered ? "ol" : "ul", {}, items.map(one => el("li", {}, one)));
const badge = state => el("span", { class: `badge state-${state}`, title: (page.states || {})[state] }, state);

// An interval on [0, 1] as a dot with a bar, and a tick where chance is.
function strip(mean, chance, colour) {
  if (!mean) return null;
  const x = value => 2 + 116 * Math.min(Math.max(value, 0), 1);
  return svg("svg", { class: "strip", viewBox: "0 0 120 14", "aria-hidden": "true" },
    svg("line", { class: "grid", x1: 2, x2: 118, y1: 7, y2: 7 }),
    chance === null || chance === undefined ? null : svg("line", { class: "tickmark", x1: x(chance), x2: x(chance), y1: 2, y2: 12 }),
    mean[1] === null ? null : svg("line", { class: "bar", x1: x(mean[1]), x2: x(mean[2]), y1: 7, y2: 7, style: `stroke:${colour || "var(--accent)"}` }),
    svg("circle", { cx: x(mean[0]), cy: 7, r: 3.6, style: `fill:${colour || "var(--accent)"}` }));
}
const mark = (kind, x, y, size = 4) => ({
  circle: `M${x - size},${y}a${size},${size} 0 1,0 ${2 * size},0a${size},${size} 0 1,0 ${-2 * size},0`,
  square: `M${x - size * .9},${y - size * .9}h${size * 1.8}v${size * 1.8}h${-size * 1.8}z`,
  diamond: `M${x},${y - size * 1.25}l${size * 1.25},${size * 1.25}l${-size * 1.25},${size * 1.25}l${-size * 1.25},${-size * 1.25}z`,
  triangle: `M${x},${y - size * 1.25}l${size * 1.25},${size * 2.1}h${-size * 2.5}z`,
}[kind]);

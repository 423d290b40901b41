"use strict";
const main = document.getElementById("main"), about = page.board;
const told = row => row.submission ? `${row.method} · ${row.submission}` : row.method;
let metric = about.metric, most = 8;
const drawn = new Map(page.rows.slice(0, 6).map((row, i) => [row.key, i]));
const colour = row => drawn.has(row.key) ? COLOURS[drawn.get(row.key) % 8] : "var(--soft)";
main.append(el("header", {}, el("h1", {}, page.algorithm), el("p", { class: "lead" }, `${page.category} · ${about.title}, suite ${about.suite}`),
  el("div", { class: "controls" }, choice("Metric", "metric", [about.metric, ...METRICS.filter(one => one !== about.metric)].map(one => [one, plain(one)]), value => { metric = value; refresh(); }))));
const what = el("p", { class: "what" }), figure = el("div"), legend = el("div", { class: "legend" });
const mean = (row, size) => {
  const at = page.sizes.indexOf(size), found = (row.curves[metric] || []).map(curve => curve[at]);
  return found.length && found.every(value => value !== null) ? found.reduce((a, b) => a + b, 0) / found.length : null;
};
const spread = (row, size) => {
  const at = page.sizes.indexOf(size), found = (row.curves[metric] || []).map(curve => curve[at]).filter(value => value !== null);
  return found.length > 1 ? `${number(Math.min(...found))} – ${number(Math.max(...found))}` : null;
};
const toggle = row => {
  const box = el("input", { type: "checkbox", "aria-label": `draw ${told(row)}` });
  box.checked = drawn.has(row.key);
  box.addEventListener("change", () => {
    let free = 0; while ([...drawn.values()].includes(free)) free++;
    box.checked ? drawn.set(row.key, free) : drawn.delete(row.key); refresh();
  });
  return el("span", { class: "pick", style: `color:${colour(row)}` }, box);
};
const columns = [
  { title: "method", text: true, value: told, show: row => [toggle(row), el("span", { class: "name" }, el("a", { href: `../methods/${row.key}.html` }, row.method), row.submission ? el("small", {}, row.submission) : null)] },
  ...page.sizes.map(size => ({ title: `n = ${size}${size > page.bound ? " *" : ""}`, help: size > page.bound ? "out of distribution" : "in distribution", right: true,
    value: row => mean(row, size), show: row => [number(mean(row, size)), el("small", {}, spread(row, size))] })),
  { title: "95 % interval", help: `of ${plain(about.metric)} at n = ${page.at}, over seeds`, right: true, value: row => row.mean && row.mean[1], show: row => row.mean ? el("span", { title: row.mean[3] || null }, between(row.mean[1], row.mean[2]) || "one seed") : "–" },
  { title: "", help: "the interval drawn from 0 to 1; the tick is chance", show: row => strip(row.mean, page.chance[page.sizes.indexOf(page.at)], colour(row)) },
  { title: "solved", help: `share of seeds that reach ${about.solved_from}`, right: true, value: row => row.solved && row.solved[0], show: row => row.solved ? [number(row.solved[0], 2), el("small", {}, `${number(row.solved[1], 2)} – ${number(row.solved[2], 2)}`)] : "–" },
  { title: "N90", help: "largest size up to which 90 % of the in-distribution score is shown to be kept", right: true, value: row => row.n90 && row.n90[0], show: row => row.n90 ? row.n90[1].replace(">=", "≥") : "–" },
  { title: "seeds", right: true, value: row => row.seeds.length, show: row => String(row.seeds.length) },
  { title: "state", text: true, value: row => row.state, show: row => [badge(row.state), row.standing === "ranked" ? null : el("small", { class: row.standing === "incomplete" ? null : "warning" }, row.standing)] },
];
const bound = (name, value) => el("tr", {}, columns.map((column, i) => i === 0 ? el("th", { scope: "row" }, name)
  : el("td", { class: column.right ? "number" : null }, i <= page.sizes.length ? value(i - 1) : "")));
const chance = bound("chance", () => ""), oracle = bound("oracle", () => "1.000");
const made = table(`Numbers of ${page.algorithm}`, columns, page.rows, { most: 100, bounds: [[oracle, chance]], row: row => ({ "data-key": row.key }) });
main.append(section("Size curves", "every seed", what, figure, legend), section("Numbers", "means over seeds; least and greatest seed below", made.element));
function refresh() {
  what.textContent = `${plain(metric)} — ${page.metrics[metric]}.`;
  const picked = page.rows.filter(row => drawn.has(row.key) && row.curves[metric]);
  const levels = metric === "score" ? page.chance : metric === "chance_corrected" ? page.sizes.map(() => 0) : [];
  figure.replaceChildren(page.sizes.length ? curves(`${plain(metric)} of ${page.algorithm} against size`, page.sizes, picked.map(row => ({
    name: told(row), colour: colour(row), mark: MARKS[drawn.get(row.key) % 4], seeds: row.seeds, curves: row.curves[metric] })), {
    bound: page.bound, chance: levels,
    reported: page.reported.filter(one => one.metric === metric && one.point === about.point && page.sizes.includes(one.size)).map(one => ({ size: one.size, value: one.value, label: `reported: ${one.model}, ${one.paper}: ${one.score}` })) })
    : el("p", { class: "empty" }, "No record yet."));
  legend.replaceChildren(...picked.map(row => el("span", {}, el("i", { class: "swatch", style: `background:${colour(row)}` }), told(row))),
    page.reported.length ? el("span", {}, el("i", { class: "swatch hollow" }), "reported by others, not ranked") : "");
  [...chance.cells].slice(1, 1 + page.sizes.length).forEach((cell, i) => { cell.textContent = number(levels[i]); });
  made.redraw();
}
refresh();
if (page.reported.length) main.append(section("Reported", "printed by others, who trained otherwise; never ranked with the rows above", table("Reported numbers", [
  { title: "model", text: true, value: one => one.model, show: one => one.model },
  { title: "score", right: true, value: one => one.value, show: one => [one.score, one.spread_is ? el("small", { class: "wrap" }, one.spread_is) : null] },
  { title: "metric", text: true, value: one => one.metric, show: one => plain(one.metric) },
  { title: "n", right: true, value: one => one.size, show: one => String(one.size) },
  { title: "point", text: true, value: one => one.point, show: one => one.point },
  { title: "paper", text: true, value: one => one.paper, show: one => one.paper },
  { title: "protocol", show: one => one.protocol }, { title: "source", show: one => one.source }], page.reported, { most: 60 }).element));

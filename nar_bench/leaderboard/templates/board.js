"use strict";
const main = document.getElementById("main"), about = page.board;
const metric = plain(about.metric), ranked = page.rows.filter(row => row.rank), apart = page.rows.filter(row => !row.rank);
const href = row => `methods/${row.key}.html`;
const named = row => [el("a", { href: href(row) }, row.method), row.submission ? el("small", {}, row.submission) : null];
const told = row => row.submission ? `${row.method} · ${row.submission}` : row.method;
// The first eight by rank are drawn at first; a colour is a method's as long as it is drawn.
const drawn = new Map();
const draw = row => { let free = 0; while ([...drawn.values()].includes(free)) free++; drawn.set(row.key, free); };
ranked.slice(0, 6).forEach(draw);
const colour = row => drawn.has(row.key) ? COLOURS[drawn.get(row.key) % 8] : "var(--soft)";
const shape = row => drawn.has(row.key) ? MARKS[drawn.get(row.key) % 4] : "circle";
const wanted = { text: "", category: "", regime: "", track: "", state: "" };
const keep = row => (!wanted.text || told(row).toLowerCase().includes(wanted.text)) && (!wanted.regime || row.regime === wanted.regime)
  && (!wanted.track || row.track === wanted.track) && (!wanted.state || row.state === wanted.state);
const columnsOf = category => page.algorithms.map((one, i) => [one, i]).filter(([one]) => !category || one.category === category);
// Of one family the mean is taken anew, over its algorithms alone; ranks are of all algorithms and are not shown then.
function family(row) {
  const found = columnsOf(wanted.category).map(([, i]) => row.cells[i]);
  return found.every(value => value !== null) && found.length ? found.reduce((a, b) => a + b, 0) / found.length : null;
}
const pooled = about.pooling === "algorithms" ? 0 : 1;

const facts = [
  `suite ${about.suite}`, `${metric} at n = ${about.size}`, `mean over ${page.averages[pooled]}`,
  `seeds ${about.seeds.join(", ")}`, `track: ${about.track}`, `in distribution: n ≤ ${about.bound}`,
];
main.append(el("header", {}, el("h1", {}, about.title), el("p", { class: "lead" }, about.summary),
  el("ul", { class: "facts" }, facts.map(one => el("li", {}, one)))));

const regimes = [...new Set(page.rows.map(row => row.regime))].sort(), tracks = [...new Set(page.rows.map(row => row.track))].sort();
const states = Object.keys(page.states).filter(state => page.rows.some(row => row.state === state));
const all = label => [["", label]];
const search = el("input", { type: "search", id: "search", placeholder: "method", oninput: () => { wanted.text = search.value.toLowerCase(); refresh(); } });
main.append(el("div", { class: "controls" },
  el("label", { class: "filter" }, "Search", search),
  select("Family", [...all("all algorithms"), ...about.categories.map(one => [one, one])], value => { wanted.category = value; refresh(); }),
  select("Regime", [...all("all"), ...regimes.map(one => [one, one])], value => { wanted.regime = value; refresh(); }),
  select("Track", [...all("all"), ...tracks.map(one => [one, one])], value => { wanted.track = value; refresh(); }),
  states.length ? select("State", [...all("all"), ...states.map(one => [one, one])], value => { wanted.state = value; refresh(); }) : null));

const toggle = row => {
  const box = el("input", { type: "checkbox", "aria-label": `draw ${told(row)}`, disabled: !row.curve });
  box.checked = drawn.has(row.key);
  box.addEventListener("change", () => { box.checked ? draw(row) : drawn.delete(row.key); redraw(); });
  return el("span", { class: "pick", style: `color:${colour(row)}` }, box);
};
const [EXACT, VALID, CORRECTED] = ["exact_match", "validity", "chance_corrected"].map(name => METRICS.indexOf(name));
const machineLetter = row => row.machines.map(letter).join("");
const score = row => wanted.category ? family(row) : row.mean && row.mean[0];
const chanceAt = () => page.chance_averages[pooled];
const columns = [
  { title: "rank", help: "every rank that the seeds leave open, for all methods at once", value: row => wanted.category ? null : row.rank && row.rank.low + row.rank.high / 1e4, upwards: true,
    show: row => wanted.category ? "–" : el("b", { title: row.rank ? `rank of the mean ${row.rank.at}; without any one algorithm ${row.rank.without.join("–")}` : null }, rankText(row.rank)), right: true },
  { title: "ties", help: "tie groups: neighbours of whom no two could be told apart",
    show: row => wanted.category || !row.rank ? "–" : row.rank.groups.slice(0, 4).map(group => el("span", { class: "group" }, letter(group))).concat(row.rank.groups.length > 4 ? "…" : []) },
  { title: "method", text: true, value: told, show: row => [toggle(row), el("span", { class: "name" }, named(row))] },
  { title: `${metric}, ${page.averages[pooled]}`, help: `mean over ${page.averages[pooled]}, by which is ranked, with its 95 % interval over seeds`, value: score, right: true,
    show: row => [el("b", {}, number(score(row))), !wanted.category && row.mean ? el("small", { title: row.mean[3] || null }, between(row.mean[1], row.mean[2]) || "one seed") : null] },
  { title: "", help: "the interval drawn from 0 to 1; the tick is chance", show: row => strip(wanted.category ? score(row) === null ? null : [score(row), null, null] : row.mean, wanted.category ? null : chanceAt(), colour(row)) },
  { title: page.averages[1 - pooled], help: `mean over ${page.averages[1 - pooled]}, not ranked by`, right: true, value: row => row.averages[1 - pooled], show: row => number(row.averages[1 - pooled]) },
  { title: "solved", help: `share of trials that reach ${about.solved_from}, with Wilson's interval`, right: true, value: row => row.solved && row.solved[0],
    show: row => row.solved ? [number(row.solved[0], 2), el("small", {}, `${number(row.solved[1], 2)} – ${number(row.solved[2], 2)}`)] : "–" },
  { title: "N90", help: "largest size up to which 90 % of the in-distribution score is shown to be kept", right: true, value: row => row.n90 && row.n90[0], show: row => row.n90 ? row.n90[1].replace(">=", "≥") : "–" },
  { title: "valid", help: page.metrics.validity, right: true, value: row => row.means[VALID], show: row => number(row.means[VALID]) },
  { title: "exact", help: page.metrics.exact_match, right: true, value: row => row.means[EXACT], show: row => number(row.means[EXACT]) },
  { title: "above chance", help: page.metrics.chance_corrected, right: true, value: row => row.means[CORRECTED], show: row => number(row.means[CORRECTED]) },
  { title: "weights", help: "trained numbers of a trial's networks, mean over trials", right: true, upwards: true, value: row => row.cost[0], show: row => short(row.cost[0]) },
  { title: "train s", help: "seconds of training, mean over trials; comparable within one machine (its letter) alone", right: true, upwards: true,
    value: row => row.machines.length === 1 ? row.machines[0] * 1e9 + row.cost[1] : null, show: row => [seconds(row.cost[1]), el("small", {}, machineLetter(row))] },
  { title: "MiB", help: "most memory that a process held; comparable within one machine (its letter) alone", right: true, upwards: true,
    value: row => row.machines.length === 1 && row.cost[3] !== null ? row.machines[0] * 1e9 + row.cost[3] : null, show: row => whole(row.cost[3]) },
  { title: "seeds", help: "of the board's seeds, those that are there on every algorithm", right: true, value: row => row.seeds, show: row => String(row.seeds) },
  { title: "covered", help: "algorithms with all seeds", right: true, value: row => row.covered, show: row => `${row.covered}/${page.algorithms.length}` },
  { title: "state", text: true, value: row => row.state, show: row => badge(row.state) },
];
const bound = (name, averages, corrected) => el("tr", {}, columns.map((column, i) =>
  i === 2 ? el("th", { scope: "row" }, name) : el("td", { class: column.right ? "number" : null },
    i === 3 ? number(averages[pooled]) : i === 4 ? strip(averages[pooled] === null ? null : [averages[pooled], null, null], null, "var(--soft)")
      : i === 5 ? number(averages[1 - pooled]) : column.title === "above chance" ? number(corrected) : "")));
const standings = table("Standings", columns, ranked, { keep, head: 2, most: 100, row: row => ({ "data-key": row.key }),
  bounds: [[bound("oracle", [1, 1], 1), bound("chance", page.chance_averages, 0)]] });
const note = el("p", { class: "what" });
main.append(section("Standings", `${ranked.length} complete method${ranked.length === 1 ? "" : "s"}`, ranked.length ? null : el("p", { class: "empty" }, "No complete method yet: ", "chance and oracle stand alone."), standings.element, note));

const figure = el("div"), legend = el("div", { class: "legend" }), costs = el("div");
const machines = [["", "all machines"], ...page.machines.map((one, i) => [String(i), `${letter(i)}: ${one}`])];
let cost = "0", machine = "";
const costNames = [["0", "weights"], ["1", "seconds of training"], ["2", "seconds of evaluation"], ["3", "MiB of memory"]];
const machineFilter = select("Machine", machines, value => { machine = value; redraw(); });
if (ranked.length) main.append(el("div", { class: "two" },
  section("Size curves", "mean over algorithms, every seed", figure, legend),
  section(`Cost against ${metric}`, null, el("div", { class: "controls" }, select("Cost", costNames, value => { cost = value; redraw(); }), machineFilter), costs)));
function redraw() {
  standings.redraw();
  if (!ranked.length) return;
  const picked = ranked.filter(row => drawn.has(row.key) && keep(row));
  const sizes = [...new Set(ranked.flatMap(row => Object.keys(row.curve).map(Number)))].sort((a, b) => a - b);
  figure.replaceChildren(picked.length && sizes.length ? curves(`${metric} against size, mean over algorithms`, sizes, picked.map(row => ({
    name: told(row), colour: colour(row), mark: shape(row), seeds: about.seeds,
    curves: about.seeds.map((_, k) => sizes.map(size => row.curve[size] ? row.curve[size][k] : null)) })), { bound: about.bound })
    : el("p", { class: "empty" }, "Choose methods in the table to draw them."));
  legend.replaceChildren(...picked.map(row => el("span", {}, el("i", { class: "swatch", style: `background:${colour(row)}` }), told(row))));
  // Seconds and memory of two machines say nothing of each other, so they are never in one figure.
  const timed = cost !== "0", only = timed && machine === "" && page.machines.length > 1 ? "0" : machine;
  machineFilter.querySelector("select").value = only;
  const points = ranked.filter(row => keep(row) && (only === "" || row.machines.length === 1 && String(row.machines[0]) === only));
  costs.replaceChildren(scatter(`${metric} against ${costNames[+cost][1]}`, `${costNames[+cost][1]}, logarithmic`, points.map(row => ({
    x: row.cost[+cost], mean: row.mean, href: href(row), colour: colour(row), mark: shape(row), label: `${told(row)}: ${number(row.mean[0])}, ${costNames[+cost][1]} ${whole(row.cost[+cost])}` }))));
}

const heat = el("div");
let heatMost = 60;
main.append(section("Every algorithm", `${metric} at n = ${about.size}, mean over seeds`, heat));
function drawHeat() {
  const shown = columnsOf(wanted.category), rows = page.rows.filter(keep), visible = rows.slice(0, heatMost);
  const cell = value => value === null || value === undefined ? el("td", { class: "none" }, "–")
    : el("td", { class: value >= .8 ? "heat high" : value >= .5 ? "heat middle" : "heat", style: `--heat:${Math.round(Math.min(Math.max(value, 0), 1) * 100)}%` }, value.toFixed(2).replace(/^0/, "").replace(/^(-?)0/, "$1"));
  const line = (name, values) => el("tr", {}, el("th", { scope: "row" }, name), shown.map(([, i]) => cell(values[i])));
  heat.replaceChildren(scroll("Every method on every algorithm", el("table", { class: "heatmap" },
    el("caption", { class: "hidden" }, `${metric} of every method on every algorithm`),
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "method"), shown.map(([one]) => el("th", { scope: "col", class: "tilted", title: one.category },
      el("a", { href: `algorithms/${one.slug}.html` }, one.name))))),
    el("tbody", {}, visible.map(row => line(el("a", { href: href(row), class: row.rank ? null : "apart" }, told(row)), row.cells))),
    el("tbody", { class: "bounds" }, line("chance", page.chance), line("oracle", page.algorithms.map(() => 1))))),
    rows.length > heatMost ? el("button", { type: "button", class: "more", onclick: () => { heatMost = Infinity; drawHeat(); } }, `Show all ${rows.length}`) : []);
}
function refresh() {
  note.textContent = wanted.category ? `${metric}: the mean over ${columnsOf(wanted.category).length} algorithms of ${wanted.category}. Ranks and ties are of all algorithms, so none are shown.` : "";
  redraw(); drawHeat(); drawApart();
  say(`${ranked.filter(keep).length} of ${ranked.length} methods.`);
}

const apartBody = el("tbody");
if (apart.length) main.append(section("Apart", "not ranked and not averaged: what is missing would be filled by what happens to be there",
  scroll("Methods that are not ranked", el("table", {}, el("caption", { class: "hidden" }, "Methods that are not ranked"),
    el("thead", {}, el("tr", {}, ["method", "standing", "why", "covered", "state"].map(one => el("th", { scope: "col" }, one)))), apartBody))));
function drawApart() {
  apartBody.replaceChildren(...apart.filter(keep).map(row => el("tr", {}, el("th", { scope: "row" }, named(row)),
    el("td", { class: row.standing === "incomplete" ? null : "warning" }, row.standing), el("td", {}, row.why.slice(0, 4).join("; "), row.why.length > 4 ? ` and ${row.why.length - 4} more` : ""),
    el("td", {}, `${row.covered}/${page.algorithms.length}`), el("td", {}, badge(row.state)))));
}
if (page.reported.length) {
  const cells = [
    { title: "of", text: true, value: one => one.name || one.kind, show: one => one.name || one.kind },
    { title: "model", text: true, value: one => one.model, show: one => one.model },
    { title: "score", right: true, value: one => one.value, show: one => [one.score, one.spread_is ? el("small", { class: "wrap" }, one.spread_is) : null] },
    { title: "n", right: true, value: one => one.size, show: one => String(one.size) },
    { title: "paper", text: true, value: one => one.paper, show: one => one.paper },
    { title: "protocol", show: one => one.protocol }, { title: "source", show: one => one.source },
  ];
  main.append(section("Reported", "printed by others, who trained otherwise; never ranked with the methods above",
    table("Reported means", cells, page.reported, { most: 40, head: 1 }).element,
    el("ul", { class: "what" }, Object.entries(page.kinds).filter(([kind]) => page.reported.some(one => one.kind === kind)).map(([kind, what]) => el("li", {}, el("b", {}, kind), ` — ${what}.`)))));
}
if (page.reported_models) main.append(el("p", { class: "what" }, `Reported numbers of single algorithms stand on each algorithm's page (${page.reported_models} models in all).`));
for (const [title, items] of [["Refused", page.refused], ["Failed trials", page.failed], ["Damaged records, left out", page.damaged]])
  if (items.length) main.append(section(title, null, list(items)));
main.append(el("footer", {},
  el("h2", {}, "Download"), el("p", {}, ["standings.csv", "standings.json", "standings.tex", "scores.csv"].map(file => el("a", { href: file, download: true, class: "file" }, file))),
  el("h2", {}, "How to read this"),
  el("p", {}, "Rank: every rank that the seeds leave open, for all methods at once (95 %). Ties: neighbours of whom no two could be told apart, which does not say that they are equal; a method may be in several. "
    + "Intervals are over training seeds, never over test items. Chance is the best answer that does not look at the input; oracle is the algorithm itself. "
    + "Seconds and memory can be compared only within one machine. An incomplete method is not averaged over fewer cells."),
  el("ul", {}, METRICS.map(name => el("li", {}, el("b", {}, plain(name)), ` — ${page.metrics[name]}.`)),
    Object.entries(page.states).map(([state, what]) => el("li", {}, badge(state), ` — ${what}.`))),
  page.machines.length ? [el("h2", {}, "Machines"), el("ul", {}, page.machines.map((one, i) => el("li", {}, el("b", {}, letter(i)), ` — ${one}`)))] : null));
refresh();

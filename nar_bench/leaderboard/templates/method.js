"use strict";
const main = document.getElementById("main"), about = page.board;
let metric = about.metric;
const chip = (title, value, more) => el("div", { class: "chip" }, el("dt", {}, title), el("dd", {}, value, more ? el("small", {}, more) : null));
main.append(el("header", {}, el("h1", {}, page.method), el("p", { class: "lead" }, page.submission ? `submission ${page.submission} · ` : "", `${about.title}, suite ${about.suite} `, badge(page.state)),
  page.standing === "ranked" ? null : el("p", { class: "warning" }, `${page.standing}: ${page.why.slice(0, 6).join("; ")}${page.why.length > 6 ? ` and ${page.why.length - 6} more` : ""}`),
  el("dl", { class: "chips" },
    chip("rank", rankText(page.rank), page.rank ? `without any one algorithm ${page.rank.without.join("–")}` : "not ranked"),
    Object.entries(page.averages).map(([name, value]) => chip(`mean over ${name}`, number(value))),
    chip("95 % interval", page.mean ? between(page.mean[1], page.mean[2]) || "none" : "–", page.mean && page.mean[3]),
    chip("solved", page.solved ? number(page.solved[0], 2) : "–", page.solved ? `${number(page.solved[1], 2)} – ${number(page.solved[2], 2)}` : null),
    chip("N90", page.n90 ? page.n90.replace(">=", "≥") : "–"),
    chip("weights", whole(page.costs.parameters)), chip("training", `${seconds(page.costs.train_seconds)} s`, "mean over trials"),
    chip("evaluation", `${seconds(page.costs.evaluate_seconds)} s`), chip("memory", page.costs.memory === null ? "–" : `${whole(page.costs.memory)} MiB`)),
  el("div", { class: "controls" }, choice("Metric", "metric", [about.metric, ...METRICS.filter(one => one !== about.metric)].map(one => [one, plain(one)]), value => { metric = value; refresh(); }))));
const grid = el("div", { class: "small-multiples" }), what = el("p", { class: "what" });
main.append(section("Every algorithm", "every seed; dashed is chance, shaded is in distribution", what, grid));
function refresh() {
  what.textContent = `${plain(metric)} — ${page.metrics[metric]}.`;
  grid.replaceChildren(...page.tracks.map(track => el("figure", {}, el("figcaption", {}, el("a", { href: `../algorithms/${track.slug}.html` }, track.name), el("small", {}, track.category)),
    curves(`${plain(metric)} of ${track.name} against size`, track.sizes, [{ name: page.method, colour: COLOURS[0], mark: "circle", seeds: track.seeds, curves: track.curves[metric] || [] }],
      { bound: track.bound, chance: metric === "score" ? track.chance : [], small: true }))));
}
refresh();
main.append(section("Numbers", "at the size that is ranked", table("Numbers of every algorithm", [
  { title: "algorithm", text: true, value: one => one.name, show: one => el("a", { href: `../algorithms/${one.slug}.html` }, one.name) },
  { title: "family", text: true, value: one => one.category, show: one => one.category },
  { title: "n", right: true, value: one => one.at, show: one => String(one.at) },
  ...METRICS.map((name, i) => ({ title: plain(name), help: page.metrics[name], right: true, value: one => one.means[i], show: one => number(one.means[i]) })),
  { title: "95 % interval", help: `of ${plain(about.metric)}, over seeds`, right: true, value: one => one.mean && one.mean[1], show: one => one.mean ? between(one.mean[1], one.mean[2]) || "one seed" : "–" },
  { title: "", help: "the interval drawn from 0 to 1; the tick is chance", show: one => strip(one.mean, one.chance[one.sizes.indexOf(one.at)]) },
  { title: "solved", right: true, value: one => one.solved && one.solved[0], show: one => one.solved ? number(one.solved[0], 2) : "–" },
  { title: "N90", right: true, value: one => one.n90 && one.n90[0], show: one => one.n90 ? one.n90[1].replace(">=", "≥") : "–" },
  { title: "seeds", right: true, value: one => one.seeds.length, show: one => one.seeds.join(", ") }], page.tracks).element));
for (const [title, items] of [["Findings", page.findings], ["Failed trials", page.failures], ["How it came about", [...page.how, ...page.costs.machines.map(one => `ran on ${one}`)]]])
  if (items.length) main.append(section(title, null, list(items)));
main.append(section("Options", "of its trials", scroll("Options", el("table", { class: "options" }, el("tbody", {}, page.options.map(([name, value]) =>
  el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, value))))))));

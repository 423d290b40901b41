"use strict";
const main = document.getElementById("main");
main.append(
  el("h1", {}, "Boards"),
  el("p", { class: "lead" }, "How far what networks learn about algorithms at small sizes holds at large ones, and how surely that is known."),
  page.boards.length ? el("div", { class: "cards" }, page.boards.map(board => el("a", { class: "card", href: `${board.folder}/index.html` },
    el("h2", {}, board.title), el("p", {}, board.summary),
    el("p", { class: "facts" }, `suite ${board.suite} · ${board.algorithms} algorithms`),
    el("p", { class: "counts" },
      el("span", {}, el("b", {}, String(board.ranked)), " ranked"), el("span", {}, el("b", {}, String(board.apart)), " apart"),
      el("span", {}, el("b", {}, String(board.reported)), " reported")),
    board.best.length ? el("p", { class: "facts" }, `nothing is shown to be better than: ${board.best.slice(0, 3).join(", ")}${board.best.length > 3 ? ` and ${board.best.length - 3} more` : ""}`) : null)))
    : el("p", { class: "empty" }, "No finished trial yet."));
if (page.failed.length) main.append(section("Failed trials", null, list(page.failed)));
if (page.damaged.length) main.append(section("Damaged records, left out", null, list(page.damaged)));

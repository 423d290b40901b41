"use strict";
const root = document.documentElement;
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

for (const input of all('input[name="metric"]'))
  input.addEventListener("change", () => { root.dataset.metric = input.value; });

const algorithm = document.getElementById("algorithm"), method = document.getElementById("method");
function filter() {
  for (const panel of all(".panel[data-algorithm]"))
    panel.hidden = algorithm.value !== "" && panel.dataset.algorithm !== algorithm.value;
  for (const part of all("[data-method]"))
    part.toggleAttribute("hidden", method.value !== "" && part.dataset.method !== method.value);
}
algorithm.addEventListener("change", filter);
method.addEventListener("change", filter);

function valueOf(row, column, kind) {
  const cell = row.cells[column];
  if (kind === "text") return cell.textContent.trim();
  const shown = cell.querySelector(`.m-${root.dataset.metric}[data-value]`) || cell;
  return Number(shown.dataset.value);
}
for (const button of all("button[data-sort]"))
  button.addEventListener("click", () => {
    const head = button.closest("th"), body = button.closest("table").tBodies[0], kind = button.dataset.sort;
    const down = head.getAttribute("aria-sort") !== (kind === "text" ? "ascending" : "descending") === (kind !== "text");
    for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const sign = down ? -1 : 1;
    const rows = [...body.rows].sort((a, b) => {
      const x = valueOf(a, head.cellIndex, kind), y = valueOf(b, head.cellIndex, kind);
      return sign * (x < y ? -1 : x > y ? 1 : 0);
    });
    body.append(...rows);
  });

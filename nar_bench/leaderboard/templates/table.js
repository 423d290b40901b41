"use strict";
// A table that sorts by any column, both ways; what has no value stands last whichever way, and bounds stay at the foot.
// columns: {title, help, value(row), show(row), right, text, width}; a column with text sorts upwards first.
function table(caption, columns, rows, options = {}) {
  const body = el("tbody"), foot = (options.bounds || []).map(group => el("tbody", { class: "bounds" }, group));
  const heads = columns.map((column, place) => {
    const cell = el("th", { scope: "col", class: place === (options.head || 0) ? "key" : column.right ? "number" : null, title: column.help });
    cell.append(column.value
      ? el("button", { type: "button", onclick: () => sort(place, cell) }, column.title)
      : column.title || el("span", { class: "hidden" }, column.help || ""));
    return cell;
  });
  const made = el("table", { class: "named" }, el("caption", { class: "hidden" }, caption), el("thead", {}, el("tr", {}, heads)), body, foot);
  let order = rows.slice(), shown = options.most || Infinity;
  const more = el("button", { type: "button", class: "more", onclick: () => { shown = Infinity; draw(); } });
  const rowOf = options.row || (() => ({}));
  function draw() {
    const visible = order.filter(options.keep || (() => true));
    body.replaceChildren(...visible.slice(0, shown).map(row => el("tr", rowOf(row), columns.map((column, i) =>
      i === (options.head || 0) ? el("th", { scope: "row" }, column.show(row)) : el("td", { class: column.right ? "number" : null }, column.show(row))))));
    more.hidden = visible.length <= shown;
    more.textContent = `Show all ${visible.length}`;
    if (options.drawn) options.drawn(visible);
  }
  function sort(place, cell) {
    const column = columns[place], now = cell.getAttribute("aria-sort");
    const first = column.text || column.upwards ? "ascending" : "descending";
    const way = now === first ? (first === "ascending" ? "descending" : "ascending") : first;
    for (const head of heads) head.removeAttribute("aria-sort");
    cell.setAttribute("aria-sort", way);
    const sign = way === "ascending" ? 1 : -1;
    order = rows.map((row, i) => [column.value(row), i, row]).sort(([a, i], [b, j]) => {
      const lacksA = a === null || a === undefined, lacksB = b === null || b === undefined;
      if (lacksA || lacksB) return lacksA - lacksB || i - j;
      return sign * (a < b ? -1 : a > b ? 1 : 0) || i - j;
    }).map(one => one[2]);
    draw();
    say(`Sorted by ${column.title}, ${way}.`);
  }
  draw();
  return { element: el("div", {}, scroll(caption, made), more), redraw: draw, table: made };
}

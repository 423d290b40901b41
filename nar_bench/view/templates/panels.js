// Everything in words and numbers: what has just happened, the source, values on nodes and on the graph.
const HINTS = features.filter(f => f.stage === "hint");
const some = (list, most, word) => list.length > most ? `${list.slice(0, most).join(", ")} and ${list.length - most} more ${word}` : list.join(", ");
function value(f, v, node) {
  if (f.type.endsWith("pointer") && v === node) return "itself";
  return f.words[v] ?? (f.type === "mask" && v >= 0 ? String(v) : text(f, v, node) || "nothing");
}

function toldChange(f, p) {
  const changed = changes(f, p), now = truth(f, p);
  if (!changed.length) return "";
  if (f.location === "graph") return `${f.name} becomes ${value(f, now[0])}`;
  if (f.type === "mask_one") return `${f.name} moves to ${named(now[0])}`;
  const entry = i => f.location === "node" ? `${named(i)}${verb(f, now[i], i)}` : `[${pairOf(f, i).join(", ")}]${verb(f, now[i], pairOf(f, i)[0])}`;
  return `${f.name}: ${some(changed.map(entry), 5, "changes")}`;
}
const named = node => letterOf(node) ? `${node} (${letterOf(node)})` : String(node);
function verb(f, v, node) {
  if (f.type === "mask") return v === 1 ? " in" : v === 0 ? " out" : " masked";
  return f.type.endsWith("pointer") ? v === node ? " → itself" : ` → ${v}` : ` = ${value(f, v, node)}`;
}
function toldErrors(p) {
  const bad = features.filter(f => isSaid(f, p) && f.errors[rowAt(f, p)]);
  return bad.map(f => {
    const marks = wrong(f, p), guess = said(f, p), right = truth(f, p), at = [];
    marks.forEach((mark, i) => { if (mark) at.push(i); });
    const place = i => f.location === "graph" || f.type === "mask_one" ? "" : f.location === "node" ? `node ${i} ` : `[${pairOf(f, i).join(", ")}] `;
    const node = i => f.location === "edge" ? pairOf(f, i)[0] : i;
    return `${f.name}: ${some(at.map(i => `${place(i)}says ${value(f, guess[i], node(i))}, is ${value(f, right[i], node(i))}`), 4, "errors")}`;
  });
}
const headline = p => p === T ? "Output" : `Step ${p} of ${T - 1}`;
function tellNow(p) {
  find("at").textContent = headline(p);
  const parts = p === 0 ? ["The first hint."] : p === T ? [outcome()] : HINTS.map(f => toldChange(f, p)).filter(Boolean);
  let html = parts.length ? parts.map(part => `<span>${clean(part)}</span>`).join("") : "<span>Nothing that is shown has changed.</span>";
  const errors = toldErrors(p);
  if (errors.length) html += errors.map(part => `<span class="bad">${clean(part)}</span>`).join("");
  else if (features.some(f => isSaid(f, p))) html += '<span class="good">The network is right.</span>';
  find("told").innerHTML = html;
}
const outcome = () => features.filter(f => f.stage === "output").map(f => {
  const row = truth(f, T);
  if (f.location === "graph" || f.type === "mask_one") return `${f.name} = ${value(f, row[0], -1)}`;
  if (f.type !== "mask") return `${f.name} stands below`;
  const inside = [...row.keys()].filter(i => row[i] === 1 && !(f.location === "edge" && !scene.directed && pairOf(f, i)[0] > pairOf(f, i)[1]));
  return `${f.name}: ${some(inside.map(i => f.location === "node" ? named(i) : pairOf(f, i).join(scene.directed ? " → " : "–")), 16, "") || "none"}`;
}).join("; ") + ".";

// Source
const lines = all(".listing li"), listing = document.querySelector(".listing");
function markLines(p) {
  if (!columns.has("lines")) return;
  const counts = rowOf("lines", p), end = rowOf("ends", p)[0], said = [];
  lines.forEach((line, i) => {
    line.className = i === end ? "end" : counts[i] ? "ran" : "";
    line.dataset.count = counts[i] > 1 ? `×${counts[i]}` : "";
    if (counts[i] && line.dataset.book) said.push(line.dataset.book);
  });
  find("book").textContent = said.length ? `in the book: ${[...new Set(said)].join("; ")}` : "";
  const line = lines[end];
  if (line && listing.scrollHeight > listing.clientHeight) {
    const top = line.offsetTop - listing.offsetTop;
    if (top < listing.scrollTop + 30 || top > listing.scrollTop + listing.clientHeight - 60) listing.scrollTop = top - listing.clientHeight / 2;
  }
}

// Values on nodes, a column for each; below what is true, what the network says.
function nodeTable(holder, list) {
  const heads = Array.from({ length: N }, (_, v) => `<th scope="col" data-node="${v}">${v}${letterOf(v) ? `<i>${clean(letterOf(v))}</i>` : ""}</th>`).join("");
  return p => {
    const rows = list.filter(f => present(f, p)).map(f => {
      const now = truth(f, p), guess = said(f, p), bad = wrong(f, p), one = f.type === "mask_one";
      const cells = Array.from({ length: N }, (_, v) => {
        const own = one ? (now[0] === v ? "▲" : "") : text(f, now[v], v), theirs = guess && (one ? (guess[0] === v ? "▲" : "") : text(f, guess[v], v));
        const isBad = guess && (one ? bad[0] && (now[0] === v || guess[0] === v) : bad[v]), isNew = one ? changedAt(f, p, 0) && now[0] === v : changedAt(f, p, v);
        return `<td class="${isNew ? "new" : ""}${isBad ? " bad" : ""}">${clean(own)}${guess ? `<s>${clean(isBad && theirs === "·" && f.type === "mask" ? "0" : theirs) || "&nbsp;"}</s>` : ""}</td>`;
      }).join("");
      return `<tr><th scope="row">${clean(f.name)}${f.given ? " <i>given</i>" : ""}</th>${cells}</tr>`;
    });
    holder.parentElement.hidden = !rows.length;
    holder.innerHTML = `<thead><tr><th scope="col">node</th>${heads}</tr></thead><tbody>${rows.join("")}</tbody>`;
  };
}
function graphFacts(holder, list) {
  return p => {
    holder.innerHTML = list.filter(f => present(f, p)).map(f => {
      const guess = said(f, p), bad = wrong(f, p)?.[0];
      return `<div class="${changedAt(f, p, 0) ? "new" : ""}${bad ? " bad" : ""}"><dt>${clean(f.name)}</dt><dd>${clean(value(f, truth(f, p)[0]))}${guess ? ` <s>${clean(value(f, guess[0]))}</s>` : ""}</dd></div>`;
    }).join("");
  };
}
// Tables of one group have the same rows and columns; each may stand beside what the network says.
function pairTables(holder, list) {
  holder.innerHTML = "";
  const updates = [];
  for (const f of list) {
    for (const side of ["truth", ...(f.errors.length ? ["said"] : [])]) {
      const figure = document.createElement("figure");
      figure.innerHTML = `<figcaption>${clean(f.name)}${side === "said" ? " <i>the network</i>" : f.stage === "input" ? "" : f.errors.length ? " <i>the algorithm</i>" : ""}</figcaption>`;
      holder.append(figure);
      const update = table(figure, f, side, list);
      updates.push(p => { figure.hidden = !present(f, p); if (!figure.hidden) update(p); });
    }
  }
  return p => updates.forEach(update => update(p));
}

// What the colours mean, with what can be left out or added.
function drawKey(again) {
  const items = [], linked = scene.kind === "graph" || scene.kind === "plane", swatch = (kind, colour, words) => `<span class="swatch ${kind}" style="--hue:${colour}"></span>${clean(words)}`;
  const hinted = f => f.stage === "hint", drawnAs = [["line", linked ? edgeMasks : []], ["pointer", scene.kind === "spans" ? [] : pointers]];
  for (const [kind, list] of drawnAs)
    for (const f of list.filter(hinted)) items.push(`<label><input type="checkbox" data-drawn="${clean(f.name)}"${drawn.has(f.name) ? " checked" : ""}>${swatch(kind, hue(f), f.name)}</label>`);
  const fills = [...classes, ...masks].filter(hinted);
  if (fills.length > 1) items.push(`<label>filled by <select data-fill>${fills.map(f => `<option${f.name === fill ? " selected" : ""}>${clean(f.name)}</option>`).join("")}</select></label>`);
  const f = byName.get(fill);
  if (f) items.push(...(f.type === "mask" ? [swatch("disc", hue(f), f.name)] : f.words.map((word, k) => swatch("disc", paint(f, k).fill, word))));
  if (linked) {
    if (labels.filter(hinted).length > 1 && N <= 40) items.push(`<label>numbers <select data-label>${labels.filter(hinted).map(f => `<option${f.name === label ? " selected" : ""}>${clean(f.name)}</option>`).join("")}</select></label>`);
    for (const f of masks.filter(f => hinted(f) && f.name !== fill)) items.push(swatch("pip", hue(f), f.name));
  }
  const cells = drawable.find(f => f.type === "categorical" && f.location === "edge");
  if (cells) items.push(...cells.words.map((word, k) => swatch("pip", FILLS[1 + k % (FILLS.length - 1)], `${rootOf(cells)} ${word}`)));
  items.push(swatch("newly", "var(--accent)", "has just changed"));
  if (page.model) items.push(swatch("wrongly", "var(--bad)", "wrong"));
  find("key").innerHTML = items.map(item => `<span>${item}</span>`).join("");
  for (const box of all("[data-drawn]", find("key"))) box.onchange = () => { drawn[box.checked ? "add" : "delete"](box.dataset.drawn); again(); };
  const selects = [["[data-fill]", name => { fill = name; drawKey(again); }], ["[data-label]", name => { label = name; }]];
  for (const [which, set] of selects) { const select = find("key").querySelector(which); if (select) select.onchange = () => { set(select.value); again(); }; }
}

// Arrays, strings and spans: a node has a place in a row, and what is known of it stands in line with it.
const GUTTER = 84;
// place of each node, by the order that the algorithm has them in at position p.
function slots(p) {
  const place = Array.from({ length: N }, (_, v) => v), f = byName.get(scene.order);
  if (!f) return place;
  const row = truth(f, p), after = new Map();
  let node = 0;
  row.forEach((b, v) => { if (b === v) node = v; else after.set(b, v); });
  for (let k = 0; k < N; k++) { place[node] = k; node = after.get(node); }
  return place;
}
function gapsOf() { // strings stand a little apart
  if (!scene.groups) return () => 0;
  const row = truth(byName.get(scene.groups), 0);
  return v => row[v] === 1 ? 1 : 0;
}
const rowFeatures = p => [...inputFlags, ...flags, ...masks, ...classes].filter(f => present(f, p));

function inRow(svg, side) {
  const box = svg.parentElement, letters = byName.get(scene.letters), values = byName.get(scene.value);
  const gap = gapsOf(), wide = Math.max(box.clientWidth, GUTTER + (N + 1) * 11), slot = (wide - GUTTER - 12) / (N + (scene.groups ? 1 : 0));
  const arcs = pointers.length ? Math.min(70, 24 + 2 * N) : 12, bars = letters ? Math.min(30, Math.max(16, slot)) : 150, line = 17;
  const x = (v, place) => GUTTER + (place + gap(v)) * slot, top = arcs + 16;
  const heights = values && truth(values, 0), low = Math.min(0, ...(heights || [0])), high = Math.max(0, ...(heights || [1])), unit = bars / (high - low || 1);
  let nodes = "";
  for (let v = 0; v < N; v++) {
    nodes += `<g class="node bar" data-node="${v}"><rect class="halo" x="${fixed(slot * 0.02)}" y="${top - 4}" width="${fixed(slot * 0.96)}" height="${bars + 26}" rx="4"/>`;
    if (letters) nodes += `<rect class="disc" x="${fixed(slot * 0.06)}" y="${top}" width="${fixed(slot * 0.88)}" height="${bars}" rx="3"/><text class="letter" x="${fixed(slot / 2)}" y="${fixed(top + bars / 2 + 5)}" font-size="${fixed(Math.min(17, slot * 1.1))}">${clean(letterOf(v))}</text>`;
    else {
      const zero = top + high * unit, tall = Math.max(1.5, Math.abs(heights[v]) * unit);
      nodes += `<rect class="disc" x="${fixed(slot * 0.1)}" y="${fixed(heights[v] < 0 ? zero : zero - tall)}" width="${fixed(slot * 0.8)}" height="${fixed(tall)}" rx="${Math.min(3, slot * 0.2)}"/>`;
      if (slot > 27) nodes += `<text class="label" x="${fixed(slot / 2)}" y="${fixed(heights[v] < 0 ? zero - 4 : zero - tall - 4)}" font-size="10">${number(heights[v], slot > 40 ? 3 : 2)}</text>`;
    }
    if (slot > 12 || v % 2 === 0) nodes += `<text class="index" x="${fixed(slot / 2)}" y="${top + bars + 15}" font-size="${slot > 15 ? 10.5 : 8}">${v}</text>`;
    nodes += "</g>";
  }
  const most = Math.max(rowFeatures(0).length, rowFeatures(T).length), height = top + bars + 26 + most * line + 6;
  svg.setAttribute("viewBox", `0 0 ${wide} ${height}`);
  svg.style.width = wide > box.clientWidth ? `${wide}px` : "";
  svg.innerHTML = `<text class="name" x="${GUTTER - 10}" y="${top + bars / 2 + 4}">${clean(scene.letters || scene.value)}</text><g class="live"></g>${nodes}`;
  const groups = all(".bar", svg), live = svg.querySelector(".live");
  return p => {
    const place = slots(p), filled = fillOf(p), fills = filled && shownOn(side, filled, p);
    const own = drawable.filter(f => f.location === "node" && present(f, p));
    groups.forEach((group, v) => {
      group.style.transform = `translateX(${fixed(x(v, place[v]))}px)`;
      group.classList.toggle("new", own.some(f => f.type === "mask_one" ? changedAt(f, p, 0) && truth(f, p)[0] === v : changedAt(f, p, v)) || Boolean(scene.order && changedAt(byName.get(scene.order), p, v)));
      group.classList.toggle("bad", side === "said" && [...own, byName.get(scene.order)].some(f => f && f.type !== "mask_one" && wrong(f, p)?.[v]));
      group.querySelector(".disc").style.fill = fills && fills[v] > 0 ? paint(filled, fills[v]).fill : "";
      const letter = group.querySelector(".letter");
      if (letter) letter.style.fill = fills && fills[v] > 0 ? paint(filled, fills[v]).ink : "";
    });
    live.innerHTML = arcsOver(side, p, (v) => x(v, place[v]) + slot / 2, top - 5, arcs) + rowsUnder(side, p, (v) => x(v, place[v]), slot, top + bars + 26, line);
  };
}
function arcsOver(side, p, middle, base, room) {
  let made = "";
  const ordered = byName.get(scene.order), more = side === "said" && ordered ? [ordered] : [];
  for (const f of [...more, ...pointers]) {
    if (!present(f, p) || !(isDrawn(f) || f === ordered)) continue;
    const row = shownOn(side, f, p), bad = wrong(f, p);
    for (let v = 0; row && v < N; v++) {
      if (row[v] === v || (f === ordered && !bad?.[v])) continue; // the order itself is seen from where the bars stand
      const from = middle(v), to = middle(row[v]), up = Math.min(room, 12 + Math.abs(to - from) * 0.22);
      made += `<g class="arrow${side === "said" && bad?.[v] ? " bad" : ""}${changedAt(f, p, v) ? " new" : ""}" style="--hue:${f === ordered ? "var(--bad)" : hue(f)}"><path d="M${fixed(from)},${base}C${fixed(from)},${fixed(base - up)} ${fixed(to)},${fixed(base - up)} ${fixed(to)},${base - 3}"/><path class="head" d="${head([to, base], Math.PI / 2, 6)}"/></g>`;
    }
  }
  return made;
}
// One line for each mark: a dot under the one node, a block under each of many.
function rowsUnder(side, p, left, slot, top, line) {
  let made = "";
  rowFeatures(p).forEach((f, k) => {
    const y = top + k * line, row = shownOn(side, f, p), bad = side === "said" && wrong(f, p);
    made += `<text class="name${f.stage === "input" ? " quiet" : ""}" x="${GUTTER - 10}" y="${y + 11}">${clean(f.name)}</text><line class="rule" x1="${GUTTER}" x2="${fixed(GUTTER + (N + (scene.groups ? 1 : 0)) * slot)}" y1="${y + 7}" y2="${y + 7}"/>`;
    if (!row) return;
    const dot = (v, kind, colour) => `<rect class="dot ${kind}" style="--hue:${colour}" x="${fixed(left(v) + slot * 0.12)}" y="${y + 1.5}" width="${fixed(slot * 0.76)}" height="11" rx="${f.type === "mask_one" ? 5.5 : 2}"/>`;
    if (f.type === "mask_one") {
      made += dot(row[0], `${bad?.[0] ? "bad" : ""}${changedAt(f, p, 0) ? " new" : ""}`, "var(--accent)");
      return;
    }
    for (let v = 0; v < N; v++) {
      const off = row[v] <= 0;
      if (off && !bad?.[v]) continue;
      made += dot(v, `${bad?.[v] ? "bad" : ""}${off ? " missing" : ""}${changedAt(f, p, v) ? " new" : ""}`, paint(f, row[v]).fill);
    }
  });
  return made;
}

function spansIn(svg, side) {
  const wide = svg.parentElement.clientWidth, tall = Math.max(9.5, Math.min(24, 480 / N)), left = 40, more = features.filter(f => f.stage === "input" && f.location === "node" && f.type === "scalar" && !["pos", ...scene.spans].includes(f.name));
  const right = 96 + 44 * more.length, starts = scene.spans[0] && truth(byName.get(scene.spans[0]), 0), ends = truth(byName.get(scene.spans[1]), 0);
  const high = Math.max(...ends), x = value => left + value / high * (wide - left - right), order = [...ends.keys()].sort((a, b) => ends[a] - ends[b] || a - b), height = 30 + N * tall;
  let nodes = "";
  order.forEach((v, k) => {
    const y = 20 + k * tall, begin = starts ? starts[v] : 0;
    nodes += `<g class="node bar" data-node="${v}" style="transform:translateY(${fixed(y)}px)"><rect class="halo" x="2" y="0" width="${fixed(wide - 4)}" height="${fixed(tall)}" rx="3"/><text class="index" x="${left - 16}" y="${fixed(tall / 2 + 3.5)}" font-size="${fixed(Math.min(11, tall * 0.8))}">${v}</text><rect class="disc" x="${fixed(x(begin))}" y="${fixed(tall * 0.16)}" width="${fixed(Math.max(2, x(ends[v]) - x(begin)))}" height="${fixed(tall * 0.68)}" rx="${fixed(Math.min(4, tall * 0.3))}"/>`;
    more.forEach((f, i) => { nodes += `<text class="label" text-anchor="end" x="${fixed(wide - right + 44 * (i + 1))}" y="${fixed(tall / 2 + 3.5)}" font-size="${fixed(Math.min(11, tall * 0.8))}">${number(truth(f, 0)[v])}</text>`; });
    nodes += `</g>`;
  });
  const heads = more.map((f, i) => `<text class="name" x="${fixed(wide - right + 44 * (i + 1))}" y="14">${clean(f.name)}</text>`).join("");
  svg.setAttribute("viewBox", `0 0 ${wide} ${height}`);
  svg.innerHTML = `<text class="name" x="${left}" y="14" style="text-anchor:start">0</text><text class="name" x="${fixed(x(high))}" y="14">${number(high)}</text>${heads}<line class="rule" x1="${left}" x2="${fixed(x(high))}" y1="18" y2="18"/>${nodes}<g class="live"></g>`;
  const groups = all(".bar", svg), live = svg.lastChild;
  return p => {
    const filled = fillOf(p), fills = filled && shownOn(side, filled, p), own = masks.filter(f => present(f, p)), on = flagsOn(side, p);
    order.forEach((v, k) => {
      groups[k].classList.toggle("new", own.some(f => changedAt(f, p, v)));
      groups[k].classList.toggle("bad", side === "said" && own.some(f => wrong(f, p)?.[v]));
      groups[k].querySelector(".disc").style.fill = fills && fills[v] > 0 ? paint(filled, fills[v]).fill : "";
    });
    live.innerHTML = order.map((v, k) => on.has(v) ? flag(wide - 48, 20 + k * tall + tall / 2, on.get(v), Math.max(7.5, Math.min(10, tall * 0.72))) : "").join("");
  };
}

// Graphs, points and segments in the plane.
const isPlane = scene.kind === "plane";
function placesIn(width, height, margin) {
  const xs = scene.places.map(p => p[0]), ys = scene.places.map(p => p[1]);
  const [left, right, bottom, top] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  let across = (width - 2 * margin) / (right - left || 1), up = (height - 2 * margin) / (top - bottom || 1);
  if (isPlane) across = up = Math.min(across, up); // angles are as they are
  else [across, up] = [Math.min(across, 2.2 * up), Math.min(up, 2.2 * across)];
  return scene.places.map(([x, y]) => [width / 2 + (x - (left + right) / 2) * across, height / 2 - (y - (bottom + top) / 2) * up]);
}
// A curve from one node's rim to another's, bent to its left by a share of its length.
function curve([x, y], [u, v], bend, from, to) {
  const far = Math.hypot(u - x, v - y) || 1, mx = (x + u) / 2 + (v - y) * bend, my = (y + v) / 2 - (u - x) * bend;
  const out = Math.hypot(mx - x, my - y) || 1, back = Math.hypot(u - mx, v - my) || 1;
  const sx = x + (mx - x) / out * from, sy = y + (my - y) / out * from, ex = u - (u - mx) / back * to, ey = v - (v - my) / back * to;
  return { path: `M${fixed(sx)},${fixed(sy)}Q${fixed(mx)},${fixed(my)} ${fixed(ex)},${fixed(ey)}`, far, tip: [ex, ey], angle: Math.atan2(v - my, u - mx), middle: [(x + 2 * mx + u) / 4, (y + 2 * my + v) / 4] };
}
function head([x, y], angle, size) {
  const corner = turn => `${fixed(x + size * Math.cos(angle + turn))},${fixed(y + size * Math.sin(angle + turn))}`;
  return `M${fixed(x)},${fixed(y)}L${corner(Math.PI - 0.42)}L${corner(Math.PI + 0.42)}Z`;
}
function nodelink(svg, side) {
  const width = svg.parentElement.clientWidth, height = Math.round(Math.min(620, Math.max(300, width * (isPlane ? 0.9 : 0.78))));
  const fits = isPlane ? Math.max(4, Math.min(11, width / (N + 24))) : Math.max(6.5, Math.min(17, 0.5 * width / (N ** 0.75 + 7)));
  const at = placesIn(width, height, fits + 26), near = at.map(([x, y], v) => Math.min(...at.map(([a, b], u) => u === v ? Infinity : Math.hypot(a - x, b - y)))).sort((a, b) => a - b);
  const radius = Math.max(4.5, Math.min(fits, isPlane || N === 1 ? fits : 0.46 * near[Math.floor(N / 10)])), small = Math.max(8, Math.min(12, radius * 0.8)), many = scene.edges.length;
  const weights = scene.weight && many <= 48 && width > 360 ? byName.get(scene.weight) : null, weightRow = weights && truth(weights, 0);
  let base = "";
  for (const [u, v] of scene.edges) {
    const line = curve(at[u], at[v], scene.directed ? 0.1 : 0, radius, radius + (scene.directed ? 2 : 0));
    base += `<path d="${line.path}"/>`;
    if (scene.directed) base += `<path class="head" d="${head(line.tip, line.angle, Math.max(5, radius * 0.5))}"/>`;
    if (weights) base += `<text class="weight" font-size="${fixed(small * 0.9)}" x="${fixed(line.middle[0])}" y="${fixed(line.middle[1] + 3)}">${number(weightOf(weights, weightRow, u, v))}</text>`;
  }
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.innerHTML = `<g class="base" style="opacity:${many > 600 ? 0.16 : many > 250 ? 0.3 : many > 90 ? 0.55 : 1}">${base}</g><g class="live"></g>`;
  const live = svg.lastChild;
  return p => { live.innerHTML = liveNodes(side, p, at, radius, small); };
}
function weightOf(f, row, u, v) {
  if (row.length === N * N) return row[u * N + v];
  return row[f.edges.findIndex(([a, b]) => a === u && b === v)];
}
function liveNodes(side, p, at, radius, small) {
  let lines = "", arrows = "", nodes = "", over = "";
  const isBad = (f, i) => side === "said" && Boolean(wrong(f, p)?.[i]);
  const bare = N > 40;
  edgeMasks.filter(f => present(f, p) && isDrawn(f)).forEach((f, k) => {
    const row = shownOn(side, f, p);
    for (let i = 0; row && i < row.length; i++) {
      const [u, v] = pairOf(f, i), bad = isBad(f, i), back = f.edges ? f.edges.findIndex(([a, b]) => a === v && b === u) : v * N + u;
      if (u === v || (row[i] !== 1 && !bad) || (row[back] === row[i] && u > v)) continue;
      const both = row[back] === row[i], line = curve(at[u], at[v], both && !scene.directed ? 0 : 0.1, radius, radius);
      const kind = `mark${bad ? row[i] === 1 ? " bad" : " missing" : ""}${changedAt(f, p, i) ? " new" : ""}`;
      lines += `<path class="${kind}" style="--hue:${hue(f)}" d="${line.path}"/>`;
      if (!both && row[i] === 1) lines += `<path class="arrow head${bad ? " bad" : ""}" style="--hue:${hue(f)}" d="${head(line.tip, line.angle, radius * 0.55 + 3)}"/>`;
    }
  });
  pointers.filter(f => present(f, p) && isDrawn(f)).forEach((f, k) => {
    const row = shownOn(side, f, p), old = before(f, p);
    for (let v = 0; row && v < N; v++) {
      const bad = isBad(f, v);
      if (row[v] === v) continue;
      const line = curve(at[v], at[row[v]], (isPlane ? 0.04 : 0.16) + 0.08 * k, radius + 1, radius + 3);
      const kind = `${bad ? " bad" : ""}${old && old[v] !== truth(f, p)[v] ? " new" : ""}`;
      arrows += `<g class="arrow${kind}" style="--hue:${hue(f)}"><path d="${line.path}"/><path class="head" d="${head(line.tip, line.angle, radius * 0.45 + 4)}"/></g>`;
    }
  });
  const filled = fillOf(p), fills = filled && shownOn(side, filled, p), labelled = labelOf(p), numbers = labelled && shownOn(side, labelled, p);
  const on = flagsOn(side, p), pips = masks.filter(f => present(f, p) && f !== filled).map(f => [f, shownOn(side, f, p)]).filter(([, row]) => row);
  for (let v = 0; v < N; v++) {
    const [x, y] = at[v], { fill: colour, ink } = fills ? paint(filled, fills[v]) : { fill: "var(--card)", ink: "var(--ink)" };
    const own = drawable.filter(f => f.location === "node" && present(f, p));
    const isNew = own.some(f => f.type === "mask_one" ? changedAt(f, p, 0) && truth(f, p)[0] === v : changedAt(f, p, v));
    const bad = side === "said" && own.some(f => f.type !== "mask_one" && isBad(f, v));
    nodes += `<g class="node${isNew ? " new" : ""}${bad ? " bad" : ""}" data-node="${v}">`;
    if (isNew) nodes += `<circle class="halo" cx="${fixed(x)}" cy="${fixed(y)}" r="${fixed(radius + 4)}"/>`;
    nodes += `<circle class="disc" cx="${fixed(x)}" cy="${fixed(y)}" r="${fixed(radius)}" fill="${colour}"/>`;
    if (radius > 5.5) nodes += `<text x="${fixed(x)}" y="${fixed(y + small * 0.36)}" font-size="${fixed(small * (v > 99 ? 0.8 : 1))}" style="fill:${ink}">${v}</text>`;
    pips.forEach(([f, row], k) => {
      if (row[v] !== 1 && !isBad(f, v)) return;
      const turn = Math.PI * (0.25 + 0.3 * k);
      nodes += `<circle class="pip${isBad(f, v) ? " bad" : ""}" cx="${fixed(x + radius * Math.cos(turn))}" cy="${fixed(y + radius * Math.sin(turn))}" r="${fixed(Math.max(2.5, radius * 0.27))}" fill="${row[v] === 1 ? hue(f) : "var(--card)"}"/>`;
    });
    nodes += "</g>";
    if (numbers && !bare) over += `<text class="label${changedAt(labelled, p, v) ? " new" : ""}${isBad(labelled, v) ? " bad" : ""}" x="${fixed(x)}" y="${fixed(y + radius + small * 1.05)}" font-size="${fixed(small)}">${number(numbers[v])}</text>`;
    if (on.has(v)) over += flag(x, y - radius - small * 0.85, on.get(v), small);
  }
  return lines + arrows + nodes + over;
}

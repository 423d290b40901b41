"use strict";
// Size curves with every seed, and cost against score. Axes are plain; every point says what it is on hover.
function axis(width, height, left, right, top, bottom, ticksX, x, y, labelX, trained) {
  const parts = [];
  if (trained !== null && trained > left)
    parts.push(svg("rect", { class: "trained", x: left, y: top, width: trained - left, height: height - bottom - top }));
  for (let i = 0; i <= 4; i++)
    parts.push(svg("line", { class: "grid", x1: left, x2: width - right, y1: y(i / 4), y2: y(i / 4) }),
      svg("text", { class: "tick", x: left - 6, y: y(i / 4) + 4, "text-anchor": "end" }, String(i / 4)));
  for (const [at, text] of ticksX)
    parts.push(svg("text", { class: "tick", x: x(at), y: height - bottom + 17, "text-anchor": "middle" }, text));
  parts.push(svg("text", { class: "tick", x: width - right, y: height - bottom + 33, "text-anchor": "end" }, labelX));
  return parts;
}

// series: {name, colour, mark, seeds: [number], curves: [[value per size]]}; reported: {size, value, label}
function curves(label, sizes, series, { bound = null, chance = [], reported = [], small = false } = {}) {
  const width = small ? 300 : 560, height = small ? 200 : 320, left = 36, right = 14, top = 10, bottom = small ? 26 : 40;
  const low = Math.log2(Math.max(sizes[0], 1)), high = Math.log2(Math.max(sizes[sizes.length - 1], 1));
  const inner = width - left - right - 36;
  const x = size => left + 18 + inner * (high > low ? (Math.log2(Math.max(size, 1)) - low) / (high - low) : .5);
  const y = value => top + (height - top - bottom) * (1 - Math.min(Math.max(value, 0), 1));
  const trained = bound !== null && bound >= sizes[0]
    ? Math.min(bound >= sizes[sizes.length - 1] ? width - right : x(Math.min(bound, sizes[sizes.length - 1])) + 8, width - right) : null;
  const ticks = sizes.filter((size, i) => !small || sizes.length < 6 || i % 2 === 0).map(size => [size, String(size)]);
  const parts = axis(width, height, left, right, top, bottom, ticks, x, y, small ? "" : "size n, logarithmic", trained);
  if (trained !== null && !small) parts.push(svg("text", { class: "tick", x: left, y: height - bottom + 33 }, "shaded: in distribution"));
  const line = (values, at) => values.map((value, i) => value === null ? null : `${x(at[i]).toFixed(1)},${y(value).toFixed(1)}`).filter(Boolean).join(" ");
  const known = chance.filter(one => one !== null && one !== undefined);
  if (known.length) {
    parts.push(svg("polyline", { class: "chance", points: line(chance, sizes) }));
    if (!small) parts.push(svg("text", { class: "note", x: x(sizes[0]) - 14, y: y(known[0]) - 5 }, "chance"));
  }
  for (const one of reported)
    parts.push(svg("path", { class: "outside", d: mark("diamond", x(one.size), y(one.value), 5) }, svg("title", {}, one.label)));
  for (const one of series) {
    const group = svg("g", { class: "curve", style: `color:${one.colour}`, "data-method": one.name });
    const mean = sizes.map((_, i) => {
      const found = one.curves.map(curve => curve[i]);
      return found.length && found.every(value => value !== null) ? found.reduce((a, b) => a + b, 0) / found.length : null;
    });
    if (one.curves.length > 1) for (const curve of one.curves) group.append(svg("polyline", { class: "seed", points: line(curve, sizes) }));
    group.append(svg("polyline", { class: "mean", points: line(mean, sizes) }));
    one.curves.forEach((curve, k) => curve.forEach((value, i) => value !== null && group.append(
      svg("path", { class: "mark", d: mark(one.mark, x(sizes[i]), y(value), small ? 2.6 : 3.6) },
        svg("title", {}, `${one.name}, seed ${one.seeds[k]}, n = ${sizes[i]}: ${number(value)}`)))));
    parts.push(group);
  }
  return svg("svg", { class: "figure", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label }, parts);
}

// points: {x, mean: [value, low, high], label, href, colour, mark}
function scatter(label, labelX, points) {
  const width = 560, height = 320, left = 36, right = 14, top = 10, bottom = 40;
  const known = points.filter(point => point.x !== null && point.x > 0 && point.mean);
  if (!known.length) return el("p", { class: "empty" }, "No complete method has this cost.");
  let low = Math.log10(Math.min(...known.map(point => point.x))), high = Math.log10(Math.max(...known.map(point => point.x)));
  if (high - low < .3) { low -= .5; high += .5; }
  const x = value => left + 18 + (width - left - right - 36) * (Math.log10(value) - low) / (high - low);
  const y = value => top + (height - top - bottom) * (1 - Math.min(Math.max(value, 0), 1));
  const ticks = [];
  for (let power = Math.floor(low); power <= Math.ceil(high); power++)
    for (const step of [1, 2, 5]) {
      const value = step * 10 ** power;
      if (Math.log10(value) >= low - .01 && Math.log10(value) <= high + .01 && (high - low < 1.4 || step === 1))
        ticks.push([value, value >= 1e6 ? `${value / 1e6}M` : value >= 1e3 ? `${value / 1e3}k` : String(+value.toPrecision(2))]);
    }
  return svg("svg", { class: "figure", viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": label },
    axis(width, height, left, right, top, bottom, ticks, x, y, labelX, null),
    known.map(point => svg("a", { href: point.href, class: "curve", style: `color:${point.colour}` },
      svg("title", {}, point.label),
      point.mean[1] === null ? null : svg("line", { class: "whisker", x1: x(point.x), x2: x(point.x), y1: y(point.mean[1]), y2: y(point.mean[2]) }),
      svg("path", { class: "mark", d: mark(point.mark, x(point.x), y(point.mean[0]), 5) }))));
}

// Where the reader is, and how to get elsewhere.
const root = document.documentElement, slider = find("step"), play = find("play"), told = find("told");
let position = 0, timer = 0, views = [], ready = false;

function tell(event, words = "") {
  const tip = find("tip");
  tip.hidden = !words;
  if (!words) return;
  tip.textContent = words;
  tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8))}px`;
  tip.style.top = `${event.clientY + 18 + tip.offsetHeight > innerHeight ? event.clientY - tip.offsetHeight - 12 : event.clientY + 18}px`;
}
function show() {
  slider.value = position;
  slider.setAttribute("aria-valuetext", headline(position));
  find("count").textContent = position === T ? "output" : `${position} / ${T - 1}`;
  for (const view of views) view(position);
  find("nodes").hidden = !features.some(f => f.stage !== "input" && f.location !== "edge" && present(f, position));
  markLines(position);
  tellNow(position);
  find("back").disabled = find("first").disabled = position === 0;
  find("forth").disabled = find("last").disabled = position === T;
  if (!timer) try { history.replaceState(null, "", position ? `#step=${position}` : location.pathname + location.search); } catch { /* some browsers keep the address of a file as it is */ }
}
function go(p) {
  position = Math.min(Math.max(Number.isFinite(p) ? Math.round(p) : 0, 0), T);
  if (ready) show();
}
const setIcon = path => play.querySelector("path").setAttribute("d", path);
function stop() {
  clearInterval(timer);
  timer = 0;
  setIcon("M3,2v12L14,8z"); play.setAttribute("aria-label", "Play (space)"); play.classList.remove("on");
  told.setAttribute("aria-live", "polite");
  if (ready) show();
}
function start() {
  if (position === T) position = 0;
  told.setAttribute("aria-live", "off"); // a voice could not keep up
  setIcon("M3,2h4v12h-4zM9,2h4v12h-4z"); play.setAttribute("aria-label", "Pause (space)"); play.classList.add("on");
  timer = setInterval(() => position < T ? go(position + 1) : stop(), 1000 / Number(find("speed").value));
}
const moved = p => { if (timer) stop(); go(p); };
function nextError() {
  const bad = [...Array(T + 1).keys()].filter(p => errorsAt(p) > 0), next = bad.find(p => p > position);
  find("error").textContent = bad.length ? "Next error" : "No error";
  if (bad.length) moved(next ?? bad[0]);
}

function build() {
  if (!ready) return;
  views = [];
  const draw = { graph: nodelink, plane: nodelink, spans: spansIn }[scene.kind] || inRow;
  for (const figure of all("figure[data-side]")) {
    const svg = figure.querySelector("svg"), update = draw(svg, figure.dataset.side);
    views.push(p => { update(p); svg.setAttribute("aria-label", `${page.algorithm}, ${headline(p)}, ${figure.dataset.side === "said" ? "as the network has it" : "as the algorithm has it"}; the values stand in the tables below.`); });
  }
  const pairs = at("edge", "hint", "output"), given = at("edge", "input");
  find("tables").hidden = !pairs.length;
  if (pairs.length) views.push(pairTables(document.querySelector("#tables .tables"), pairs));
  views.push(nodeTable(document.querySelector("#nodes table"), at("node", "hint", "output")), graphFacts(find("graph"), at("graph", "hint", "output")));
  if (find("inputs").open) {
    nodeTable(document.querySelector("#inputs table"), at("node", "input"))(0);
    graphFacts(document.querySelector("#inputs dl"), at("graph", "input"))(0);
    pairTables(document.querySelector("#inputs .tables"), given)(0);
  }
  if (page.model) views.push(stripIn(find("strip")));
  if (page.ideas) views.push(ideasIn(find("ideas")));
  drawActivity();
  show();
}
// How much changes at each step, above the slider.
function drawActivity() {
  const canvas = find("activity"), width = canvas.clientWidth, height = 14, pen = canvas.getContext("2d"), sharp = devicePixelRatio || 1;
  canvas.width = width * sharp; canvas.height = height * sharp;
  pen.scale(sharp, sharp);
  const counts = [...Array(T + 1).keys()].map(p => p < T ? HINTS.reduce((sum, f) => sum + changes(f, p).length, 0) : 0), most = Math.max(1, ...counts.map(Math.sqrt));
  counts.forEach((count, p) => {
    const tall = Math.sqrt(count) / most * (height - 2), x = 8 + p / T * (width - 16);
    pen.fillStyle = style(errorsAt(p) ? "--bad" : "--accent");
    pen.fillRect(x - Math.max(0.5, 0.35 * width / (T + 1)), height - Math.max(tall, errorsAt(p) ? 3 : 0), Math.max(1, 0.7 * width / (T + 1)), Math.max(tall, errorsAt(p) ? 3 : 0));
  });
}

function listen() {
  find("first").onclick = () => moved(0);
  find("back").onclick = () => moved(position - 1);
  find("forth").onclick = () => moved(position + 1);
  find("last").onclick = () => moved(T);
  play.onclick = () => timer ? stop() : start();
  if (page.model) find("error").onclick = nextError;
  slider.oninput = () => moved(Number(slider.value));
  find("speed").onchange = () => { if (timer) { clearInterval(timer); start(); } };
  find("inputs").ontoggle = build;
  const keys = { ArrowLeft: () => moved(position - 1), ArrowRight: () => moved(position + 1), PageUp: () => moved(position - 10), PageDown: () => moved(position + 10), Home: () => moved(0), End: () => moved(T), " ": () => play.click(), e: () => page.model && nextError() };
  addEventListener("keydown", event => {
    const inside = event.target.closest?.("select, input[type=checkbox], .scroll, .listing, summary, button");
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key] || (inside && !(inside.matches("button") && event.key !== " ") && !(event.key === "e"))) return;
    event.preventDefault();
    keys[event.key]();
  });
  addEventListener("hashchange", () => go(Number(location.hash.match(/step=(\d+)/)?.[1] ?? position)));
  document.addEventListener("pointermove", event => {
    const node = event.target.closest?.(".node");
    if (node) tell(event, toldOfNode(Number(node.dataset.node), position));
    else if (event.target.tagName !== "CANVAS") tell();
  });
  const theme = find("theme"), dark = on => {
    root.classList.toggle("dark", on);
    theme.setAttribute("aria-pressed", String(on));
    theme.textContent = on ? "Light" : "Dark";
    build();
  };
  dark(matchMedia("(prefers-color-scheme: dark)").matches);
  theme.onclick = () => dark(!root.classList.contains("dark"));
  let waiting = 0;
  addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(build, 120); });
}
async function begin() {
  listen();
  try {
    await unpack();
  } catch (error) {
    find("cannot").hidden = false;
    find("cannot").textContent = `The data of this page cannot be read (${error.message}). It needs a browser of 2023 or later: Chrome 80, Firefox 113, Safari 16.4.`;
    return;
  }
  const edges = columns.get("edges");
  if (edges) for (const f of at("edge", "input", "hint", "output")) f.edges = Array.from({ length: edges.rows }, (_, i) => [...rowOf("edges", i)]);
  ready = true;
  drawKey(show);
  const last = features.filter(f => f.stage === "output" && f.errors.length), summed = find("summed");
  if (summed) {
    const bad = [...Array(T).keys()].filter(p => errorsAt(p) > 0), hints = HINTS.some(f => f.last >= f.first);
    summed.textContent = `${hints ? bad.length ? `The first error is at step ${bad[0]}; ${bad.length} of ${T - 1} steps have some.` : "No hint is wrong." : "The network predicts no hints."} Output: ${last.map(f => `${f.name} ${f.counted - f.errors[0]} of ${f.counted} right`).join(", ")}.`;
  }
  go(Number(location.hash.match(/step=(\d+)/)?.[1] ?? 0));
  build();
}
begin();

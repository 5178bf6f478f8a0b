// The graph as a drawing: the server says what is drawn and where it lies; vis-network paints it.

import { announce, ask, button, count, download, empty, entityLink, failure, go, h, label, later, link, list, paragraph, pick, say, short, svg, terms, url, whenShown } from "./core.js";
import { check, choice, completing, form, labelled, number, optionsOf, several, sources } from "./fields.js";
import { cut, width } from "./charts.js";
import { whole } from "./statements.js";

const SEVERAL = ["around", "relation", "modality", "type", "source", "hide_source"];
const SINGLE = ["hops", "limit", "min_confidence", "until_year", "dated"];
const NAME = 13;
const ARROWS = 1500;

let script;

/** vis-network, from the folder of the installed pyvis; loaded when it is first drawn. */
function vis() {
  script ??= new Promise((done, failed) => {
    const element = h("script", { src: "/vis/vis-network.min.js" });
    element.onload = () => done(window.vis);
    element.onerror = () => failed(new Error(say("noDrawing")));
    document.head.append(element);
  });
  script.catch(() => (script = undefined));
  return script;
}

export async function graph({ params }) {
  const given = Object.fromEntries([...SINGLE.map((name) => [name, params.get(name) ?? ""]), ...SEVERAL.map((name) => [name, params.getAll(name)])]);
  const [known, documents, answer] = await Promise.all([terms(), sources(), ask("graph", given).catch((error) => error)]);
  const filters = h("details", { class: "filters", open: matchMedia("(min-width: 60rem)").matches || undefined }, h("summary", null, say("filters")), fields(params, known, documents));
  if (answer instanceof Error) return [say("graph"), filters, failure(answer)];
  if (!answer.nodes.length) return [say("graph"), filters, empty(documents.length ? say("nothingDrawn") : say("empty"))];
  const panel = h("aside", { class: "panel", "aria-live": "polite", "aria-label": say("evidence") });
  const box = h("div", { class: "canvas", tabindex: "0", role: "application", "aria-label": say("canvas") });
  const view = new View(box, panel, answer, known, await vis(), params);
  const stage = h("div", { class: "stage" }, filters, h("div", { class: "drawing" }, view.tools(), box, years(answer, params), legend(answer, known)), panel);
  whenShown(box, () => view.draw());
  return [say("graph"), stage];
}

// ---- What is asked for

function fields(params, known, documents) {
  const get = (name) => params.get(name) ?? "";
  const centres = params.getAll("around");
  const adding = h("input", { name: "around", maxlength: "500", placeholder: say("searchHint") });
  const chips = centres.map((name) => h("label", { class: "check" }, h("input", { type: "checkbox", name: "around", value: name, checked: true }), h("span", null, short(readable(name), 24))));
  const keep = [
    labelled(say("around"), completing(adding)),
    chips.length ? h("div", { class: "choices" }, chips) : "",
    choice("hops", say("hops"), [1, 2, 3].map((each) => [String(each), String(each)]), get("hops"), { none: "1" }),
    several("type", say("types"), optionsOf(known, "types"), params.getAll("type")),
    several("relation", say("relations"), optionsOf(known, "relations"), params.getAll("relation")),
    several("modality", say("modalities"), optionsOf(known, "modalities"), params.getAll("modality")),
    several("source", say("onlyDocuments"), documents, params.getAll("source")),
    several("hide_source", say("hideDocuments"), documents, params.getAll("hide_source")),
    number("min_confidence", say("minConfidence"), get("min_confidence"), { min: 0, max: 1, step: 0.05, placeholder: 0 }),
    number("until_year", say("asOf"), get("until_year"), { min: 1000, max: 2100, placeholder: "2008" }),
    check("dated", say("dated"), params.has("dated")),
    number("limit", say("limitEntities"), get("limit"), { min: 10, max: 3000, placeholder: 200 }),
  ];
  const start = () => (location.hash = url("graph"));
  return h("div", null, form(keep, say("apply"), (values) => (location.hash = url("graph", "", values)), { class: "stacked" }), button(say("startAgain"), start));
}

const readable = (id) => decodeURIComponent(id.includes("/") ? id.slice(id.indexOf("/") + 1) : id).replaceAll("_", " ");

function legend(answer, known) {
  const mark = ({ shape, colour }) => svg("svg", { viewBox: "0 0 20 20", width: 14, height: 14, "aria-hidden": "true", fill: colour },
    shape === "dot" ? svg("circle", { cx: 10, cy: 10, r: 8 }) : shape === "square" ? svg("rect", { x: 3, y: 3, width: 14, height: 14 }) : svg("path", { d: "M10 1 19 10 10 19 1 10z" }));
  const line = (modality) => h("li", null, h("span", { class: `stroke ${modality}`, "aria-hidden": "true" }), label(known, "modalities", modality));
  const left = answer.left_out ? h("li", null, `${say("leftOut")} ${count(answer.left_out)}`) : "";
  return h("ul", { class: "legend" }, answer.types.map((type) => h("li", null, mark(type), pick(type.label))), line("proposed"), line("negated"),
    h("li", null, `${say("entities")} ${count(answer.nodes.length)} · ${say("assertions")} ${count(answer.edges.length)}`), left);
}

/** A slider over the years: the graph as of one of them; at its end, all of it. */
function years({ years: known }, params) {
  if (!known || known[0] === known[1]) return "";
  const [first, last] = known;
  const chosen = Math.min(Math.max(Number(params.get("until_year")) || last, first), last);
  const shown = h("output", null, told(chosen, last));
  const slider = h("input", { type: "range", min: first, max: last, step: 1, value: chosen });
  slider.addEventListener("input", () => (shown.textContent = told(Number(slider.value), last)));
  slider.addEventListener("change", () => go({ until_year: Number(slider.value) === last ? "" : slider.value, show: "" }));
  return h("label", { class: "inline years" }, h("span", null, say("asOf")), slider, shown);
}

const told = (year, last) => (year === last ? say("allYears") : String(year));

// ---- The drawing

/** What was drawn last: what stays drawn moves from there to where it lies now. */
let before = new Map();

class View {
  constructor(box, panel, answer, known, library, params) {
    Object.assign(this, { box, panel, answer, known, library, params });
    this.types = new Map(answer.types.map((type) => [type.name, type]));
    this.nodes = new Map(answer.nodes.map((node) => [node.id, node]));
    this.edges = new Map(answer.edges.map((edge) => [edge.id, edge]));
    this.path = undefined;
    this.hint();
  }

  tools() {
    const find = h("input", { type: "search", list: "drawn", "aria-label": say("findDrawn"), placeholder: say("findDrawn") });
    const names = h("datalist", { id: "drawn" }, this.answer.nodes.slice(0, 500).map((node) => h("option", { value: pick(node.label) })));
    const look = (event) => {
      event.preventDefault();
      const wanted = find.value.trim().toLowerCase();
      const holds = (test) => this.answer.nodes.find((node) => [node.label.zh, node.label.en].some((name) => test((name ?? "").toLowerCase())));
      const node = wanted && (holds((name) => name === wanted) || holds((name) => name.includes(wanted)));
      if (node) this.select(node.id, true);
      else announce(say("notDrawn"));
    };
    return h("div", { class: "bar" },
      h("form", { role: "search", onsubmit: look }, find, names, h("button", null, say("search"))),
      h("div", { class: "links" },
        button(say("fit"), () => this.fit()),
        button("＋", () => this.zoom(1.3), { "aria-label": say("zoomIn") }), button("－", () => this.zoom(1 / 1.3), { "aria-label": say("zoomOut") }),
        button("SVG", () => download("policykg.svg", this.picture(), "image/svg+xml")), button("PNG", () => this.png())));
  }

  zoom(factor) {
    this.network.moveTo({ scale: this.network.getScale() * factor });
  }

  /** All of it on the screen, with room for the names at its edges. */
  fit() {
    this.network.fit();
    this.zoom(0.92);
  }

  hint() {
    this.panel.replaceChildren(paragraph(say("canvasHint"), "quiet"), h("h2", null, say("busiestHere")),
      list(this.answer.nodes.toSorted((one, other) => other.degree - one.degree).slice(0, 12).map((node) => button(pick(node.label), () => this.select(node.id, true), { class: "plain" }))));
  }

  draw() {
    const moved = this.answer.nodes.some((node) => before.has(node.id)) && !matchMedia("(prefers-reduced-motion: reduce)").matches;
    const from = moved ? aligned(this.answer.nodes) : () => undefined;
    const style = getComputedStyle(document.documentElement);
    this.colours = { text: style.getPropertyValue("--text").trim(), ground: style.getPropertyValue("--ground").trim(), line: style.getPropertyValue("--stroke").trim(), warn: style.getPropertyValue("--warn").trim(), faint: style.getPropertyValue("--line").trim(), link: style.getPropertyValue("--link").trim() };
    const scale = this.scale();
    const readable = nameable(this.answer.nodes, scale);
    const parallel = new Map();
    const many = (this.many = this.answer.edges.length > ARROWS);
    this.data = {
      nodes: new this.library.DataSet(this.answer.nodes.map((node) => this.node(node, readable, scale, from(node)))),
      edges: new this.library.DataSet(this.answer.edges.map((edge) => this.edge(edge, parallel))),
    };
    this.network = new this.library.Network(this.box, this.data, {
      autoResize: true,
      physics: { enabled: false },
      layout: { improvedLayout: false },
      interaction: { hover: !many, tooltipDelay: 200, multiselect: true, keyboard: { enabled: true, bindToWindow: false }, hideEdgesOnDrag: many, hideEdgesOnZoom: many },
      nodes: { borderWidth: 1, font: { color: this.colours.text, strokeWidth: 4, strokeColor: this.colours.ground, face: getComputedStyle(document.body).fontFamily }, scaling: { label: { drawThreshold: 9, maxVisible: 20 } } },
      edges: { arrows: { to: { enabled: true, scaleFactor: 0.5 } }, ...(many ? { smooth: false } : {}), font: { size: 12, color: this.colours.text, strokeWidth: 3, strokeColor: this.colours.ground }, scaling: { label: { drawThreshold: 8, maxVisible: 15 } } },
    });
    this.network.on("click", ({ nodes: [node], edges: [edge] }) => this.chosen(node, edge));
    this.network.on("doubleClick", ({ nodes: [node] }) => node && this.expand(node));
    this.box.network = this.network;
    this.network.once("afterDrawing", () => (this.box.dataset.drawn = "true"));
    this.fit();
    if (moved) this.glide();
    before = new Map(this.answer.nodes.map(({ id, x, y }) => [id, { x, y }]));
    const wanted = this.params.get("show");
    if (wanted && this.nodes.has(wanted)) this.select(wanted, false);
  }

  /** How small the drawing is when all of it is on the screen. */
  scale() {
    const [xs, ys] = [this.answer.nodes.map(({ x }) => x), this.answer.nodes.map(({ y }) => y)];
    const extent = (values, most) => most / (Math.max(...values) - Math.min(...values) + 160);
    return Math.min(1, extent(xs, this.box.clientWidth), extent(ys, this.box.clientHeight));
  }

  node(node, readable, scale, place) {
    const { colour, shape } = this.types.get(node.type);
    const centre = this.answer.around.includes(node.id);
    return {
      id: node.id, x: place?.x ?? node.x, y: place?.y ?? node.y, shape, size: sizeOf(node, scale),
      label: short(pick(node.label), 18) + (node.hidden ? ` +${node.hidden}` : ""),
      color: { background: colour, border: centre ? this.colours.text : colour, highlight: { background: colour, border: this.colours.text } },
      borderWidth: centre ? 4 : 1, font: { size: readable.has(node.id) ? NAME / scale : NAME },
    };
  }

  edge(edge, parallel) {
    const key = [edge.s, edge.o].sort().join(" ");
    const nth = parallel.get(key) ?? 0;
    parallel.set(key, nth + 1);
    const colour = edge.modality === "negated" ? this.colours.warn : this.colours.line;
    const said = label(this.known, "relations", edge.p);
    return {
      id: edge.id, from: edge.s, to: edge.o, dashes: edge.modality === "proposed", color: { color: colour, highlight: this.colours.link, hover: this.colours.link },
      width: 1 + 2 * edge.belief, label: edge.modality === "negated" ? `${said} ✕` : said, ...(this.many ? {} : { smooth: { enabled: true, type: nth % 2 ? "curvedCW" : "curvedCCW", roundness: 0.08 + 0.1 * Math.floor(nth / 2) } }),
    };
  }

  /** Let what stays drawn move to its new place. */
  glide() {
    const began = performance.now();
    const starts = this.data.nodes.get().map(({ id, x, y }) => ({ id, x, y }));
    const step = (now) => {
      const part = Math.min(1, (now - began) / 400);
      const eased = 1 - (1 - part) ** 3;
      for (const { id, x, y } of starts) {
        const { x: tx, y: ty } = this.nodes.get(id);
        this.network.moveNode(id, x + (tx - x) * eased, y + (ty - y) * eased);
      }
      if (part < 1 && this.box.isConnected) requestAnimationFrame(step);
      else this.fit();
    };
    requestAnimationFrame(step);
  }

  chosen(node, edge) {
    const selected = this.network.getSelectedNodes();
    if (selected.length === 2) this.way(selected);
    else if (node !== undefined) this.showNode(node);
    else if (edge !== undefined) this.showEdge(edge);
  }

  select(id, moving) {
    this.network.selectNodes([id]);
    this.network.focus(id, { scale: Math.max(this.network.getScale(), 0.9), animation: false });
    this.showNode(id);
    if (moving) this.panel.querySelector("h2")?.focus();
  }

  expand(id) {
    const around = [...new Set([...(this.params.getAll("around").length ? this.answer.around : []), id])];
    go({ around, show: id });
  }

  showNode(id) {
    const node = this.nodes.get(id);
    // what is looked at is part of the address, but no step to go back to
    this.params.set("show", id);
    history.replaceState(null, "", url("graph", "", this.params));
    const beside = this.answer.edges.filter((edge) => edge.s === id || edge.o === id);
    const item = (edge) => {
      const other = edge.s === id ? edge.o : edge.s;
      const relation = this.known.relations.get(edge.p);
      return h("li", null, button(`${pick(edge.s === id ? relation?.label : relation?.inverse)} `, () => this.selectEdge(edge.id), { class: "plain" }), " ",
        button(pick(this.nodes.get(other).label), () => this.select(other, true), { class: "plain" }));
    };
    const others = list(beside.slice(0, 60).map((edge) => item(edge).childNodes).map((nodes) => [...nodes]));
    const to = h("input", { "aria-label": say("pathTo"), placeholder: say("pathTo"), list: "drawn" });
    const path = (event) => {
      event.preventDefault();
      const other = this.answer.nodes.find((each) => [each.label.zh, each.label.en].includes(to.value.trim()));
      if (other) this.way([id, other.id]);
      else announce(say("notDrawn"));
    };
    this.panel.replaceChildren(
      h("h2", { tabindex: "-1" }, pick(node.label)),
      paragraph(`${label(this.known, "types", node.type)} · ${say("assertions")} ${count(node.degree)}${node.hidden ? ` · ${say("hiddenHere")} ${count(node.hidden)}` : ""}`, "quiet"),
      h("p", { class: "links" }, button(say("expand"), () => this.expand(id)), link(url("entity", id), say("entityPage"), { class: "action" })),
      h("form", { class: "bar", onsubmit: path }, to, h("button", null, say("light"))),
      others);
  }

  selectEdge(id) {
    this.network.selectEdges([id]);
    this.showEdge(id);
  }

  showEdge(id) {
    const edge = this.edges.get(id);
    const [s, o] = [edge.s, edge.o].map((end) => this.nodes.get(end));
    const rows = later(async () => {
      const { statements } = await ask("statements", { s: edge.s, p: edge.p, o: edge.o });
      return statements.filter((one) => one.modality === edge.modality).map((one) => whole(one, this.known));
    });
    this.panel.replaceChildren(
      h("h2", { tabindex: "-1" }, `${pick(s.label)} —${label(this.known, "relations", edge.p)}→ ${pick(o.label)}`),
      rows, h("p", { class: "links" }, button(pick(s.label), () => this.select(s.id, true), { class: "plain" }), button(pick(o.label), () => this.select(o.id, true), { class: "plain" })));
  }

  /** Show the shortest way between two things that are drawn. */
  way([one, other]) {
    const found = shortest(one, other, this.answer.edges);
    this.light(found);
    if (!found) return announce(say("noWay"));
    const names = [one, other].map((id) => pick(this.nodes.get(id).label));
    this.panel.replaceChildren(h("h2", { tabindex: "-1" }, `${names[0]} … ${names[1]}`),
      h("ol", null, found.map((edge) => h("li", null, entityLink(edge.s, pick(this.nodes.get(edge.s).label)), ` —${label(this.known, "relations", edge.p)}→ `, entityLink(edge.o, pick(this.nodes.get(edge.o).label)), " ",
        button(say("evidence"), () => this.selectEdge(edge.id), { class: "plain" })))),
      h("p", { class: "links" }, button(say("unlight"), () => (this.light(undefined), this.hint())), link(url("chain", "", { from: one, to: other }), say("findChains"), { class: "action" })));
  }

  light(path) {
    this.path = path && new Set(path.map(({ id }) => id));
    const ends = new Set(path?.flatMap(({ s, o }) => [s, o]));
    this.data.edges.update(this.answer.edges.map((edge) => ({ id: edge.id, color: { ...this.data.edges.get(edge.id).color, opacity: path && !this.path.has(edge.id) ? 0.12 : 1 }, width: this.path?.has(edge.id) ? 6 : 1 + 2 * edge.belief })));
    this.data.nodes.update(this.answer.nodes.map((node) => ({ id: node.id, opacity: path && !ends.has(node.id) ? 0.15 : 1 })));
  }

  // ---- Pictures

  /** The drawing as SVG, as text: everything that is drawn, whatever is on the screen. */
  picture() {
    const at = this.network.getPositions();
    const xs = Object.values(at).map(({ x }) => x);
    const ys = Object.values(at).map(({ y }) => y);
    const [left, top, right, bottom] = [Math.min(...xs) - 130, Math.min(...ys) - 70, Math.max(...xs) + 130, Math.max(...ys) + 70];
    const dim = (on) => (on ? { opacity: 0.15 } : {});
    const lines = this.answer.edges.map((edge) => {
      const [a, b] = [at[edge.s], at[edge.o]];
      const colour = edge.modality === "negated" ? this.colours.warn : this.colours.line;
      return svg("line", { x1: a.x, y1: a.y, x2: b.x, y2: b.y, stroke: this.path?.has(edge.id) ? this.colours.link : colour, "stroke-width": this.path?.has(edge.id) ? 6 : 1 + 2 * edge.belief, "stroke-dasharray": edge.modality === "proposed" ? "8 6" : undefined, ...dim(this.path && !this.path.has(edge.id)) },
        svg("title", null, `${pick(this.nodes.get(edge.s).label)} —${label(this.known, "relations", edge.p)}→ ${pick(this.nodes.get(edge.o).label)}`));
    });
    const marks = this.answer.nodes.map((node) => {
      const { x, y } = at[node.id];
      const { size, font } = this.data.nodes.get(node.id);
      const { colour, shape } = this.types.get(node.type);
      const mark = shape === "dot" ? svg("circle", { cx: x, cy: y, r: size, fill: colour }) : shape === "square" ? svg("rect", { x: x - size, y: y - size, width: 2 * size, height: 2 * size, fill: colour }) : svg("path", { d: `M${x} ${y - size}l${size} ${size}l${-size} ${size}l${-size} ${-size}z`, fill: colour });
      return [mark, svg("text", { x, y: y + size + font.size, "text-anchor": "middle", "font-size": font.size, fill: this.colours.text, stroke: this.colours.ground, "stroke-width": 3, "paint-order": "stroke" }, cut(pick(node.label), 260, font.size))];
    });
    const drawing = svg("svg", { xmlns: "http://www.w3.org/2000/svg", width: right - left, height: bottom - top, viewBox: `${left} ${top} ${right - left} ${bottom - top}`, "font-family": "Noto Sans CJK SC, Noto Sans SC, PingFang SC, Microsoft YaHei, sans-serif" },
      svg("rect", { x: left, y: top, width: right - left, height: bottom - top, fill: this.colours.ground }), lines, marks);
    return new XMLSerializer().serializeToString(drawing);
  }

  /** The drawing as it is on the screen. */
  png() {
    const canvas = this.box.querySelector("canvas");
    const copy = h("canvas", { width: canvas.width, height: canvas.height });
    const pen = copy.getContext("2d");
    pen.fillStyle = this.colours.ground;
    pen.fillRect(0, 0, copy.width, copy.height);
    pen.drawImage(canvas, 0, 0);
    copy.toBlob((blob) => download("policykg.png", blob));
  }
}

/** How large a thing is drawn: the more statements, the larger, and never too small to be seen. */
const sizeOf = ({ degree }, scale) => Math.max(Math.min(44, 8 + 3 * Math.sqrt(degree)), 4 / scale);

/** What can be named when all is on the screen: the busiest first, as long as no name lies on another. */
function nameable(nodes, scale) {
  const taken = [];
  const found = new Set();
  for (const node of nodes.toSorted((one, other) => other.degree - one.degree).slice(0, 400)) {
    const half = width(short(pick(node.label), 18), NAME) / 2 + 4;
    const top = node.y * scale + sizeOf(node, scale) * scale;
    const box = { left: node.x * scale - half, right: node.x * scale + half, top, bottom: top + NAME + 6 };
    if (taken.some((other) => box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom)) continue;
    taken.push(box);
    found.add(node.id);
  }
  return found;
}

/** Where each thing lay before, turned and moved so that as little as possible moves: a rotation is all that a layout
 *  leaves open. What was not drawn begins where it will lie. Changes the places of `nodes` themselves. */
function aligned(nodes) {
  const shared = nodes.filter(({ id }) => before.has(id));
  const mean = (rows, axis) => rows.reduce((sum, row) => sum + row[axis], 0) / rows.length;
  const old = shared.map(({ id }) => before.get(id));
  const [nx, ny, ox, oy] = [mean(shared, "x"), mean(shared, "y"), mean(old, "x"), mean(old, "y")];
  let [cos, sin] = [0, 0];
  shared.forEach(({ x, y }, n) => {
    cos += (x - nx) * (old[n].x - ox) + (y - ny) * (old[n].y - oy);
    sin += (x - nx) * (old[n].y - oy) - (y - ny) * (old[n].x - ox);
  });
  const angle = Math.atan2(sin, cos);
  for (const node of nodes) {
    const [x, y] = [node.x - nx, node.y - ny];
    node.x = ox + x * Math.cos(angle) - y * Math.sin(angle);
    node.y = oy + x * Math.sin(angle) + y * Math.cos(angle);
  }
  return ({ id }) => before.get(id);
}

function shortest(start, end, edges) {
  const beside = new Map();
  for (const edge of edges) {
    for (const [here, there] of [[edge.s, edge.o], [edge.o, edge.s]]) beside.set(here, [...(beside.get(here) ?? []), [there, edge]]);
  }
  const came = new Map([[start, undefined]]);
  const queue = [start];
  while (queue.length && !came.has(end)) {
    const here = queue.shift();
    for (const [there, edge] of beside.get(here) ?? []) {
      if (!came.has(there)) {
        came.set(there, [here, edge]);
        queue.push(there);
      }
    }
  }
  if (!came.has(end) || start === end) return undefined;
  const path = [];
  for (let here = end; came.get(here); [here] = came.get(here)) path.unshift(came.get(here)[1]);
  return path;
}


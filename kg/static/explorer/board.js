// A board: things in layers from left to right, joined by lines that can be chosen.

import { h, say, svg } from "./core.js";
import { cut, width } from "./charts.js";

const CARD = { width: 168, height: 46, gap: 14 };
const SPACE = 118;
const TOP = 30;
const ROUNDS = 4;

/**
 * `nodes`: `{id, text, kind, layer, hue, href}`; `edges`: `{id, from, to, text, hint, dashed, negated, weak, paths}`.
 * `chosen(edge)` is called when a line is chosen. The box that is returned has a method `light(path)` that shows one
 * path, named in the edges' `paths`, above the others.
 */
export function board({ nodes, edges, titles, name, chosen }) {
  const layers = layered(nodes, edges);
  const used = layers.map(({ layer }) => layer);
  const tallest = Math.max(...layers.map(({ members }) => members.length));
  const height = TOP + tallest * (CARD.height + CARD.gap) + 20;
  const total = layers.length * CARD.width + (layers.length - 1) * SPACE + 2;
  const at = new Map();
  layers.forEach(({ members }, column) => {
    const top = TOP + ((tallest - members.length) * (CARD.height + CARD.gap)) / 2;
    members.forEach((node, row) => at.set(node.id, { x: column * (CARD.width + SPACE) + 1, y: top + row * (CARD.height + CARD.gap), column }));
  });
  const parallel = new Map();
  const lines = edges.map((edge) => {
    const key = [edge.from, edge.to].sort().join(" ");
    parallel.set(key, (parallel.get(key) ?? 0) + 1);
    return lineOf(edge, at.get(edge.from), at.get(edge.to), parallel.get(key) - 1, chosen);
  });
  const heads = titles ? used.map((layer, column) => svg("text", { x: column * (CARD.width + SPACE) + 4, y: 14, class: "faint" }, cut(titles[layer] ?? "", CARD.width + SPACE / 2, 13))) : [];
  const cards = nodes.map((node) => card(node, at.get(node.id)));
  const drawing = svg("svg", { width: total, height, viewBox: `0 0 ${total} ${height}`, class: "board" }, arrows(), heads, lines.map(([line]) => line), cards, lines.map(([, label]) => label));
  const box = h("div", { class: "wide boardbox", tabindex: "0", role: "region", "aria-label": name ?? say("board") }, drawing);
  box.light = (path) => {
    for (const part of drawing.querySelectorAll("[data-paths]")) part.classList.toggle("dim", path !== undefined && !part.dataset.paths.split(" ").includes(String(path)));
  };
  return box;
}

/** The layers that are used, each with its members in an order that crosses few lines. */
function layered(nodes, edges) {
  const groups = [...Map.groupBy(nodes, (node) => node.layer)].toSorted(([one], [other]) => one - other);
  const layers = groups.map(([layer, members]) => ({ layer, members }));
  const place = new Map();
  const settle = () => layers.forEach(({ members }) => members.forEach((node, row) => place.set(node.id, row - members.length / 2)));
  settle();
  for (let round = 0; round < ROUNDS; round++) {
    for (const one of layers) {
      const weight = new Map(one.members.map((node) => {
        const near = edges.flatMap(({ from, to }) => (from === node.id ? [place.get(to)] : to === node.id ? [place.get(from)] : []));
        return [node.id, near.length ? near.reduce((sum, each) => sum + each, 0) / near.length : place.get(node.id)];
      }));
      one.members.sort((a, b) => weight.get(a.id) - weight.get(b.id));
      settle();
    }
  }
  return layers;
}

function card(node, { x, y }) {
  const inner = CARD.width - 22;
  const rows = wrapped(node.text, inner);
  const content = [
    svg("rect", { x, y, width: CARD.width, height: CARD.height, rx: 6, class: "card" }),
    svg("rect", { x, y, width: 6, height: CARD.height, rx: 3, class: node.hue ?? "hue0" }),
    rows.map((row, number) => svg("text", { x: x + 14, y: y + CARD.height / 2 + (number - (rows.length - 1) / 2) * 17, "dominant-baseline": "central" }, row)),
    svg("title", null, [node.kind, node.text].filter(Boolean).join(" · ")),
  ];
  const attributes = { "data-paths": node.paths?.join(" ") };
  return node.href ? svg("a", { href: node.href, ...attributes }, content) : svg("g", attributes, content);
}

/** A text in at most two lines. */
function wrapped(text, most) {
  if (width(text) <= most) return [text];
  let row = "";
  const points = Array.from(text);
  for (const point of points) {
    if (width(row + point) > most) break;
    row += point;
  }
  const space = row.lastIndexOf(" ");
  const end = space > row.length / 2 ? space : row.length;
  return [row.slice(0, end), cut(text.slice(end).trim(), most)];
}

function lineOf(edge, from, to, nth, chosen) {
  const middle = (node) => node.y + CARD.height / 2;
  const shift = (nth % 2 ? -1 : 1) * Math.ceil(nth / 2) * 13;
  const onward = to.column > from.column;
  const same = to.column === from.column;
  const x1 = from.x + (onward || same ? CARD.width : 0);
  const x2 = to.x + (onward ? 0 : CARD.width);
  const [y1, y2] = [middle(from) + shift, middle(to) + shift];
  const bend = same ? 60 : Math.max(30, Math.abs(x2 - x1) / 2) * (onward ? 1 : -1);
  const path = `M${x1} ${y1}C${x1 + bend} ${y1} ${same ? x2 + bend : x2 - bend} ${y2} ${x2} ${y2}`;
  const kinds = ["line", edge.dashed && "dashed", edge.negated && "negated", edge.weak && "weak"].filter(Boolean).join(" ");
  const drawn = [svg("path", { d: path, class: kinds, "marker-end": edge.negated ? "url(#arrow-negated)" : "url(#arrow)" }), svg("path", { d: path, class: "hit" })];
  const [x, y] = [same ? x1 + 45 : (x1 + x2) / 2, (y1 + y2) / 2 - 4];
  const said = cut(edge.text, SPACE - 10, 12);
  const plate = width(said, 12) + 10;
  const mark = said ? [svg("rect", { x: x - plate / 2, y: y - 9, width: plate, height: 18, rx: 4, class: "plate" }), svg("text", { x, y, "text-anchor": "middle", "dominant-baseline": "central", class: `small ${edge.negated ? "warn" : ""}` }, said)] : [];
  const hint = svg("title", null, edge.hint ?? edge.text);
  const attributes = { "data-paths": edge.paths?.join(" ") };
  if (!chosen) return [svg("g", attributes, drawn, hint), svg("g", attributes, mark)];
  const act = () => chosen(edge);
  const pressed = (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    act();
  };
  const label = svg("g", { ...attributes, tabindex: "0", role: "button", "aria-label": edge.hint ?? edge.text, class: "choose", onclick: act, onkeydown: pressed }, mark, svg("title", null, edge.hint ?? edge.text));
  return [svg("g", { ...attributes, onclick: act, class: "choose" }, drawn, hint), label];
}

function arrows() {
  const arrow = (id, kind) => svg("marker", { id, viewBox: "0 0 8 8", refX: 8, refY: 4, markerWidth: 8, markerHeight: 8, markerUnits: "userSpaceOnUse", orient: "auto" }, svg("path", { d: "M0 0 8 4 0 8z", class: kind }));
  return svg("defs", null, arrow("arrow", "head"), arrow("arrow-negated", "head negated"));
}

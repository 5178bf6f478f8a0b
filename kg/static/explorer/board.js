// A board: things in layers from left to right, joined by lines that can be chosen.

import { h, say, svg } from "./core.js";
import { cut, width } from "./charts.js";

const CARD = { width: 168, height: 46, gap: 14 };
const SPACE = 118;
const TOP = 30;
const LOOP = 30;
const ROUNDS = 4;

/**
 * `nodes`: `{id, text, kind, layer, hue, href}`; `edges`: `{id, from, to, text, hint, dashed, negated, weak, paths}`.
 * `chosen(edge)` is called when a line is chosen. The box that is returned has a method `light(path)` that shows one
 * path, named in the edges' `paths`, above the others.
 */
export function board({ nodes, edges, titles, name, chosen }) {
  const layers = [...new Set(nodes.map(({ layer }) => layer))].sort((one, other) => one - other);
  const columns = layers.map((layer) => nodes.filter((node) => node.layer === layer).map(({ id }) => id));
  const column = new Map(columns.flatMap((ids, number) => ids.map((id) => [id, number])));
  const ways = edges.map((edge, number) => passing(edge, number, column, columns));
  ordered(columns, ways);
  const heights = columns.map((ids) => ids.reduce((sum, id) => sum + room(id), 0));
  const tallest = Math.max(...heights);
  const at = new Map();
  columns.forEach((ids, number) => {
    let y = TOP + (tallest - heights[number]) / 2;
    for (const id of ids) {
      at.set(id, { x: number * (CARD.width + SPACE) + 1, y: y + (id.startsWith(FREE) ? room(id) : CARD.gap) / 2, column: number });
      y += room(id);
    }
  });
  const [total, height] = [columns.length * CARD.width + (columns.length - 1) * SPACE + 2 + LOOP, TOP + tallest + 12];
  const parallel = new Map();
  const taken = [];
  const lines = edges.map((edge, number) => {
    const key = [edge.from, edge.to].sort().join(" ");
    parallel.set(key, (parallel.get(key) ?? 0) + 1);
    return lineOf(edge, ways[number].map((id) => at.get(id)), parallel.get(key) - 1, taken, chosen);
  });
  const heads = titles ? layers.map((layer, number) => svg("text", { x: number * (CARD.width + SPACE) + 4, y: 14, class: "faint" }, cut(titles[layer] ?? "", CARD.width + SPACE / 2, 13))) : [];
  const cards = nodes.map((node) => card(node, at.get(node.id)));
  const drawing = svg("svg", { width: total, height, viewBox: `0 0 ${total} ${height}`, class: "board" }, arrows(), heads, lines.map(([line]) => line), cards, lines.map(([, label]) => label));
  const box = h("div", { class: "wide boardbox", tabindex: "0", role: "region", "aria-label": name ?? say("board") }, drawing);
  box.light = (path) => {
    for (const part of drawing.querySelectorAll("[data-paths]")) part.classList.toggle("dim", path !== undefined && !part.dataset.paths.split(" ").includes(String(path)));
  };
  return box;
}

const FREE = "free ";

/** How high the place of a card is, or the one that is kept free for a line. */
const room = (id) => (id.startsWith(FREE) ? 26 : CARD.height + CARD.gap);

/** The places that a line passes, from left to right as it leads; those in between are put into the columns. */
function passing(edge, number, column, columns) {
  const [from, to] = [column.get(edge.from), column.get(edge.to)];
  const between = [];
  for (let each = Math.min(from, to) + 1; each < Math.max(from, to); each++) {
    const id = `${FREE}${number} ${each}`;
    columns[each].push(id);
    between.push(id);
  }
  return [edge.from, ...(from > to ? between.reverse() : between), edge.to];
}

/** Put each column in an order that crosses few lines: what is joined stands side by side. */
function ordered(columns, ways) {
  const beside = new Map();
  for (const way of ways) {
    for (let n = 0; n + 1 < way.length; n++) {
      for (const [one, other] of [[way[n], way[n + 1]], [way[n + 1], way[n]]]) beside.set(one, [...(beside.get(one) ?? []), other]);
    }
  }
  const place = new Map();
  const settle = (ids) => ids.forEach((id, row) => place.set(id, row - ids.length / 2));
  columns.forEach(settle);
  for (let round = 0; round < ROUNDS; round++) {
    for (const ids of round % 2 ? columns.toReversed() : columns) {
      const weight = new Map(ids.map((id) => {
        const near = (beside.get(id) ?? []).map((other) => place.get(other));
        return [id, near.length ? near.reduce((sum, each) => sum + each, 0) / near.length : place.get(id)];
      }));
      ids.sort((one, other) => weight.get(one) - weight.get(other));
      settle(ids);
    }
  }
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

function lineOf(edge, places, nth, taken, chosen) {
  const [from, to] = [places[0], places.at(-1)];
  const shift = (nth % 2 ? -1 : 1) * Math.ceil(nth / 2) * 15;
  const middle = (place) => place.y + (place === from || place === to ? CARD.height / 2 + shift : 0);
  const onward = to.column > from.column;
  const same = to.column === from.column;
  const curves = [];
  if (same) {
    const x = from.x + CARD.width;
    const [y1, y2] = [middle(from), middle(to)];
    // the farther apart, the wider, so that such lines do not lie on each other
    const bend = Math.min(30 + Math.abs(y2 - y1) * 0.3, SPACE);
    curves.push([x, y1, x + bend, y1, x + bend, y2, x, y2]);
  } else {
    const [out, into] = onward ? [CARD.width, 0] : [0, CARD.width];
    const bend = (SPACE / 2) * (onward ? 1 : -1);
    for (let n = 1; n < places.length; n++) {
      const [before, after] = [places[n - 1], places[n]];
      const [x1, x2] = [before.x + out, after.x + into];
      curves.push([x1, middle(before), x1 + bend, middle(before), x2 - bend, middle(after), x2, middle(after)]);
    }
  }
  const path = `M${curves[0][0]} ${curves[0][1]}` + curves.map(([x1, y1, ...rest], n) => `${n ? `L${x1} ${y1}` : ""}C${rest.join(" ")}`).join("");
  const said = cut(edge.text, SPACE - 10, 12);
  const plate = width(said, 12) + 10;
  const [x, y] = free(curves, plate, taken);
  const kinds = ["line", edge.dashed && "dashed", edge.negated && "negated", edge.weak && "weak"].filter(Boolean).join(" ");
  const drawn = [svg("path", { d: path, class: kinds, "marker-end": edge.negated ? "url(#arrow-negated)" : "url(#arrow)" }), svg("path", { d: path, class: "hit" })];
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
  const plateOf = svg("g", { ...attributes, tabindex: "0", role: "button", "aria-label": edge.hint ?? edge.text, class: "choose", onclick: act, onkeydown: pressed }, mark, svg("title", null, edge.hint ?? edge.text));
  return [svg("g", { ...attributes, onclick: act, class: "choose" }, drawn, hint), plateOf];
}

const ALONG = [0.5, 0.36, 0.64, 0.25, 0.75, 0.16, 0.84];

/** A place on the line for a label so wide, clear of the labels placed before; the middle of its beginning if none is. */
function free(curves, plate, taken) {
  const spots = curves.flatMap((curve) => ALONG.map((t) => point(curve, t)));
  const clear = ([x, y]) => taken.every((other) => Math.abs(x - other.x) > (plate + other.plate) / 2 || Math.abs(y - other.y) > 18);
  const [x, y] = spots.find(clear) ?? spots[0];
  taken.push({ x, y, plate });
  return [x, y];
}

/** The point of a cubic curve at the part `t` of its way. */
function point([x1, y1, x2, y2, x3, y3, x4, y4], t) {
  const u = 1 - t;
  const along = (a, b, c, d) => u ** 3 * a + 3 * u * u * t * b + 3 * u * t * t * c + t ** 3 * d;
  return [along(x1, x2, x3, x4), along(y1, y2, y3, y4)];
}

function arrows() {
  const arrow = (id, kind) => svg("marker", { id, viewBox: "0 0 8 8", refX: 8, refY: 4, markerWidth: 8, markerHeight: 8, markerUnits: "userSpaceOnUse", orient: "auto" }, svg("path", { d: "M0 0 8 4 0 8z", class: kind }));
  return svg("defs", null, arrow("arrow", "head"), arrow("arrow-negated", "head negated"));
}

// A board: things in layers from left to right, joined by lines that can be chosen.

import { h, say, svg } from "./core.js";
import { cut, width } from "./charts.js";

const CARD = { width: 168, space: 118, least: 0.62 };
const LINE = 17;
const GAP = 14;
const TOP = 30;
const LOOP = 30;
const ROUNDS = 4;

/**
 * `nodes`: `{id, text, kind, layer, hue, href}`; `edges`: `{id, from, to, text, hint, dashed, negated, weak, paths}`.
 * `chosen(edge)` is called when a line is chosen. The box that is returned draws itself as soon as it is shown, and
 * again when its width changes: cards and the space between them shrink, down to a limit, so that all columns are seen.
 * It has a method `light(path)` that shows one path, named in the edges' `paths`, above the others.
 */
export function board({ nodes, edges, titles, name, chosen }) {
  const layers = [...new Set(nodes.map(({ layer }) => layer))].sort((one, other) => one - other);
  const columns = layers.map((layer) => nodes.filter((node) => node.layer === layer).map(({ id }) => id));
  const column = new Map(columns.flatMap((ids, number) => ids.map((id) => [id, number])));
  const ways = edges.map((edge, number) => passing(edge, number, column, columns));
  ordered(columns, ways);
  const box = h("div", { class: "wide boardbox", tabindex: "0", role: "region", "aria-label": name ?? say("board"), "data-columns": columns.length });
  const heads = layers.map((layer) => titles?.[layer] ?? "");
  let [last, lit] = [0, undefined];
  const dim = () => {
    for (const part of box.querySelectorAll("[data-paths]")) part.classList.toggle("dim", lit !== undefined && !part.dataset.paths.split(" ").includes(lit));
  };
  new ResizeObserver(([{ contentRect }]) => {
    const now = Math.floor(contentRect.width);
    if (!now || Math.abs(now - last) < 4) return;
    last = now;
    box.replaceChildren(drawn({ nodes, edges, ways, columns, column, heads, chosen }, now));
    dim();
  }).observe(box);
  box.light = (path) => {
    lit = path === undefined ? undefined : String(path);
    dim();
  };
  return box;
}

/** The drawing, no wider than `room` where that can be. */
function drawn({ nodes, edges, ways, columns, column, heads, chosen }, room) {
  const loop = edges.some(({ from, to }) => column.get(from) === columns.length - 1 && column.get(to) === columns.length - 1) ? LOOP : 0;
  const size = sizes(columns.length, room - loop - 2);
  const heightOf = (id) => (id.startsWith(FREE) ? 26 : size.height + GAP);
  const heights = columns.map((ids) => ids.reduce((sum, id) => sum + heightOf(id), 0));
  const tallest = Math.max(...heights);
  const step = size.width + size.space;
  const at = new Map();
  columns.forEach((ids, number) => {
    let y = TOP + (tallest - heights[number]) / 2;
    for (const id of ids) {
      at.set(id, { x: number * step + 1, y: y + (id.startsWith(FREE) ? heightOf(id) : GAP) / 2, column: number });
      y += heightOf(id);
    }
  });
  const [total, height] = [columns.length * step - size.space + 2 + loop, TOP + tallest + 12];
  const parallel = new Map();
  const taken = [];
  const lines = edges.map((edge, number) => {
    const key = [edge.from, edge.to].sort().join(" ");
    parallel.set(key, (parallel.get(key) ?? 0) + 1);
    return lineOf(edge, ways[number].map((id) => at.get(id)), parallel.get(key) - 1, { size, taken, chosen });
  });
  const titles = heads.map((said, number) => (said ? svg("text", { x: number * step + 4, y: 14, class: "faint" }, cut(said, size.width + size.space / 2, 12)) : []));
  const cards = nodes.map((node) => card(node, at.get(node.id), size));
  return svg("svg", { width: total, height, viewBox: `0 0 ${total} ${height}`, class: "board" }, arrows(), titles, lines.map(([line]) => line), cards, lines.map(([, label]) => label));
}

/** How large cards are and how far apart, so that so many columns fit into the room; narrow cards have a row more. */
function sizes(columns, room) {
  const whole = columns * CARD.width + (columns - 1) * CARD.space;
  const scale = Math.max(CARD.least, Math.min(1, room / whole));
  const rows = scale < 0.85 ? 3 : 2;
  return { width: Math.floor(CARD.width * scale), space: Math.floor(CARD.space * scale), rows, height: rows * LINE + 12 };
}

/** What the ids of places begin with that are kept free for a line. */
const FREE = "free ";

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

function card(node, { x, y }, size) {
  const rows = wrapped(node.text, size.width - 22, size.rows);
  const content = [
    svg("rect", { x, y, width: size.width, height: size.height, rx: 6, class: "card" }),
    svg("rect", { x, y, width: 6, height: size.height, rx: 3, class: node.hue ?? "hue0" }),
    rows.map((row, number) => svg("text", { x: x + 14, y: y + size.height / 2 + (number - (rows.length - 1) / 2) * LINE, "dominant-baseline": "central" }, row)),
    svg("title", null, [node.kind, node.text].filter(Boolean).join(" · ")),
  ];
  const attributes = { "data-paths": node.paths?.join(" ") };
  return node.href ? svg("a", { href: node.href, ...attributes }, content) : svg("g", attributes, content);
}

/** A text in rows, at most so many, cut between words where there are any. */
function wrapped(text, most, rows) {
  if (rows === 1 || width(text) <= most) return [cut(text, most)];
  let row = "";
  for (const point of text) {
    if (width(row + point) > most) break;
    row += point;
  }
  const space = text[row.length] === " " ? row.length : row.lastIndexOf(" ");
  const end = space > row.length / 2 ? space : row.length || 1;
  return [text.slice(0, end), ...wrapped(text.slice(end).trim(), most, rows - 1)];
}

function lineOf(edge, places, nth, { size, taken, chosen }) {
  const [from, to] = [places[0], places.at(-1)];
  const shift = (nth % 2 ? -1 : 1) * Math.ceil(nth / 2) * 15;
  const middle = (place) => place.y + (place === from || place === to ? size.height / 2 + shift : 0);
  const onward = to.column > from.column;
  const same = to.column === from.column;
  const curves = [];
  if (same) {
    const x = from.x + size.width;
    const [y1, y2] = [middle(from), middle(to)];
    // the farther apart, the wider, so that such lines do not lie on each other
    const bend = Math.min(30 + Math.abs(y2 - y1) * 0.3, size.space);
    curves.push([x, y1, x + bend, y1, x + bend, y2, x, y2]);
  } else {
    const [out, into] = onward ? [size.width, 0] : [0, size.width];
    const bend = (size.space / 2) * (onward ? 1 : -1);
    for (let n = 1; n < places.length; n++) {
      const [before, after] = [places[n - 1], places[n]];
      const [x1, x2] = [before.x + out, after.x + into];
      curves.push([x1, middle(before), x1 + bend, middle(before), x2 - bend, middle(after), x2, middle(after)]);
    }
  }
  const path = `M${curves[0][0]} ${curves[0][1]}` + curves.map(([x1, y1, ...rest], n) => `${n ? `L${x1} ${y1}` : ""}C${rest.join(" ")}`).join("");
  const said = cut(edge.text, size.space - 10, 12);
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

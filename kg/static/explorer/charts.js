// Charts as small SVG drawings: bars, stacked bars, timelines, matrices, scatters. Each is drawn as wide as its box.

import { count, empty, h, pick, say, short, svg, titled, url } from "./core.js";
import { board } from "./board.js";

const BARS = 40;
const ROW = 26;
const SERIES = 8;
const FONT = 13;
const YEAR = 40;
/** Of at most so many points the names are shown. */
const NAMED = 25;

// ---- Measures

const pen = document.createElement("canvas").getContext("2d");
let family = {};

/** How wide a text is drawn, in pixels. */
export function width(text, size = FONT) {
  const { lang } = document.documentElement;
  if (family.lang !== lang) family = { lang, name: getComputedStyle(document.documentElement).fontFamily };
  pen.font = `${size}px ${family.name}`;
  return pen.measureText(text).width;
}

export function cut(text, most, size = FONT) {
  if (width(text, size) <= most) return text;
  const points = Array.from(text);
  let [low, high] = [0, points.length];
  while (low + 1 < high) {
    const middle = (low + high) >> 1;
    if (width(`${points.slice(0, middle).join("")}…`, size) > most) high = middle;
    else low = middle;
  }
  return `${points.slice(0, low).join("")}…`;
}

/** A box that draws itself as wide as it is, and again when that changes. */
function drawn(draw, name) {
  const box = h("figure", { class: "chart" });
  let last = 0;
  new ResizeObserver(([{ contentRect }]) => {
    const now = Math.floor(contentRect.width);
    if (now && Math.abs(now - last) > 3) {
      last = now;
      box.replaceChildren(...[draw(now, name)].flat());
    }
  }).observe(box);
  return box;
}

function root(w, height, name, ...children) {
  const drawing = svg("svg", { width: w, height, viewBox: `0 0 ${w} ${height}`, "aria-label": name }, children);
  // what is a picture to those who hear the page holds nothing that could be chosen
  drawing.setAttribute("role", drawing.querySelector("a") ? "group" : "img");
  return drawing;
}

const text = (x, y, said, attributes) => svg("text", { x, y, "dominant-baseline": "central", ...attributes }, said);
const hint = (said) => svg("title", null, said);

function linked(cell, ...children) {
  return cell?.kind === "entity" ? svg("a", { href: url("entity", cell.id) }, children) : children;
}

// ---- What is drawn

const value = (cell) => {
  const said = pick(cell);
  return said === "" ? NaN : Number(said);
};

const years = (said) => (said.match(/(?<!\d)(?:1[89]|20)\d\d(?!\d)/g) ?? []).map(Number);

/** A description of a chart for an answer that has none: statements over time, numbers, or how often each value comes. */
export function guessed({ columns, rows }, chosen) {
  const names = columns.map(({ name }) => name);
  const entity = names.find((name) => rows.some((row) => row[name]?.kind === "entity"));
  const time = names.find((name) => /^(time|year|period|start)$/.test(name) && rows.some((row) => years(pick(row[name])).length));
  if (!chosen && time && entity) return { kind: "timeline", x: time, y: entity, column: time };
  if (chosen && chosen === time && entity) return { kind: "timeline", x: time, y: entity, column: time };
  const counted = (name) => rows.some((row) => row[name]?.kind === "number") && rows.every((row) => ["number", "empty"].includes(row[name]?.kind));
  const numbers = names.filter(counted);
  const y = chosen ? numbers.find((name) => name === chosen) : numbers[0];
  const named = names.find((name) => !numbers.includes(name));
  if (y && named) return { kind: "bar", x: named, y, column: y };
  const repeated = names.find((name) => name !== "quote" && new Set(rows.map((row) => pick(row[name]))).size < rows.length);
  const x = chosen || repeated || names[0];
  return { kind: "bar", x, column: x };
}

/** The answer as its description says: `kind`, and the columns `x`, `y`, `series`, `value`, `start`, `end`, `label`. */
export function chart(given, table) {
  const { spec, answer } = given.points ? pointed(given) : { spec: given, answer: table };
  const draw = { bar: stacked, stacked, timeline, matrix, scatter, graph }[spec.kind];
  if (!draw || !answer.rows.length) return empty(say("noChart"));
  return draw(spec, answer);
}

/** A chart that brings its own points, as a table of them and what its columns are for. */
function pointed({ kind, points, labels = {}, ticks = {} }) {
  const [along, up] = ["x", "y"].map((axis) => ({ label_zh: labels[axis]?.zh ?? "", label_en: labels[axis]?.en ?? "" }));
  const plain = (said) => ({ kind: "text", zh: String(said ?? ""), en: String(said ?? "") });
  const ticked = (axis, at) => (ticks[axis] ? { kind: "text", ...ticks[axis][at] } : plain(at));
  const row = (point) => ({
    label: { kind: point.id ? "entity" : "text", id: point.id, ...point.label }, series: { kind: "text", ...point.series },
    value: plain(point.value), start: plain(point.start ?? point.end), end: plain(point.end ?? point.start),
    x: kind === "scatter" ? ticked("x", point.x) : plain(""), y: kind === "scatter" ? ticked("y", point.y) : plain(""),
  });
  const columns = [{ name: "label", ...(kind === "timeline" ? up : along) }, { name: "value", ...up }, { name: "x", ...along }, { name: "y", ...up }];
  const several = points.some((point) => pick(point.series)) ? { series: "series" } : {};
  const spec = {
    timeline: { x: "start", start: "start", end: "end", y: "label", ...several },
    scatter: { x: "x", y: "y", label: "label", ticks, ...several },
  }[kind] ?? { x: "label", y: "value", ...several };
  return { spec: { kind, ...spec }, answer: { columns, rows: points.map(row) } };
}

const columnTitle = ({ columns }, name) => titled(columns.find((column) => column.name === name) ?? {}) || "";
const first = (given) => (Array.isArray(given) ? given[0] : given);

function legend(names) {
  if (names.length < 2) return "";
  return h("ul", { class: "legend" }, names.map((name, number) => h("li", null, swatch(number), name)));
}

const swatch = (number) => svg("svg", { width: 12, height: 12, "aria-hidden": "true", class: hueOf(number) }, svg("rect", { width: 12, height: 12, rx: 2 }));

/** The class of a series' colour; beyond the number of colours they come again, paler. */
const hueOf = (number) => `hue${Math.max(number, 0) % SERIES}${number >= SERIES ? " pale" : ""}`;

/** Bars, one for each value of `x`: as long as the sum of `y`, or where there is none, as there are rows. */
function stacked(spec, answer) {
  const { rows } = answer;
  const ys = [spec.y ?? []].flat();
  const wide = ys.length > 1 && !spec.series;
  const bars = new Map();
  const series = new Map();
  for (const row of rows) {
    const key = pick(row[first(spec.x)]) || "—";
    if (!bars.has(key)) bars.set(key, { cell: row[first(spec.x)], parts: new Map(), total: 0 });
    const bar = bars.get(key);
    for (const y of wide ? ys : [ys[0]]) {
      const part = wide ? columnTitle(answer, y) : spec.series ? pick(row[first(spec.series)]) || "—" : "";
      const size = y ? value(row[y]) || 0 : 1;
      series.set(part, (series.get(part) ?? 0) + size);
      bar.parts.set(part, (bar.parts.get(part) ?? 0) + size);
      bar.total += size;
    }
  }
  const order = [...series.keys()];
  const all = [...bars].toSorted(([, one], [, other]) => other.total - one.total);
  const shown = all.slice(0, BARS);
  const most = Math.max(...shown.map(([, { total }]) => total), 0) || 1;
  const name = [columnTitle(answer, first(spec.x)), ys[0] ? columnTitle(answer, ys[0]) : say("rows")].join(" · ");
  const draw = (w) => {
    const left = Math.min(Math.max(...shown.map(([key]) => width(key))) + 10, w * 0.42);
    const scale = (w - left - 56) / most;
    const parts = shown.map(([key, bar], number) => {
      let x = left;
      const y = number * ROW;
      const boxes = order.filter((part) => bar.parts.get(part)).map((part) => {
        const size = bar.parts.get(part);
        const box = svg("rect", { x, y: y + 4, width: Math.max(1, size * scale), height: ROW - 8, class: hueOf(order.indexOf(part)) },
          hint([key, part, count(size)].filter(Boolean).join(" · ")));
        x += size * scale;
        return box;
      });
      const said = text(left - 6, y + ROW / 2, cut(key, left - 8), { "text-anchor": "end" });
      return [linked(bar.cell, said, hint(key)), boxes, text(x + 5, y + ROW / 2, count(bar.total), { class: "faint" })];
    });
    return root(w, shown.length * ROW + 4, name, parts);
  };
  const rest = all.length - shown.length;
  return h("div", null, legend(order), drawn(draw, name), rest > 0 ? h("p", { class: "quiet" }, `${say("more")} ${rest}`) : "");
}

/** What began and ended when: a lane for each value of `y`. */
function timeline(spec, answer) {
  const [from, to] = [first(spec.start ?? spec.x), first(spec.end ?? spec.x_end)];
  const series = [...new Set(answer.rows.map((row) => (spec.series ? pick(row[first(spec.series)]) : "")))];
  const items = answer.rows.flatMap((row) => {
    const said = years(pick(row[from]));
    const ends = to ? years(pick(row[to])) : [];
    if (!said.length) return [];
    const start = Math.min(...said);
    return [{ start, end: Math.max(...said, ...ends, start), cell: row[first(spec.y)], text: pick(row[first(spec.label ?? spec.y)]), row,
      hue: series.indexOf(spec.series ? pick(row[first(spec.series)]) : "") }];
  });
  const undated = answer.rows.length - items.length;
  const lanes = items.map(({ start, end, cell, text: said, row, hue }) => ({
    start, end, text: said, hue, href: cell?.kind === "entity" ? url("entity", cell.id) : undefined,
    hint: [said, row[from] && pick(row[from]), row.quote && short(pick(row.quote))].filter(Boolean).join("\n"),
  }));
  return h("div", null, legend(series.filter(Boolean)), spans(lanes, columnTitle(answer, first(spec.y))), undated ? h("p", { class: "quiet" }, `${say("undated")} ${undated}`) : "");
}

/** Spans of years `{start, end, text, hint, href, hue}`, in the order of their beginning, those of one text in one lane. */
export function spans(items, name) {
  if (!items.length) return empty(say("noTime"));
  const sorted = items.toSorted((one, other) => one.start - other.start || one.end - other.end);
  const lanes = [...Map.groupBy(sorted, (item) => item.text)].slice(0, 60);
  const low = Math.min(...sorted.map(({ start }) => start));
  const high = Math.max(...sorted.map(({ end }) => end)) + 1;
  const draw = (w) => {
    const left = Math.min(Math.max(...lanes.map(([said]) => width(said))) + 12, w * 0.4);
    const scale = (w - left - 16) / Math.max(high - low, 1);
    const step = [1, 2, 5, 10, 20, 50, 100].find((each) => (high - low) / each <= 8 && each * scale >= YEAR) ?? 200;
    const height = lanes.length * ROW + 26;
    const ticks = [];
    for (let year = Math.ceil(low / step) * step; year <= high; year += step) {
      const x = left + (year - low) * scale;
      ticks.push(svg("line", { x1: x, x2: x, y1: 0, y2: height - 22, class: "grid" }), text(x, height - 10, year, { "text-anchor": "middle", class: "faint" }));
    }
    const rows = lanes.map(([said, group], number) => {
      const y = number * ROW;
      const title = text(left - 6, y + ROW / 2, cut(said, left - 8), { "text-anchor": "end" });
      const bars = group.map((item) => {
        const x = left + (item.start - low) * scale;
        const size = Math.max((item.end - item.start + 1) * scale, 7);
        return svg("rect", { x, y: y + 7, width: size, height: ROW - 14, rx: 3, class: `${hueOf(item.hue ?? 0)} span` }, hint(item.hint ?? said));
      });
      const { href } = group[0];
      return [href ? svg("a", { href }, title, hint(said)) : title, bars];
    });
    return root(w, height, `${name || say("timeline")} ${low}–${high - 1}`, ticks, rows);
  };
  return drawn(draw);
}

/** A field for each pair of values of `x` and `y`, the darker the higher `value` (else the number of rows). */
function matrix(spec, answer) {
  const by = first(spec.value ?? spec.series);
  const sums = new Map();
  const [xs, ys] = [new Set(), new Set()];
  for (const row of answer.rows) {
    const [x, y] = [pick(row[first(spec.x)]) || "—", pick(row[first(spec.y)]) || "—"];
    xs.add(x);
    ys.add(y);
    const size = by ? value(row[by]) : 1;
    const key = `${x}\u0000${y}`;
    sums.set(key, (sums.get(key) ?? 0) + (Number.isNaN(size) ? 1 : size));
  }
  const [columns, lanes] = [[...xs].slice(0, 30), [...ys].slice(0, BARS)];
  const most = Math.max(...sums.values(), 1);
  const name = `${columnTitle(answer, first(spec.y))} × ${columnTitle(answer, first(spec.x))}`;
  const draw = (w) => {
    const left = Math.min(Math.max(...lanes.map((each) => width(each))) + 10, w * 0.38);
    const top = Math.min(Math.max(...columns.map((each) => width(each))) * 0.72 + 20, 130);
    const size = Math.min(64, (w - left - 40) / columns.length);
    const heads = columns.map((each, number) => {
      const x = left + (number + 0.5) * size;
      return text(x, top - 8, cut(each, 150), { transform: `rotate(-40 ${x} ${top - 8})` });
    });
    const rows = lanes.map((lane, number) => {
      const y = top + number * ROW;
      const cells = columns.map((column, place) => {
        const sum = sums.get(`${column}\u0000${lane}`) ?? 0;
        const x = left + place * size;
        return [
          svg("rect", { x: x + 1, y: y + 1, width: size - 2, height: ROW - 2, class: sum ? "hue0" : "blank", "fill-opacity": sum ? 0.15 + 0.6 * (sum / most) : 1 }, hint(`${lane} · ${column} · ${count(sum)}`)),
          sum ? text(x + size / 2, y + ROW / 2, count(sum), { "text-anchor": "middle" }) : [],
        ];
      });
      return [text(left - 6, y + ROW / 2, cut(lane, left - 8), { "text-anchor": "end" }), cells];
    });
    return root(w, top + lanes.length * ROW + 4, name, heads, rows);
  };
  return drawn(draw);
}

/** A point for each row. What is no number takes its place in the order of the values. */
function scatter(spec, answer) {
  const axis = (name) => {
    const order = spec.ticks?.[name]?.map(pick);
    if (order) return { at: answer.rows.map((row) => order.indexOf(pick(row[name]))), low: -0.5, high: order.length - 0.5, kinds: order };
    const cells = answer.rows.map((row) => pick(row[name]));
    const numbers = cells.map(Number);
    if (cells.every((cell, n) => cell === "" || !Number.isNaN(numbers[n]))) return scaled(numbers);
    const kinds = [...new Set(cells)];
    return { at: cells.map((cell) => kinds.indexOf(cell)), low: -0.5, high: kinds.length - 0.5, kinds };
  };
  const [x, y] = [axis(first(spec.x)), axis(first(spec.y))];
  const titleOf = (row) => pick(row[first(spec.label)]) || answer.columns.map(({ name }) => row[name]).filter((each) => each?.kind === "entity").map(pick)[0] || "";
  const series = [...new Set(answer.rows.map((row) => (spec.series ? pick(row[first(spec.series)]) : "")))];
  const names = [columnTitle(answer, first(spec.x)), columnTitle(answer, first(spec.y))];
  const draw = (w) => {
    const height = Math.min(460, Math.max(260, w * 0.6));
    const ticks = (scale) => (scale.kinds ? scale.kinds.map((kind, n) => [n, kind]) : scale.ticks.map((v) => [v, count(v)]));
    const [left, right] = [Math.min(Math.max(...ticks(y).map(([, said]) => width(said, 12))) + 16, w * 0.3), answer.rows.length <= NAMED ? 70 : 16];
    const px = (v) => left + ((v - x.low) / (x.high - x.low)) * (w - left - right);
    const slot = Math.abs(px(1) - px(0));
    const longest = Math.min(Math.max(...ticks(x).map(([, said]) => width(said, 12))), 110);
    const aslant = x.kinds && longest > slot - 6;
    const bottom = height - (aslant ? longest * 0.6 + 36 : 44);
    const py = (v) => bottom - ((v - y.low) / (y.high - y.low)) * (bottom - 16);
    const along = (v, said) => {
      const [at, down] = [px(v), bottom + (aslant ? 12 : 16)];
      return text(at, down, cut(said, aslant ? Math.min(longest, (at - 4) / 0.81) : 80, 12), { "text-anchor": aslant ? "end" : "middle", transform: aslant && `rotate(-36 ${at} ${down})`, class: "faint" });
    };
    const places = answer.rows.map((_, n) => `${x.at[n]} ${y.at[n]}`);
    const crowd = Math.max(...Map.groupBy(places, (place) => place).values().map((same) => same.length));
    // what falls on one point lies around it, within its column
    const apart = x.kinds ? Math.min(9, (slot * 0.45) / Math.sqrt(crowd)) : 9;
    const seen = new Map();
    const points = answer.rows.map((row, n) => {
      const again = seen.get(places[n]) ?? 0;
      seen.set(places[n], again + 1);
      const [cx, cy] = [px(x.at[n]) + apart * Math.sqrt(again) * Math.cos(again * 2.4), py(y.at[n]) + apart * Math.sqrt(again) * Math.sin(again * 2.4)];
      const cell = answer.columns.map(({ name }) => row[name]).find((each) => each?.kind === "entity");
      const dot = svg("circle", { cx, cy, r: Math.max(2, Math.min(5, apart * 0.6)), class: `${hueOf(series.indexOf(spec.series ? pick(row[first(spec.series)]) : ""))} span` }, hint(titleOf(row)));
      return linked(cell, dot, answer.rows.length <= NAMED ? text(cx + 8, cy, cut(titleOf(row), 90, 12), { class: "small" }) : []);
    });
    return root(w, height, names.join(" × "),
      ticks(y).map(([v, said]) => [svg("line", { x1: left, x2: w - 10, y1: py(v), y2: py(v), class: "grid" }), text(left - 6, py(v), cut(said, left - 10, 12), { "text-anchor": "end", class: "faint" })]),
      ticks(x).map(([v, said]) => along(v, said)),
      text(w - 10, height - 8, names[0], { "text-anchor": "end", class: "faint" }), text(4, 8, names[1], { class: "faint" }), points);
  };
  return h("div", null, legend(series.filter(Boolean)), drawn(draw));
}

/** An axis of numbers from 0 or below, with room beside the last of its round ticks. */
function scaled(numbers) {
  const [low, high] = [Math.min(...numbers, 0), Math.max(...numbers, 1)];
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max([1, 2, 5, 10].find((each) => each * power >= rough) * power, numbers.every(Number.isInteger) ? 1 : 0);
  const ticks = [];
  for (let n = Math.ceil(low / step); n * step <= high; n++) ticks.push(Math.round(n * step * 1e6) / 1e6);
  const beyond = (high - low) * 0.09;
  return { at: numbers, low: low - beyond, high: high + beyond, ticks };
}

/** What `x` names joined to what `y` names. */
function graph(spec, answer) {
  const [nodes, edges] = [new Map(), new Map()];
  for (const row of answer.rows.slice(0, 120)) {
    const ends = [row[first(spec.x ?? spec.from)], row[first(spec.y ?? spec.to)]];
    if (!ends.every((cell) => pick(cell))) continue;
    ends.forEach((cell, layer) => nodes.set(`${layer}${pick(cell)}`, { id: `${layer}${pick(cell)}`, text: pick(cell), layer, href: cell.kind === "entity" ? url("entity", cell.id) : undefined }));
    const said = spec.series ? pick(row[first(spec.series)]) : "";
    edges.set(ends.map(pick).join("\u0000") + said, { from: `0${pick(ends[0])}`, to: `1${pick(ends[1])}`, text: said });
  }
  return board({ nodes: [...nodes.values()], edges: [...edges.values()], titles: [spec.x, spec.y].map((name) => columnTitle(answer, first(name))), name: say("asGraph") });
}

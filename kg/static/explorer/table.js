// Answers as tables, charts or boards, and as files.

import { announce, button, count, download, empty, entityLink, fetched, go, h, link, pick, place, say, titled, url } from "./core.js";
import { board } from "./board.js";
import { chart, guessed, width } from "./charts.js";
import { prose } from "./prose.js";

const SHOWN = 200;
const LONG = 220;
const MANY = 7;
/** A cell with more than so many Chinese characters, or what is as wide as they are, is given more room. */
const WIDE = 40;
const EM = 15;

/**
 * An answer in the way that the address asks for (`as`): a table, a chart, a graph. `name` names its files; `spec` is
 * the description of its chart, where it has one of its own.
 */
export function results(answer, name, spec) {
  if (!answer.rows.length) return empty(say("noRows"));
  const given = place().params.get("as");
  const described = spec && spec.kind !== "none" ? spec : undefined;
  const nodes = answer.columns.filter(({ name: column }) => answer.rows.some((row) => row[column]?.kind === "entity"));
  const ways = { table: say("asTable"), chart: say("asChart"), ...(nodes.length > 1 ? { graph: say("asGraph") } : {}) };
  const as = given in ways ? given : described ? "chart" : "table";
  const switches = Object.entries(ways).map(([way, text]) => button(text, () => go({ as: way }), { "aria-pressed": String(way === as) }));
  const total = answer.total ?? answer.rows.length;
  const rows = answer.rows.length < total ? `${count(answer.rows.length)} / ${count(total)}` : count(total);
  const bar = h("div", { class: "bar" },
    h("div", { class: "switch", role: "group", "aria-label": say("showAs") }, switches),
    h("span", { class: "quiet" }, `${say("rows")} ${rows}`),
    files(answer, name));
  const below = { table: () => table(answer), chart: () => charted(answer, described), graph: () => graph(answer, nodes) };
  return h("div", { class: "results" }, bar, below[as](), as === "chart" && described ? table(answer) : "");
}

function charted(answer, described) {
  if (described) return chart(described, answer);
  const choices = answer.columns.filter((column) => column.name !== "quote");
  const chosen = place().params.get("by") ?? "";
  const select = h("select", { "aria-label": say("chartBy") },
    choices.map((column) => h("option", { value: column.name, selected: column.name === chosen }, titled(column))));
  const spec = guessed(answer, chosen);
  if (spec.column) select.value = spec.column;
  select.addEventListener("change", () => go({ by: select.value }));
  return h("div", null, h("label", { class: "inline" }, h("span", null, say("chartBy")), select), chart(spec, answer));
}

/** The first two columns of entities as layers of a board. */
function graph({ columns, rows }, nodes) {
  const [one, other] = nodes;
  const between = columns.find(({ name }) => rows.some((row) => row[name]?.kind === "term"));
  const shown = new Map();
  const edges = new Map();
  for (const row of rows) {
    const [a, b] = [row[one.name], row[other.name]];
    if (a?.kind !== "entity" || b?.kind !== "entity" || a.id === b.id) continue;
    if (shown.size > 80 && !(shown.has(`0${a.id}`) && shown.has(`1${b.id}`))) continue;
    shown.set(`0${a.id}`, { id: `0${a.id}`, text: pick(a), layer: 0, href: url("entity", a.id) });
    shown.set(`1${b.id}`, { id: `1${b.id}`, text: pick(b), layer: 1, href: url("entity", b.id) });
    const text = between && pick(row[between.name]);
    edges.set(`${a.id} ${b.id} ${text}`, { from: `0${a.id}`, to: `1${b.id}`, text: text || "" });
  }
  const titles = [titled(one), titled(other)];
  return board({ nodes: [...shown.values()], edges: [...edges.values()], titles, name: say("asGraph") });
}

// ---- The table

const numeric = (text) => (text !== "" && !Number.isNaN(Number(text)) ? Number(text) : undefined);

function compared(one, other) {
  const [a, b] = [numeric(one), numeric(other)];
  return a !== undefined && b !== undefined ? a - b : one.localeCompare(other, "zh");
}

/** The answer as a table whose columns can be sorted. */
export function table({ columns: all, rows }) {
  // beside many columns a sentence would be a narrow pillar: it stands below its row
  const below = all.length > MANY && all.find(({ name }) => name === "quote");
  const columns = all.filter((column) => column !== below);
  const under = (row) => h("tr", { class: "under" }, cell(row[below.name], row, titled(below), { colspan: columns.length }));
  let sorted = rows;
  let by;
  let up = true;
  let most = SHOWN;
  const body = h("tbody");
  const heads = columns.map((column) => {
    const head = h("th", { scope: "col" }, button(titled(column), () => {
      up = by === column.name ? !up : true;
      by = column.name;
      sorted = rows.toSorted((one, other) => (up ? 1 : -1) * compared(pick(one[by]), pick(other[by])));
      for (const each of heads) each.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      fill();
    }, { class: "sort" }));
    return head;
  });
  const more = button("", () => {
    most = Infinity;
    fill();
  });
  const fill = () => {
    body.replaceChildren(...sorted.slice(0, most).flatMap((row) => {
      const line = h("tr", null, columns.map((column) => cell(row[column.name], row, titled(column))));
      return below && pick(row[below.name]) ? [line, under(row)] : [line];
    }));
    more.hidden = sorted.length <= most;
    more.textContent = `${say("all")} ${count(sorted.length)}`;
  };
  fill();
  const box = h("div", { class: "wide answer", tabindex: "0", role: "region", "aria-label": say("asTable") },
    h("table", null, h("thead", null, h("tr", null, heads)), body));
  return h("div", null, box, more);
}

function cell(value, row, title, attributes) {
  const text = pick(value);
  const as = (shown, kind) => h("td", { class: kind, "data-title": title, ...attributes }, shown);
  if (value?.kind === "entity") return as(entityLink(value.id, text));
  if (value?.kind === "document") return as(link(url("documents", value.id, { quote: row.quote && pick(row.quote) }), text));
  if (value?.kind === "link") return as(link(value.id, text));
  if (value?.kind === "number") return as(grouped(text), "number");
  return as(folded(text), text.length > WIDE && width(text) > WIDE * EM ? "long" : undefined);
}

/** A number that is too long to be read at a glance in groups of digits; never a year. */
function grouped(text) {
  const number = numeric(text);
  return Math.abs(number) >= 10_000 && Number.isSafeInteger(number) ? count(number) : text;
}

/** A text that would make its row higher than a screen: its first sentence or two, and the rest behind them. */
function folded(text) {
  if (text.length <= LONG) return prose(text);
  const ends = [...text.slice(0, LONG).matchAll(/[。；;｜]\s*|\.\s/g)].map((match) => match.index + match[0].length);
  const cut = ends.findLast((at) => at > LONG / 3) ?? LONG;
  return [prose(text.slice(0, cut)), h("details", { class: "rest" }, h("summary", null, say("restOfText")), prose(text.slice(cut)))];
}

// ---- Files

function files(answer, name) {
  const plain = () => answer.rows.map((row) => answer.columns.map((column) => row[column.name]));
  const titles = answer.columns.map((column) => titled(column) || column.name);
  const csv = () => {
    const lines = [titles, ...plain().map((cells) => cells.map(pick))].map((cells) => cells.map(quoted).join(","));
    // Excel takes a file for UTF-8 only where it begins so
    download(`${name}.csv`, `\ufeff${lines.join("\r\n")}\r\n`, "text/csv;charset=utf-8");
  };
  const excel = async () => {
    const rows = plain().map((cells) => cells.map((value) => (value?.kind === "number" ? numeric(pick(value)) ?? pick(value) : pick(value))));
    const body = JSON.stringify({ columns: titles, rows });
    const response = await fetched("/api/spreadsheet", { method: "POST", body, headers: { "Content-Type": "application/json" } });
    if (!response.ok) throw new Error(say("noFile"));
    download(`${name}.xlsx`, await response.blob());
  };
  return h("div", { class: "links" }, button("CSV", csv, { class: "plain" }),
    button("Excel", () => excel().catch((error) => announce(error.message)), { class: "plain" }));
}

/** A value of a CSV file. What a spreadsheet would take for a formula stays text. */
function quoted(text) {
  const safe = /^[=+\-@\t\r]/.test(text) && numeric(text) === undefined ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}


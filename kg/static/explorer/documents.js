// Documents: their list, their text with its statements marked, what was refused, and sending new ones.

import { announce, ask, badge, button, copy, count, empty, failure, h, label, language, link, list, paragraph, pick, quiet, say, terms, url, whenShown } from "./core.js";
import { prose, sentence, stretches } from "./prose.js";
import { whole } from "./statements.js";

export async function documents({ rest, params }) {
  if (rest) return document_(rest, params);
  const [{ documents: found }, sending] = await Promise.all([ask("documents").catch((error) => none(error)), upload()]);
  return [say("documents"), sending, found.length ? h("ul", { class: "listed" }, found.map(item)) : empty(say("empty"))];
}

/** Where there is no store yet, there are no documents; they may be sent. */
function none(error) {
  if (error.status === 503) return { documents: [] };
  throw error;
}

const item = (one) => h("li", null, link(url("documents", one.source), headline(one)), h("br"),
  quiet([one.source, byline(one.bibliography)].filter(Boolean).join(" · ")), h("br"),
  quiet(`${say("entities")} ${count(one.entities)} · ${say("assertions")} ${count(one.assertions)} · `),
  link(url("documents", one.source, { show: "refusals" }), `${say("refused")} ${count(one.refusals)}`));

export function headline({ source, bibliography: { title_zh: zh, title_en: en } }) {
  return (language() === "zh" ? zh || en : en || zh) || source;
}

function byline(said) {
  const [authors, journal] = language() === "zh" ? [said.authors, said.journal_zh] : [said.authors_en, said.journal_en];
  return [(authors.length ? authors : said.authors).join(", "), journal || said.journal_zh, said.year].filter(Boolean).join(" · ");
}

// ---- One document

async function document_(source, params) {
  return { refusals: refusalPage, references: referencePage, tables: tablePage }[params.get("show")]?.(source) ?? textPage(source, params);
}

const TABS = [["text", ""], ["refusedTitle", "refusals"], ["references", "references"], ["tables", "tables"]];

const head = (found, shown = "") => [
  headline(found),
  quiet([found.source, byline(found.bibliography)].filter(Boolean).join(" · ")),
  h("p", { class: "links tabs" },
    TABS.map(([text, show]) => link(url("documents", found.source, { show }), say(text), { "aria-current": shown === show ? "page" : undefined }))),
];

async function textPage(source, params) {
  const [found, known] = await Promise.all([ask(`documents/${source}`), terms()]);
  const shown = { text: found.text, source, wanted: wantedIn(found.text, params), looks: [...leading(found.text), ...stretches(found.text)] };
  const { wanted } = shown;
  const text = h("div", { class: "text", lang: found.language }, marked(shown, []));
  const panel = h("aside", { class: "panel", "aria-live": "polite", "aria-label": say("assertions") }, paragraph(say("loading"), "quiet"));
  whenShown(text, () => scrolled(text));
  // the text can be read before all of its statements are here
  ask("statements", { source, limit: 10000 }).then(({ statements }) => {
    text.replaceChildren(...marked(shown, places(statements, source)).flat(Infinity));
    panel.replaceChildren(...beside(statements, source, wanted, known));
    text.dataset.marked = "true";
  }, (error) => panel.replaceChildren(failure(error)));
  return [...head(found), h("div", { class: "reading" }, outline(found, text), text, panel)];
}

/** Bring what is looked at into sight, unless it is. */
function scrolled(text) {
  const mark = text.querySelector("mark.wanted");
  const { top, bottom } = mark?.getBoundingClientRect() ?? { top: 80, bottom: 0 };
  if (top < 80 || bottom > innerHeight - 40) mark.scrollIntoView({ block: "center" });
}

/** The sections, as a list that leads to them. */
function outline({ sections, text }, box) {
  const titled = sections.filter((section) => section.path?.length);
  if (titled.length < 3) return "";
  const before = (offset) => Array.from(text).slice(0, offset).join("").length;
  const jump = (section) => button(section.path.at(-1), () => {
    // the text node that holds the section's beginning
    const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
    let left = before(section.start);
    while (walker.nextNode() && left >= walker.currentNode.length) left -= walker.currentNode.length;
    walker.currentNode.parentElement && rangeAt(walker.currentNode, left);
  }, { class: "plain" });
  return h("details", { class: "outline" }, h("summary", null, say("contents")), list(titled.map(jump)));
}

function rangeAt(node, offset) {
  const range = document.createRange();
  range.setStart(node, Math.min(offset, node.length));
  range.collapse(true);
  const rect = range.getBoundingClientRect();
  scrollTo(0, scrollY + rect.top - 90);
}

/** The stretches that statements are read in: `{start, end}`, in code points. */
function places(statements, source) {
  const rows = statements.flatMap((one) => one.evidence.filter((row) => row.source === source));
  return [...new Map(rows.map(({ start, end }) => [`${start}-${end}`, { start, end }])).values()];
}

/** The statements that are read where one looks; without a place, what to do. */
function beside(statements, source, wanted, known) {
  if (!wanted.length) return [paragraph(`${say("markedHint")} ${say("assertions")} ${count(statements.length)}`, "quiet")];
  const touches = (row) => row.source === source && wanted.some(([start, end]) => row.start < end && start < row.end);
  const here = statements.filter((one) => one.evidence.some(touches));
  if (!here.length) return [paragraph(say("nothingHere"), "quiet")];
  return [h("h2", null, `${say("readHere")} ${count(here.length)}`), ...here.map((one) => whole({ ...one, evidence: [] }, known))];
}

/** The stretches to look at, as code points: given as offsets, or as a quote whose parts are looked for. */
function wantedIn(text, params) {
  const offsets = (params.get("at") ?? "").split(",").map((each) => each.split("-").map(Number));
  const parts = (params.get("quote") ?? "").split(" … ").filter(Boolean);
  const found = parts.map((part) => [text.indexOf(part), part]).filter(([at]) => at >= 0);
  const points = (at) => Array.from(text.slice(0, at)).length;
  return [...offsets, ...found.map(([at, part]) => [points(at), points(at + part.length)])]
    .filter(([start, end]) => start >= 0 && start < end)
    .sort(([one], [other]) => one - other);
}

/** The text: what statements are read in is a way to them, what is wanted stands out. */
function marked({ text, source, wanted, looks }, spans) {
  const units = unitsOf(text);
  const last = units.length - 1;
  const cuts = [...new Set([0, last, ...spans.flatMap(({ start, end }) => [start, end]), ...wanted.flat()])].filter((at) => at <= last).sort((a, b) => a - b);
  const pieces = [];
  let [open, next] = [[], 0];
  for (let n = 0; n + 1 < cuts.length; n++) {
    const [start, end] = [cuts[n], cuts[n + 1]];
    const [from, to] = [units[start], units[end]];
    open = open.filter((each) => each.to > from);
    while (looks[next]?.from < to) open.push(looks[next++]);
    const said = prose(text, { from, to, known: open, keep: true });
    const inside = spans.filter((span) => span.start <= start && end <= span.end);
    const looked = wanted.some(([one, other]) => one <= start && end <= other);
    const { start: a, end: b } = inside.toSorted((one, other) => one.end - one.start - (other.end - other.start))[0] ?? {};
    const way = inside.length ? link(url("documents", source, { at: `${a}-${b}` }), said, { class: "stated" }) : said;
    pieces.push(looked ? h("mark", { class: "wanted" }, way) : way);
  }
  return pieces;
}

/** The empty lines before a text, which are not shown. */
function leading(text) {
  const [{ length }] = text.match(/^\n*/);
  return length ? [{ from: 0, to: length }] : [];
}

/** Where each character of a text begins, and where it ends, in the units in which scripts count. */
function unitsOf(text) {
  const units = [0];
  for (const point of text) units.push(units.at(-1) + point.length);
  return units;
}

// ---- What it cites

async function referencePage(source) {
  const { documents: all } = await ask("documents");
  const top = head(all.find((one) => one.source === source), "references");
  const answer = await ask("references", { source }).catch((error) => error);
  if (answer instanceof Error) return [...top, failure(answer)];
  const cite = button(say("citeAs"), () => ask("cite", { source }).then(({ text }) => copy(text), (error) => announce(error.message)));
  const item = (one) => h("li", null, quiet(one.label ? `[${one.label}] ` : ""), prose(one.text || one.title), one.kind_label ? quiet(` · ${pick(one.kind_label)}`) : "");
  return [...top, h("p", null, cite), answer.references.length ? h("ul", { class: "plainlist" }, answer.references.map(item)) : empty(say("noReferences"))];
}

// ---- Its tables

async function tablePage(source) {
  const [{ tables }, { documents: all }] = await Promise.all([ask("tables", { source, limit: 200 }), ask("documents")]);
  return [...head(all.find((one) => one.source === source), "tables"), tables.length ? tables.map(read) : empty(say("noTables"))];
}

/** A table as it was read: its cells, those marked that something is odd about, and what that is. */
function read(one) {
  const name = [one.label || `${say("table")} ${one.number}`, one.caption].filter(Boolean).join(" ");
  const figures = new Set(one.figures.map(({ row, column }) => `${row} ${column}`));
  const odd = new Map(one.findings.flatMap((found) => found.cells.map((place) => [place.join(" "), pick(found.message)])));
  const cell = ({ row, column, rows, columns, role, text }) => {
    const at = `${row} ${column}`;
    const kind = [figures.has(at) ? "number" : "", odd.has(at) ? "odd" : ""].filter(Boolean).join(" ");
    return h(["title", "header"].includes(role) ? "th" : "td", { rowspan: rows > 1 && rows, colspan: columns > 1 && columns, class: kind || undefined, title: odd.get(at) }, prose(text));
  };
  const lines = [...Map.groupBy(one.cells, ({ row }) => row)].sort(([a], [b]) => a - b);
  const grid = h("table", { class: "grid" }, h("tbody", null, lines.map(([, cells]) => h("tr", null, cells.toSorted((a, b) => a.column - b.column).map(cell)))));
  return h("section", { class: "read" },
    h("h2", null, name),
    h("p", { class: "links" }, quiet([one.unit && `${say("unit")} ${one.unit}`, `${say("figuresRead")} ${count(one.figures.length)}`, `${say("oddities")} ${count(one.findings.length)}`].filter(Boolean).join(" · ")),
      link(url("documents", one.source, { at: `${one.start}-${one.end}` }), say("inText"))),
    one.findings.length ? h("ul", { class: "note" }, one.findings.map((found) => h("li", null, badge(say(found.severity), found.severity), " ", pick(found.message)))) : "",
    h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": name }, grid),
    one.notes.map((note) => paragraph(note, "quiet")));
}

// ---- What was refused

async function refusalPage(source) {
  const [{ refusals, total }, { documents: all }, known] = await Promise.all([ask("refusals", { source, limit: 1000 }), ask("documents"), terms()]);
  return [...head(all.find((one) => one.source === source), "refusals"), refusals.length ? refused(source, refusals, total, known) : empty(say("noRefusals"))];
}

function refused(source, refusals, total, known) {
  const groups = [...Map.groupBy(refusals, (one) => pick(one.message))].toSorted(([, one], [, other]) => other.length - one.length);
  const row = (one) => {
    const at = one.start === undefined ? {} : { at: `${one.start}-${one.end}` };
    return h("li", null, quiet(`${readable(one.subject)} —${label(known, "relations", one.predicate)}→ ${readable(one.object)}`), one.quote ? h("blockquote", null, h("p", null, sentence(one.quote)), h("cite", null, link(url("documents", source, at), say("inText")))) : "");
  };
  return h("div", null, paragraph(`${say("refused")} ${count(total)}`, "quiet"), groups.map(([why, some]) => h("details", { open: groups.length < 4 }, h("summary", null, why, quiet(` ${some.length}`)), h("ul", null, some.map(row)))));
}

const readable = (id) => id.slice(id.indexOf("/") + 1).replaceAll("_", " ");

// ---- Sending documents

const DONE = ["added", "replaced", "unchanged", "failed"];
const KEY = "policykg-token";

async function upload() {
  const { enabled, max_bytes: most } = await ask("uploads").catch(() => ({ enabled: false }));
  if (!enabled) return h("details", { class: "upload" }, h("summary", null, say("upload")), paragraph(say("uploadOff"), "quiet"));
  const token = h("input", { type: "password", id: "token", autocomplete: "off" });
  token.value = sessionStorage.getItem(KEY) ?? "";
  token.addEventListener("change", () => sessionStorage.setItem(KEY, token.value));
  const files = h("ul", { class: "files", "aria-live": "polite" });
  const send = (some) => [...some].forEach((file) => sent(file, token.value, most, files));
  const input = h("input", { type: "file", multiple: true, id: "file", onchange: (event) => (send(event.target.files), (event.target.value = "")) });
  const zone = h("div", { class: "dropzone" }, h("label", { for: "file", class: "action" }, say("chooseFiles")), input, paragraph(`${say("dropHere")} ${Math.round(most / 1048576)} MiB`, "quiet"));
  for (const name of ["dragover", "dragleave", "drop"]) {
    zone.addEventListener(name, (event) => {
      event.preventDefault();
      zone.classList.toggle("over", name === "dragover");
      if (name === "drop") send(event.dataTransfer.files);
    });
  }
  return h("section", { class: "upload" }, h("h2", null, say("upload")), h("form", { onsubmit: (event) => event.preventDefault() }, h("label", null, h("span", null, say("token")), token)), zone, files);
}

function sent(file, token, most, files) {
  const bar = h("progress", { max: 100, "aria-label": file.name });
  const said = h("span", null, say("sending"));
  const row = h("li", null, h("strong", null, file.name), " ", bar, " ", said);
  files.prepend(row);
  const end = (text, kind) => {
    bar.remove();
    said.textContent = text;
    row.className = kind;
    announce(`${file.name}: ${text}`);
  };
  if (!token) return end(say("noToken"), "warn");
  if (file.size > most) return end(`${say("tooLarge")} ${Math.round(most / 1048576)} MiB`, "warn");
  // fetch tells nothing of how much has been sent
  const request = new XMLHttpRequest();
  request.upload.onprogress = (event) => (bar.value = (100 * event.loaded) / event.total);
  request.onerror = () => end(say("unreachable"), "warn");
  request.onload = () => {
    const answer = JSON.parse(request.responseText || "{}");
    if (request.status >= 400) return end(answer.detail ?? say("failed"), "warn");
    bar.removeAttribute("value");
    follow(answer.id, token, said, end);
  };
  request.open("POST", `/api/documents?${new URLSearchParams({ name: file.name })}`);
  request.setRequestHeader("Authorization", `Bearer ${token}`);
  request.setRequestHeader("Accept-Language", language());
  request.send(file);
}

/** Tell what becomes of a file until it is read. */
async function follow(id, token, said, end) {
  for (;;) {
    await new Promise((done) => setTimeout(done, 700));
    const { jobs } = await ask("uploads", {}, { headers: { Authorization: `Bearer ${token}` } }).catch(() => ({ jobs: [] }));
    const job = jobs.find((each) => each.id === id);
    if (!job) continue;
    if (!DONE.includes(job.state)) {
      said.textContent = say(`upload_${job.state}`);
      continue;
    }
    const counts = `${say("entities")} ${job.entities} · ${say("assertions")} ${job.assertions} · ${say("refused")} ${job.refusals}`;
    end(job.state === "failed" ? job.message : [say(`upload_${job.state}`), job.state === "unchanged" ? "" : counts].filter(Boolean).join("："), job.state === "failed" ? "warn" : "done");
    if (job.state !== "failed") said.append(" ", link(url("documents", job.source), say("open")));
    return;
  }
}


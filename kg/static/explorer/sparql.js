// A SPARQL editor over the endpoint /sparql: words in colour, prefixes and terms completed, answers as a table.

import { button, empty, fetched, go, h, later, list, paragraph, place, say, terms, url } from "./core.js";
import { results } from "./table.js";

const PREFIXES = ["pkg", "id", "doc", "claim", "claimo", "q", "rdf", "rdfs", "owl", "xsd", "skos", "dcterms", "prov"];
const WORDS = "SELECT CONSTRUCT ASK DESCRIBE WHERE FILTER OPTIONAL UNION GRAPH BIND VALUES MINUS EXISTS NOT DISTINCT REDUCED PREFIX BASE FROM NAMED ORDER GROUP BY HAVING LIMIT OFFSET ASC DESC AS IN COUNT SUM AVG MIN MAX SAMPLE GROUP_CONCAT STR LANG LANGMATCHES DATATYPE BOUND REGEX CONTAINS STRSTARTS STRENDS COALESCE IF UNDEF TRUE FALSE A".split(" ");
const TOKENS = /(#[^\n]*)|("""[\s\S]*?"""|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(<[^<>"{}|^`\\\s]*>)|([?$]\w+)|([A-Za-z][\w-]*)?(:)([\w%.-]*)|(\b[A-Za-z_]+\b)|(\b\d+(?:\.\d+)?\b)/g;

const EXAMPLES = [
  ["exampleFacts", "SELECT ?policy ?industry WHERE {\n  ?policy pkg:targets ?industry .\n  ?industry a pkg:Industry .\n} LIMIT 50"],
  ["exampleSaid", "SELECT ?document ?subject ?object ?quote WHERE {\n  GRAPH ?document {\n    ?statement pkg:predicate pkg:funds ;\n      pkg:subject ?subject ; pkg:object ?object ;\n      pkg:evidence/pkg:quote ?quote .\n  }\n} LIMIT 50"],
  ["exampleProposed", "SELECT ?subject ?relation ?object WHERE {\n  GRAPH ?document {\n    ?statement pkg:modality pkg:proposed ;\n      pkg:subject ?subject ; pkg:predicate ?relation ; pkg:object ?object .\n  }\n} LIMIT 50"],
  ["exampleCount", "SELECT ?type (COUNT(?thing) AS ?number) WHERE {\n  ?thing a ?type\n} GROUP BY ?type ORDER BY DESC(?number)"],
];

export async function sparql({ params }) {
  const q = params.get("q") ?? "";
  const editor = await edited(q || EXAMPLES[0][1]);
  const examples = list(EXAMPLES.map(([name, query]) => h("a", { href: url("sparql", "", { q: query }) }, say(name))), { class: "links plainlist" });
  return [
    say("sparql"), paragraph(say("sparqlHint"), "lead"), editor,
    h("h2", null, say("examples")), examples,
    h("h2", null, say("answer")), q ? later(() => answered(q)) : empty(say("sparqlEmpty")),
  ];
}

async function answered(q) {
  const response = await fetched("/sparql", {
    method: "POST", body: new URLSearchParams({ query: q }),
    headers: { Accept: "application/sparql-results+json, text/turtle;q=0.9, application/problem+json;q=0.5" },
  });
  const body = await response.text();
  const type = response.headers.get("Content-Type") ?? "";
  if (!response.ok) {
    if (response.status === 404 || response.status === 405) throw new Error(say("noSparql"));
    throw new Error(problem(body) || `${say("failed")} ${response.status}`);
  }
  if (!type.includes("json")) return h("pre", { class: "wide", tabindex: "0" }, body);
  const found = JSON.parse(body);
  if ("boolean" in found) return paragraph(found.boolean ? say("yes") : say("no"), "lead");
  const columns = found.head.vars.map((name) => ({ name, label_zh: `?${name}`, label_en: `?${name}` }));
  const rows = found.results.bindings.map((binding) => Object.fromEntries(found.head.vars.map((name) => [name, cell(binding[name])])));
  return results({ columns, rows, total: rows.length }, "sparql");
}

function problem(body) {
  try {
    return JSON.parse(body).detail;
  } catch {
    return body.slice(0, 300);
  }
}

/** A value of an answer. IRIs of entities and documents become ways to their pages. */
function cell(term) {
  if (!term) return { kind: "empty", zh: "", en: "" };
  const text = term.value;
  const as = (kind, shown, id) => ({ kind, zh: shown, en: shown, id });
  if (term.type === "uri") {
    const [, part, id] = /\/policykg\/(id|document)\/([^#]+)$/.exec(text) ?? [];
    if (part === "document") return as("document", decode(id), decode(id));
    if (part) return as("entity", decode(id.replace(/^\w+\//, "")).replaceAll("_", " "), id);
    return as("text", text.replace(/^.*[#/](?=[^#/]+$)/, ""));
  }
  return as(/#(integer|double|decimal)$/.test(term.datatype ?? "") ? "number" : "text", text);
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// ---- The editor: a text field over its own text in colour

async function edited(query) {
  const names = await known();
  const shade = h("pre", { class: "shade", "aria-hidden": "true" });
  const area = h("textarea", { "aria-label": say("query"), spellcheck: "false", autocapitalize: "off", autocomplete: "off", rows: "11", "aria-describedby": "editor-hint" });
  area.value = query;
  const options = h("ul", { role: "listbox", id: "terms", class: "options", hidden: true, "aria-label": say("completions") });
  const colour = () => {
    shade.replaceChildren(...coloured(area.value), "\n");
    shade.scrollTop = area.scrollTop;
    shade.scrollLeft = area.scrollLeft;
  };
  const run = () => {
    const next = area.value.trim();
    if (place().params.get("q") === next) dispatchEvent(new HashChangeEvent("hashchange"));
    else go({ q: next });
  };
  complete(area, options, names, colour);
  area.addEventListener("input", colour);
  area.addEventListener("scroll", colour);
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      run();
    }
  });
  colour();
  return h("div", null, h("div", { class: "editor" }, shade, area, options), h("p", { class: "links" },
    button(say("run"), run, { class: "main" }), h("span", { class: "quiet", id: "editor-hint" }, say("editorHint"))));
}

function* coloured(text) {
  let at = 0;
  for (const match of text.matchAll(TOKENS)) {
    const [whole, comment, string, iri, variable, prefix, colon, , word, number] = match;
    const kind = comment ? "comment" : string ? "string" : iri ? "iri" : variable ? "variable" : colon ? (prefix || match[7] ? "name" : "") : number ? "number" : word && WORDS.includes(word.toUpperCase()) ? "keyword" : "";
    yield text.slice(at, match.index);
    yield kind ? h("span", { class: kind }, whole) : whole;
    at = match.index + whole.length;
  }
  yield text.slice(at);
}

/** What can be completed: `pkg:` terms with their labels, prefixes, words of the language. */
async function known() {
  const { types, relations, modalities } = await terms();
  const named = [...types.values(), ...relations.values(), ...modalities.values()].map((row) => [`pkg:${row.name}`, `${row.label.zh} · ${row.label.en}`]);
  const parts = ["subject", "predicate", "object", "modality", "belief", "evidence", "quote", "source", "section", "timeText", "valueText", "startYear", "endYear"].map((name) => [`pkg:${name}`, ""]);
  const claims = [...relations.values()].flatMap((row) => [`claim:${row.name}`, `claimo:${row.name}`].map((name) => [name, row.label.zh]));
  return [...parts, ...named, ...claims, ...PREFIXES.map((name) => [`${name}:`, ""]), ...WORDS.filter((word) => word.length > 2).map((word) => [word, ""])];
}

function complete(area, options, names, changed) {
  let found = [];
  let at = 0;
  const close = () => {
    options.hidden = true;
    area.removeAttribute("aria-activedescendant");
  };
  const beginning = () => /[\w:]+$/.exec(area.value.slice(0, area.selectionStart))?.[0] ?? "";
  const take = (name) => {
    const begun = beginning();
    area.setRangeText(name, area.selectionStart - begun.length, area.selectionStart, "end");
    close();
    changed();
  };
  const mark = (next) => {
    at = (next + found.length) % found.length;
    [...options.children].forEach((each, n) => each.setAttribute("aria-selected", String(n === at)));
    options.children[at].scrollIntoView({ block: "nearest" });
    area.setAttribute("aria-activedescendant", `term-${at}`);
  };
  area.addEventListener("input", () => {
    const begun = beginning();
    const wanted = begun.toLowerCase();
    found = begun.length < 2 ? [] : names.filter(([name]) => name.toLowerCase().startsWith(wanted) && name !== begun).slice(0, 10);
    options.hidden = !found.length;
    options.replaceChildren(...found.map(([name, text], n) => h("li", { role: "option", id: `term-${n}`, "aria-selected": "false", onmousedown: (event) => (event.preventDefault(), take(name)) }, name, " ", h("span", { class: "quiet" }, text))));
    if (found.length) mark(0);
  });
  area.addEventListener("keydown", (event) => {
    if (options.hidden) return;
    const act = { ArrowDown: () => mark(at + 1), ArrowUp: () => mark(at - 1), Tab: () => take(found[at][0]), Enter: () => take(found[at][0]), Escape: close }[event.key];
    if (act && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      act();
    }
  });
  area.addEventListener("blur", close);
}


// The explorer: every state is a URL, `#/page/rest?name=value`. What documents say is only ever set as text.

import { WORDS } from "./words.js";

const FEW = 20;
const LONGEST = 80;
const main = document.getElementById("main");

// ---- Where we are

function place() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?", 2);
  const [page, ...rest] = path.split("/");
  return { page, rest: decodeURIComponent(rest.join("/")), params: new URLSearchParams(query) };
}

const language = () => (place().params.get("lang") === "en" ? "en" : "zh");
const say = (name) => WORDS[language()][name];
const pick = (both) => both[language()];
const titled = (thing) => (language() === "zh" ? thing.label_zh : thing.label_en);

/** An entity's name. */
const named = (entity) => entity.labels[language()] || entity.label;

function short(text) {
  const points = Array.from(text);
  return points.length > LONGEST ? `${points.slice(0, LONGEST).join("")}…` : text;
}

function url(page, rest = "", params = {}) {
  const query = new URLSearchParams(Object.entries(params).filter(([, value]) => value));
  if (language() === "en" && !("lang" in params)) query.set("lang", "en");
  return `#/${page}${rest && "/" + encodeURIComponent(rest)}${query.size ? "?" + query : ""}`;
}

// ---- What we know

async function ask(path, params = {}) {
  const query = new URLSearchParams(Object.entries(params).filter(([, value]) => value));
  const response = await fetch(`/api/${path.split("/").map(encodeURIComponent).join("/")}?${query}`).catch(() => {
    throw new Error(say("unreachable"));
  });
  const answer = await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.detail), { suggestions: answer.suggestions ?? [] });
  return answer;
}

let ontology;

/** The labels of types, relations and modalities, by name, and the closed lists; asked for once. */
async function terms() {
  const byName = (rows) => new Map(rows.map((row) => [row.name, row]));
  ontology ??= ask("ontology").then(({ types, relations, modalities, lists }) => ({
    types: byName(types),
    relations: byName(relations),
    modalities: byName(modalities),
    lists,
  }));
  ontology.catch(() => (ontology = undefined));
  return ontology;
}

// ---- Building

function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== ""));
  return element;
}

const link = (href, text, attributes) => h("a", { href, ...attributes }, text);
const entityLink = (id, label) => link(url("entity", id), short(label));
const paragraph = (text, kind) => h("p", { class: kind }, text);
const list = (items) => h("ul", null, items.map((item) => h("li", null, item)));

/** The first few items, and a button that shows the rest. */
function few(items, build, most = FEW) {
  const box = build(items.slice(0, most));
  if (items.length <= most) return [box];
  const button = h("button", { type: "button" }, `${say("all")} ${items.length}`);
  button.addEventListener("click", () => button.parentNode.replaceChildren(build(items)));
  return [h("div", null, box, button)];
}

/** An input whose list offers the names of entities as one types. */
function naming(input, names) {
  let latest = 0;
  input.addEventListener("input", async () => {
    const turn = ++latest;
    await new Promise((done) => setTimeout(done, 120));
    if (turn !== latest || !input.value.trim()) return;
    const { entities } = await ask("entities", { q: input.value, limit: 8 }).catch(() => ({ entities: [] }));
    if (turn === latest) names.replaceChildren(...entities.map((entity) => h("option", { value: named(entity) })));
  });
}

function nameField(name, label, value, required) {
  const names = h("datalist", { id: `${name}-names` });
  const input = h("input", { name, value, required, list: names.id, autocomplete: "off", maxlength: "500" });
  naming(input, names);
  return h("label", null, label, input, names);
}

/** A form that leads to the page `go` gives for its values. */
function form(fields, text, go) {
  const element = h("form", null, fields, h("button", null, text));
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    location.hash = go(Object.fromEntries(new FormData(element)));
  });
  return element;
}

// ---- Statements and evidence

/** Evidence rows of one sentence together: a sentence may be cut in several stretches. */
function sentences(rows) {
  return [...Map.groupBy(rows, (row) => row.sentence).values()];
}

function quote(stretches) {
  const [{ source, section }] = stretches;
  const at = stretches.map(({ start, end }) => `${start}-${end}`).join(",");
  return h(
    "blockquote",
    null,
    paragraph(stretches.map((row) => row.quote).join(" … ")),
    h("cite", null, link(url("document", source, { at }), section ? `${source} §${section}` : source)),
  );
}

const evidence = (rows) => few(sentences(rows), (some) => h("div", null, some.map(quote)), 3);

function qualifiers(statement, known) {
  const modality = statement.modality === "actual" ? "" : pick(known.modalities.get(statement.modality).label);
  const belief = `${say("belief")} ${statement.belief.toFixed(2)}`;
  const parts = [modality, ...meaning(statement, known), belief];
  return h("span", { class: "quiet" }, ` ${parts.filter(Boolean).join(" · ")}`);
}

/** Time and value in the text's words, what these mean where that is not plain from them, and what else is told. */
function meaning({ time, value, qualifiers: told }, known) {
  const listed = (name) => told[name] && pick(known.lists[name].find((row) => row.name === told[name]).label);
  const plain = (text) => text.replace(/ /g, "").replace(/[—-]/g, "–").replace(/年$/, "");
  const unless = (meant, words) => meant && plain(meant.text) !== plain(words) && meant.text;
  return [
    time,
    unless(told.period, time),
    value,
    unless(told.quantity, value),
    listed("role"),
    listed("mode"),
    told.attributed_to && `${say("after")}${told.attributed_to}`,
    told.condition && `${say("condition")}${told.condition}`,
    told.general && say("general"),
  ];
}

function inferredGroup(found, id) {
  const item = (one) => {
    const [other, label] = one.o === id ? [one.s, one.s_label] : [one.o, one.o_label];
    const relation = pick(one.relation);
    const route = one.o === id ? [entityLink(other, pick(label)), ` ${relation} ${say("this")}`] : [`${relation} `, entityLink(other, pick(label))];
    return h("li", null, route, h("span", { class: "quiet" }, ` ${say("belief")} ${one.belief.toFixed(2)} · ${pick(one.why)}`));
  };
  return found.length ? [h("h2", null, say("inferred")), ...few(found, (some) => h("ul", null, some.map(item)))] : [];
}

function statementGroup(statements, inverse, known) {
  const relation = known.relations.get(statements[0].p);
  const item = (one) =>
    h(
      "li",
      null,
      inverse ? entityLink(one.s, pick(one.s_label)) : entityLink(one.o, pick(one.o_label)),
      qualifiers(one, known),
      evidence(one.evidence),
    );
  const title = pick(inverse ? relation.inverse : relation.label);
  return [h("h2", null, title), ...few(statements, (some) => h("ul", null, some.map(item)))];
}

const statementGroups = (statements, inverse, known) =>
  [...Map.groupBy(statements, (one) => one.p).values()].flatMap((group) => statementGroup(group, inverse, known));

function hop(one, known) {
  const relation = pick(known.relations.get(one.p).label);
  return h(
    "li",
    null,
    entityLink(one.s, pick(one.s_label)),
    ` —${relation}→ `,
    entityLink(one.o, pick(one.o_label)),
    qualifiers(one, known),
    evidence(one.evidence),
  );
}

function chain(one, known) {
  const first = one.hops[0];
  const route = [short(pick(first.inverse ? first.o_label : first.s_label))];
  for (const each of one.hops) {
    const relation = pick(known.relations.get(each.p).label);
    route.push(each.inverse ? ` ←${relation}— ` : ` —${relation}→ `, short(pick(each.inverse ? each.s_label : each.o_label)));
  }
  const belief = `${say("belief")} ${one.belief.toFixed(2)}`;
  return h("li", { class: "chain" }, h("span", { class: "route" }, route), " ", h("span", { class: "quiet" }, belief),
    h("ol", null, one.hops.map((each) => hop(each, known))));
}

// ---- Pages: each gives the title and what stands below it

async function home() {
  const [stats, { entities }] = await Promise.all([ask("stats"), ask("entities", { limit: 24 })]);
  if (!stats.documents) return [say("title"), paragraph(say("empty"))];
  const numbers = ["documents", "entities", "assertions", "evidence"].map((name) => `${say(name)} ${stats[name]}`);
  return [
    say("title"),
    paragraph(say("intro")),
    paragraph(numbers.join(" · "), "quiet"),
    h("h2", null, say("busiest")),
    await matches(entities),
  ];
}

async function matches(entities) {
  const known = await terms();
  return list(
    entities.map((entity) => [
      entityLink(entity.id, named(entity)),
      h("span", { class: "quiet" }, ` ${pick(known.types.get(entity.type).label)} · ${say("assertions")} ${entity.statements}`),
    ]),
  );
}

async function find({ params }) {
  const q = params.get("q") ?? "";
  const { entities } = await ask("entities", { q, limit: 100 });
  const exact = entities.filter((entity) => entity.match === "exact");
  if (exact.length === 1) {
    location.replace(url("entity", exact[0].id));
    return undefined;
  }
  return [`${say("found")}${q}`, entities.length ? await matches(entities) : paragraph(say("nothing"))];
}

async function entity({ rest }) {
  const [found, known] = await Promise.all([ask(`entity/${rest}`), terms()]);
  const label = named(found);
  const others = [found.labels.zh, found.labels.en, ...found.aliases].filter((name) => name && name !== label);
  const around = `/view?${new URLSearchParams({ around: found.id, lang: language() })}`;
  return [
    short(label),
    paragraph([pick(known.types.get(found.type).label), ...new Set(others.map(short))].join(" · "), "quiet"),
    h("p", { class: "links" }, link(around, say("draw")), link(url("chains", "", { from: found.id }), say("chainsFrom"))),
    found.outgoing.length + found.incoming.length ? "" : paragraph(say("unstated")),
    ...statementGroups(found.outgoing, false, known),
    ...statementGroups(found.incoming, true, known),
    ...inferredGroup(found.inferred, found.id),
  ];
}

async function chains({ params }) {
  const [from, to, actual] = ["from", "to", "actual"].map((name) => params.get(name) ?? "");
  const only = h("label", { class: "check" }, h("input", { type: "checkbox", name: "actual", value: "true", checked: !!actual }), say("actual"));
  const fields = [nameField("from", say("from"), from, true), nameField("to", say("to"), to, true), only];
  const head = [say("chains"), paragraph(say("chainsHint"), "quiet"), form(fields, say("search"), (values) => url("chains", "", values))];
  if (!from || !to) return head;
  const [answer, known] = await Promise.all([ask("chains", { from, to, actual }), terms()]).catch((error) => [error]);
  if (answer instanceof Error) return [...head, failure(answer)];
  return [...head, answer.chains.length ? h("ol", null, answer.chains.map((one) => chain(one, known))) : paragraph(say("noChain"))];
}

async function questions() {
  const found = await ask("questions");
  return [say("questions"), list(found.questions.map((one) => link(url("ask", one.name), pick(one))))];
}

async function field(param, value) {
  const label = titled(param) + (param.required ? "" : ` ${say("optional")}`);
  const current = value ?? param.default ?? "";
  if (param.kind === "Entity") return nameField(param.name, label, current, param.required);
  const choices = await choicesOf(param);
  if (!choices) return h("label", null, label, h("input", { name: param.name, value: current, required: param.required, maxlength: "500" }));
  const options = choices.map(([name, text]) => h("option", { value: name, selected: name === current }, text));
  return h("label", null, label, h("select", { name: param.name, required: param.required }, h("option", { value: "" }, "—"), options));
}

async function choicesOf({ kind, name }) {
  if (kind === "Document") return (await ask("documents")).documents.map((one) => [one.source, one.source]);
  if (kind === "Qualifier") return ((await terms()).lists[name] ?? []).map((row) => [row.name, pick(row.label)]);
  const known = { Type: "types", Relation: "relations", Modality: "modalities" }[kind];
  return known && [...(await terms())[known].values()].map((row) => [row.name, pick(row.label)]);
}

async function question({ rest, params }) {
  const one = (await ask("questions")).questions.find((each) => each.name === rest);
  if (!one) throw new Error(say("noQuestion"));
  const given = Object.fromEntries(one.params.map(({ name }) => [name, params.get(name) ?? ""]));
  const fields = await Promise.all(one.params.map((param) => field(param, params.get(param.name))));
  const head = [pick(one), form(fields, say("ask"), (values) => url("ask", one.name, { ...values, go: "1" }))];
  if (one.params.some((param) => param.required && !given[param.name]) || (fields.length && !params.has("go"))) return head;
  const answer = await ask(`questions/${one.name}`, given).catch((error) => error);
  return [...head, answer instanceof Error ? failure(answer) : table(answer)];
}

function table({ columns, rows, total }) {
  if (!rows.length) return paragraph(say("noRows"));
  const head = h("tr", null, columns.map((column) => h("th", { scope: "col" }, titled(column))));
  const body = rows.map((row) => h("tr", null, columns.map(({ name }) => cell(row[name], row))));
  const count = rows.length < total ? `${rows.length} / ${total}` : `${total}`;
  return h("div", { class: "wide" }, paragraph(`${say("rows")} ${count}`, "quiet"), h("table", null, h("thead", null, head), h("tbody", null, body)));
}

function cell(value, row) {
  const text = pick(value);
  if (value.kind === "entity") return h("td", null, entityLink(value.id, text));
  if (value.kind === "document") return h("td", null, link(url("document", value.id, { quote: row.quote && pick(row.quote) }), text));
  return h("td", { class: value.kind === "number" ? "number" : text.length > 40 ? "long" : undefined }, text);
}

async function documents() {
  const found = (await ask("documents")).documents;
  if (!found.length) return [say("documents"), paragraph(say("empty"))];
  const item = (one) => [
    link(url("document", one.source), headline(one)),
    h("br"),
    h("span", { class: "quiet" }, [one.source, byline(one.bibliography), `${say("assertions")} ${one.assertions}`].filter(Boolean).join(" · ")),
  ];
  return [say("documents"), list(found.map(item))];
}

function headline({ source, bibliography: { title_zh: zh, title_en: en } }) {
  return (language() === "zh" ? zh || en : en || zh) || source;
}

function byline(said) {
  const [authors, journal] = language() === "zh" ? [said.authors, said.journal_zh] : [said.authors_en, said.journal_en];
  return [(authors.length ? authors : said.authors).join(", "), journal || said.journal_zh, said.year].filter(Boolean).join(" · ");
}

async function document_({ rest, params }) {
  const found = await ask(`documents/${rest}`);
  const text = h("div", { class: "text", lang: found.language }, marked(found.text, stretches(found.text, params)));
  queueMicrotask(() => text.querySelector("mark")?.scrollIntoView({ block: "center" }));
  return [headline(found), paragraph([found.source, byline(found.bibliography)].filter(Boolean).join(" · "), "quiet"), text];
}

/** The stretches to mark, as code points: given as offsets, or as a quote whose parts are looked for. */
function stretches(text, params) {
  const offsets = (params.get("at") ?? "").split(",").map((each) => each.split("-").map(Number));
  const parts = (params.get("quote") ?? "").split(" … ").filter(Boolean);
  const found = parts.map((part) => [text.indexOf(part), part]).filter(([at]) => at >= 0);
  const points = (at) => Array.from(text.slice(0, at)).length;
  return [...offsets, ...found.map(([at, part]) => [points(at), points(at + part.length)])]
    .filter(([start, end]) => start >= 0 && start < end)
    .sort(([one], [other]) => one - other);
}

function marked(text, places) {
  const points = Array.from(text);
  const pieces = [];
  let at = 0;
  for (const [start, end] of places.filter(([start]) => start >= at)) {
    pieces.push(points.slice(at, start).join(""), h("mark", null, points.slice(start, end).join("")));
    at = end;
  }
  return [...pieces, points.slice(at).join("")];
}

// ---- Showing

const PAGES = { "": home, find, entity, chains, questions, ask: question, documents, document: document_ };
const CURRENT = { ask: "questions", document: "documents" };

function failure(error) {
  const near = (error.suggestions ?? []).map((name) => link(url("find", "", { q: name }), name));
  return h("div", { role: "alert" }, paragraph(error.message, "warn"), near.length ? list(near) : "");
}

function frame({ page, params }) {
  const other = language() === "zh" ? "en" : "zh";
  document.documentElement.lang = language();
  document.getElementById("skip").textContent = say("skip");
  document.getElementById("go").textContent = say("search");
  const q = document.getElementById("q");
  q.placeholder = say("searchHint");
  q.setAttribute("aria-label", say("searchHint"));
  const here = CURRENT[page] ?? page;
  const item = (name) => link(url(name), say(name), { "aria-current": name === here ? "page" : undefined });
  const [path] = location.hash.split("?");
  const swapped = new URLSearchParams(params);
  swapped.set("lang", other);
  document.getElementById("nav").replaceChildren(
    link(url(""), say("title"), { class: "home" }),
    ...["chains", "questions", "documents"].map(item),
    link(`/view?lang=${language()}`, say("graph")),
    link("/docs", "API"),
    link(`${path || "#/"}?${swapped}`, WORDS[other].language, { lang: other, id: "language" }),
  );
}

let turn = 0;

async function show() {
  const here = place();
  const mine = ++turn;
  frame(here);
  main.setAttribute("aria-busy", "true");
  const waiting = setTimeout(() => mine === turn && main.replaceChildren(paragraph(say("loading"), "quiet")), 250);
  const page = PAGES[here.page];
  const parts = await (page ? page(here) : Promise.reject(new Error(say("noPage")))).catch((error) => [say("trouble"), failure(error)]);
  clearTimeout(waiting);
  if (mine !== turn || !parts) return;
  const [title, ...rest] = parts;
  document.title = here.page ? `${title} · ${say("title")}` : title;
  main.replaceChildren(h("h1", null, title), ...rest.filter(Boolean));
  main.removeAttribute("aria-busy");
  main.focus({ preventScroll: true });
  if (!main.querySelector("mark")) scrollTo(0, 0);
}

document.getElementById("search").addEventListener("submit", (event) => {
  event.preventDefault();
  location.hash = url("find", "", { q: document.getElementById("q").value.trim() });
});
document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
naming(document.getElementById("q"), document.getElementById("q-names"));
addEventListener("hashchange", show);
show();

// How one thing leads to another: chains, as a board from left to right and as a list.

import { ask, badge, button, copy, count, empty, entityLink, failure, h, hue, label, link, list, named, paragraph, pick, quiet, say, short, terms, typeOf, url } from "./core.js";
import { board } from "./board.js";
import { check, choice, form, nameField, number, optionsOf, several, sources } from "./fields.js";
import { prose } from "./prose.js";
import { cited, evidence, modality, qualifiers, relationOf, whole } from "./statements.js";

const LAYERS = [
  ["policyLayer", ["Policy", "Goal", "Instrument", "Measure", "Challenge"]],
  ["programLayer", ["Program", "Event", "Award"]],
  ["actorLayer", ["Government", "Consortium", "Institute", "University", "Firm", "ActorGroup", "Person", "Place"]],
  ["technologyLayer", ["Technology"]],
  ["productLayer", ["Product"]],
  ["industryLayer", ["Industry", "Indicator"]],
];
/** With more columns than these, the board has the whole width, and what is chosen stands below it. */
const BESIDE = 4;
const layerOf = (type) => LAYERS.findIndex(([, types]) => types.includes(type));

const SEVERAL = ["relation", "type", "modality", "source"];
const SINGLE = ["from", "to", "to_type", "template", "max_hops", "limit", "actual", "min_confidence", "from_year", "to_year", "place"];

export async function chain({ rest, params }) {
  if (rest) return one(rest);
  const [known, fields] = await Promise.all([terms(), finder(params)]);
  const given = Object.fromEntries([...SINGLE.map((name) => [name, params.get(name) ?? ""]), ...SEVERAL.map((name) => [name, params.getAll(name)])]);
  const head = [say("chain"), paragraph(say("chainsHint"), "lead"), fields];
  const enough = (given.from && (given.to || given.to_type)) || given.template;
  if (!enough) return [...head, given.from || given.to ? empty(say("bothEnds")) : await suggestions()];
  const answer = await ask("chains", given).catch((error) => error);
  if (answer instanceof Error) return [...head, failure(answer)];
  return [...head, answer.chains.length ? found(answer.chains, known) : empty(say("noChain"))];
}

/** A chain by its permanent address. */
async function one(id) {
  const [answer, known] = await Promise.all([ask(`chain/${id}`).catch((error) => error), terms()]);
  if (answer instanceof Error) return [say("oneChain"), failure(answer), link(url("chain"), say("chain"))];
  const row = answer.chains?.[0] ?? answer;
  return [say("oneChain"), link(url("chain"), say("chain")), found([row], known, { open: true })];
}

async function finder(params) {
  const known = await terms();
  const [templates, documents] = await Promise.all([ask("templates").then((all) => all.templates).catch(() => []), sources().catch(() => [])]);
  const get = (name) => params.get(name) ?? "";
  const types = optionsOf(known, "types");
  // a chain may begin at any thing of a type: its name stands in the place of an entity's
  const anyOf = known.types.has(get("from")) ? get("from") : "";
  const used = [...SEVERAL, "max_hops", "min_confidence", "from_year", "to_year", "place", "limit"].some((name) => params.has(name));
  const ends = h("div", { class: "fields" },
    nameField("from", say("from"), anyOf ? "" : get("from")),
    choice("from_type", say("fromType"), types, anyOf),
    nameField("to", say("to"), get("to")),
    choice("to_type", say("toType"), types, get("to_type")),
    templates.length ? choice("template", say("template"), templates.map((each) => [each.name, pick(each)]), get("template")) : "",
    check("actual", say("actual"), params.has("actual")));
  const more = h("details", { class: "filters", open: used }, h("summary", null, say("filters")), h("div", { class: "fields" },
    several("relation", say("relations"), optionsOf(known, "relations"), params.getAll("relation")),
    several("type", say("through"), types, params.getAll("type")),
    several("modality", say("modalities"), optionsOf(known, "modalities"), params.getAll("modality")),
    several("source", say("documents"), documents, params.getAll("source")),
    number("max_hops", say("maxHops"), get("max_hops"), { min: 1, max: 8, placeholder: 5 }),
    number("limit", say("limit"), get("limit"), { min: 1, max: 50, placeholder: 10 }),
    number("min_confidence", say("minConfidence"), get("min_confidence"), { min: 0, max: 1, step: 0.05, placeholder: 0 }),
    number("from_year", say("fromYear"), get("from_year"), { min: 1000, max: 2100 }),
    number("to_year", say("toYear"), get("to_year"), { min: 1000, max: 2100 }),
    nameField("place", say("place"), get("place"), { type: () => "Place" })));
  return form([ends, more], say("findChains"), begin, { class: "finder" });
}

function begin({ from, from_type: type, ...values }) {
  location.hash = url("chain", "", { from: from ?? type, ...values });
}

/** Ways to begin where nothing is asked yet. */
async function suggestions() {
  const ask_ = (type) => ask("entities", { type, limit: 4 }).then(({ entities }) => entities).catch(() => []);
  const [programs, industries] = await Promise.all([ask_("Program"), ask_("Industry")]);
  const pairs = programs.slice(0, 3).flatMap((from) => industries.slice(0, 2).map((to) => [from, to]));
  if (!pairs.length) return empty(say("empty"));
  return h("section", null, h("h2", null, say("tryThese")), list(pairs.map(([from, to]) =>
    link(url("chain", "", { from: named(from), to: named(to) }), `${named(from)} → ${named(to)}`))));
}

// ---- What was found

function found(chains, known, { open = false } = {}) {
  const panel = h("aside", { class: "panel", "aria-live": "polite", "aria-label": say("evidence") }, paragraph(say("boardHint"), "quiet"));
  const drawing = drawn(chains, known, (hops) => panel.replaceChildren(...hops.map((hop) => whole(hop, known))));
  const items = chains.map((each, number) => item(each, number, known, drawing, open));
  return h("div", null,
    h("div", { class: "bar" }, quiet(`${say("chainCount")} ${count(chains.length)}`), legend()),
    h("div", { class: drawing.dataset.columns > BESIDE ? "boardwrap broad" : "boardwrap" }, drawing, panel),
    h("ol", { class: "chains" }, items));
}

const legend = () => h("span", { class: "links quiet" },
  ["proposed", "negated", "weak"].map((kind) => h("span", { class: "key" }, h("span", { class: `stroke ${kind}`, "aria-hidden": "true" }), say(`${kind}Line`))));

/** The hop that is believed least. */
const weakest = (chain) => chain.weakest ?? chain.hops.reduce((least, hop, n) => (hop.belief < chain.hops[least].belief ? n : least), 0);

/** All chains on one board, what they share once, in layers by class. */
function drawn(chains, known, chosen) {
  const nodes = new Map();
  const edges = new Map();
  const add = (id, name, number) => {
    const type = typeOf(id, known);
    const node = nodes.get(id) ?? { id, text: pick(name), kind: label(known, "types", type), layer: layerOf(type), hue: hue(known, type), href: url("entity", id), paths: [] };
    nodes.set(id, node);
    node.paths.push(number);
  };
  chains.forEach((chain, number) => chain.hops.forEach((hop, place) => {
    add(hop.s, hop.s_label, number);
    add(hop.o, hop.o_label, number);
    const key = [hop.s, hop.p, hop.o, hop.modality].join(" ");
    const said = relationOf(hop, known);
    const mark = hop.modality === "actual" ? "" : `（${label(known, "modalities", hop.modality)}）`;
    const edge = edges.get(key) ?? { from: hop.s, to: hop.o, text: said + mark, dashed: hop.modality === "proposed", negated: hop.modality === "negated", weak: false, paths: [], hops: [],
      hint: `${pick(hop.s_label)} —${said}${mark}→ ${pick(hop.o_label)} · ${say("belief")} ${hop.belief.toFixed(2)}` };
    edge.paths.push(number);
    edge.hops.push(hop);
    edge.weak ||= chain.hops.length > 1 && place === weakest(chain);
    edges.set(key, edge);
  }));
  const titles = Object.fromEntries(LAYERS.map(([name], number) => [number, say(name)]));
  return board({ nodes: [...nodes.values()], edges: [...edges.values()], titles, name: say("board"), chosen: (edge) => chosen([edge.hops[0]]) });
}

function item(chain, number, known, drawing, opened) {
  const weak = chain.hops.length > 1 ? weakest(chain) : -1;
  const hops = chain.hops.map((hop, place) => h("li", { class: place === weak ? "weakest" : undefined },
    h("details", { open: opened },
      h("summary", null, pick(hop.s_label), h("span", { class: "arrow" }, ` —${relationOf(hop, known)}→ `), pick(hop.o_label), " ", qualifiers(hop, known),
        place === weak ? [" ", badge(say("weakest"), "weak")] : ""),
      evidence(hop.evidence),
      h("p", { class: "links" }, entityLink(hop.s, pick(hop.s_label)), entityLink(hop.o, pick(hop.o_label))))));
  const reasons = (chain.reasons ?? []).map((reason) => paragraph(pick(reason), "quiet"));
  const said = chain.paragraph ? h("details", { open: opened }, h("summary", null, say("told")), h("p", { class: "told" }, prose(pick(chain.paragraph)))) : "";
  const light = button(say("light"), (event) => {
    const on = event.target.getAttribute("aria-pressed") !== "true";
    for (const other of document.querySelectorAll(".light[aria-pressed=true]")) other.setAttribute("aria-pressed", "false");
    event.target.setAttribute("aria-pressed", String(on));
    drawing.light(on ? number : undefined);
  }, { class: "light", "aria-pressed": "false" });
  const open = button(say("allEvidence"), () => {
    const boxes = [...row.querySelectorAll("ol details")];
    const some = boxes.some((box) => !box.open);
    for (const box of boxes) box.open = some;
  });
  const row = h("li", { class: "chain" },
    h("p", { class: "route" }, route(chain, known)),
    h("p", { class: "links" }, modality(chain, known), quiet(`${say("belief")} ${chain.belief.toFixed(2)}`), light, open,
      button(say("copyCitation"), () => copy(citation(chain, known))),
      chain.id ? link(url("chain", chain.id), say("permanent")) : ""),
    reasons, h("ol", { class: "hops" }, hops), said);
  return row;
}

/** The chain on one line, as it is walked. */
function route(chain, known) {
  const [start] = chain.hops;
  const parts = [short(pick(start.inverse ? start.o_label : start.s_label))];
  for (const hop of chain.hops) {
    const relation = relationOf(hop, known);
    parts.push(h("span", { class: "arrow" }, hop.inverse ? ` ←${relation}— ` : ` —${relation}→ `), short(pick(hop.inverse ? hop.s_label : hop.o_label)));
  }
  return parts;
}

/** The chain with its sentences and where they stand, as text. */
function citation(chain, known) {
  if (chain.paragraph) return `${pick(chain.paragraph)}\n${location.origin}/${chain.id ? url("chain", chain.id) : ""}`;
  const lines = chain.hops.flatMap((hop, place) => {
    const mark = hop.modality === "actual" ? "" : ` (${label(known, "modalities", hop.modality)})`;
    return [`[${place + 1}] ${pick(hop.s_label)} —${relationOf(hop, known)}→ ${pick(hop.o_label)}${mark}`, ...cited(hop.evidence).map((each) => `    ${each}`)];
  });
  const walked = route(chain, known).map((part) => part.textContent ?? part).join("");
  return [`${walked} (${say("belief")} ${chain.belief.toFixed(2)})`, ...lines].join("\n");
}


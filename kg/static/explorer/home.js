// The first page, and what a search finds.

import { ask, count, empty, entityLink, h, hue, label, link, list, named, quiet, say, terms, url } from "./core.js";

export async function home() {
  const [stats, { entities }, known] = await Promise.all([ask("stats"), ask("entities", { limit: 24 }), terms()]);
  if (!stats.documents) return [say("title"), empty(say("empty")), link(url("documents"), say("documents"))];
  const numbers = ["documents", "entities", "assertions", "evidence"].map((name) =>
    h("div", { class: "figure" }, h("strong", null, count(stats[name])), h("span", null, say(name))));
  const tiles = ["chain", "graph", "questions", "analysis", "documents", "sparql"].map((page) =>
    h("a", { class: "tile", href: url(page) }, h("strong", null, say(page)), h("span", null, say(`${page}Tile`))));
  return [
    say("title"),
    h("p", { class: "lead" }, say("intro")),
    h("div", { class: "numbers" }, numbers),
    h("div", { class: "tiles" }, tiles),
    h("h2", null, say("busiest")),
    matches(entities, known),
    h("h2", null, say("types")),
    list(Object.entries(stats.entities_by_type ?? {}).map(([type, number]) => [
      link(url("search", "", { type }), label(known, "types", type)), quiet(` ${count(number)}`)]), { class: "columns" }),
  ];
}

/** Entities as a list, each with its type and how much is stated of it. */
export function matches(entities, known) {
  return h("ul", { class: "matches" }, entities.map((entity) => {
    const other = entity.name && entity.name !== named(entity) && entity.match ? ` · ${entity.name}` : "";
    return h("li", null,
      h("span", { class: `dot ${hue(known, entity.type)}`, "aria-hidden": "true" }),
      h("span", null, entityLink(entity.id, named(entity)), quiet(` ${label(known, "types", entity.type)}${other} · ${say("assertions")} ${count(entity.statements)}`)));
  }));
}

export async function search({ params }) {
  const [q, type] = [params.get("q") ?? "", params.get("type") ?? ""];
  const [{ entities }, known] = await Promise.all([ask("entities", { q, type, limit: 200 }), terms()]);
  const exact = entities.filter((entity) => entity.match === "exact");
  if (q && !type && exact.length === 1 && !params.has("all")) {
    location.replace(url("entity", exact[0].id));
    return undefined;
  }
  const title = q ? `${say("found")}${q}` : `${say("entities")}${type ? `：${label(known, "types", type)}` : ""}`;
  const kinds = [...new Set(entities.map((entity) => entity.type))];
  const facet = (name, text) => link(url("search", "", { q, type: name, all: name ? undefined : "1" }), text, { "aria-current": name === type ? "true" : undefined });
  const facets = type || kinds.length > 1 ? h("p", { class: "links facets" }, facet("", say("allTypes")), (type ? [type] : kinds).map((name) => facet(name, label(known, "types", name)))) : "";
  return [
    title,
    facets,
    entities.length ? matches(entities, known) : empty(say("nothing")),
    entities.length === 200 ? quiet(say("first200")) : "",
  ];
}


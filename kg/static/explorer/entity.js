// An entity: what it is, what is stated about it by relation, when, with which figures, and what follows.

import { ask, badge, button, count, empty, entityLink, few, h, hue, label, link, named, paragraph, pick, quiet, say, short, terms, url } from "./core.js";
import { spans } from "./charts.js";
import { evidence, qualifiers, sentenceUrl, where } from "./statements.js";

export async function entity({ rest }) {
  const [found, known] = await Promise.all([ask(`entity/${rest}`), terms()]);
  found.figures = await ask("figures", { about: found.id }).then(({ figures }) => figures, () => []);
  const name = named(found);
  const all = [...found.outgoing, ...found.incoming];
  const works = new Map((found.references ?? []).map((one) => [`${one.source} ${one.label}`, one.short]));
  const sections = [
    ...groups(found.outgoing, false, known, works),
    ...groups(found.incoming, true, known, works),
    timed(all, found.id, known),
    figured(all, found, known),
    inferred(found.inferred ?? [], found.id),
  ].filter(Boolean);
  return [
    short(name),
    described(found, name, known),
    h("p", { class: "links" },
      link(url("graph", "", { around: found.id }), say("draw"), { class: "action" }),
      link(url("chain", "", { from: found.id }), say("chainsFrom"), { class: "action" }),
      link(url("chain", "", { to: found.id }), say("chainsTo"), { class: "action" })),
    all.length ? contents(sections) : empty(say("unstated")),
    sections.map(({ section }) => section),
  ];
}

function described(found, name, known) {
  const others = [found.labels.zh, found.labels.en, ...(found.aliases ?? [])].filter((each) => each && each !== name);
  const type = known.types.get(found.type);
  const documents = new Set([...found.outgoing, ...found.incoming].flatMap((one) => one.evidence.map((row) => row.source)));
  const country = found.country ? new Intl.DisplayNames([say("locale")], { type: "region", fallback: "code" }).of(found.country) : "";
  const facts = [
    [say("names"), [...new Set(others.map((each) => short(each)))].join(" · ")],
    [say("country"), country],
    [say("assertions"), found.outgoing.length + found.incoming.length ? count(found.outgoing.length + found.incoming.length) : ""],
    [say("documents"), documents.size ? count(documents.size) : ""],
  ].filter(([, value]) => value);
  return h("div", { class: "described" },
    h("p", null, h("span", { class: `dot ${hue(known, found.type)}`, "aria-hidden": "true" }), " ",
      link(url("search", "", { type: found.type }), pick(type?.label)), quiet(` ${pick(type?.definition)}`)),
    facts.length ? h("dl", null, facts.map(([term, value]) => [h("dt", null, term), h("dd", null, value)])) : "");
}

/** Where one can jump to. */
function contents(sections) {
  if (sections.length < 3) return "";
  const jump = ({ title, number, section }) => button(`${title} ${number ?? ""}`, () => {
    section.scrollIntoView({ block: "start" });
    section.querySelector("h2").focus({ preventScroll: true });
  }, { class: "chip" });
  return h("nav", { class: "contents", "aria-label": say("contents") }, sections.map(jump));
}

function sectionOf(title, number, ...parts) {
  const section = h("section", null, h("h2", { tabindex: "-1" }, title, " ", number ? quiet(count(number)) : ""), parts);
  return { title, number, section };
}

function groups(statements, inverse, known, works) {
  return [...Map.groupBy(statements, (one) => one.p)].map(([name, group]) => {
    const relation = known.relations.get(name);
    const title = pick(inverse ? relation?.inverse : relation?.label) || name;
    const sorted = group.toSorted((one, other) => other.belief - one.belief);
    return sectionOf(title, group.length, few(sorted, (some) => h("ul", { class: "statements" }, some.map((one) => item(one, inverse, known, works))), 12));
  });
}

function item(one, inverse, known, works) {
  const [id, name] = inverse ? [one.s, one.s_label] : [one.o, one.o_label];
  return h("li", null, entityLink(id, pick(name)), " ", qualifiers(one, known), evidence(one.evidence, 2, works));
}

// ---- When

function timed(statements, id, known) {
  const dated = statements.filter((one) => one.qualifiers?.period && (one.qualifiers.period.start ?? one.qualifiers.period.end));
  if (!dated.length) return undefined;
  const items = dated.map((one) => {
    const { start, end } = one.qualifiers.period;
    const [other, name] = one.o === id ? [one.s, pick(one.s_label)] : [one.o, pick(one.o_label)];
    const relation = known.relations.get(one.p);
    const said = `${pick(one.o === id ? relation?.inverse : relation?.label) || one.p} ${name}`;
    return { start: start ?? end, end: end ?? start, text: said, href: url("entity", other), hue: one.modality === "actual" ? 0 : 1,
      hint: `${one.time}\n${one.evidence.map((row) => row.quote).join(" … ")}` };
  });
  const rows = dated.toSorted((one, other) => (one.qualifiers.period.start ?? one.qualifiers.period.end) - (other.qualifiers.period.start ?? other.qualifiers.period.end));
  const below = few(rows, (some) => h("ol", { class: "timed" }, some.map((one) => h("li", null,
    h("span", { class: "year" }, one.time || one.qualifiers.period.text), " ", line(one, known), " ", place(one)))), 10);
  return sectionOf(say("timeline"), dated.length, spans(items, say("timeline")), below);
}

function line(one, known) {
  return [entityLink(one.s, pick(one.s_label)), ` ${label(known, "relations", one.p)} `, entityLink(one.o, pick(one.o_label)),
    one.modality === "actual" ? "" : [" ", badge(label(known, "modalities", one.modality), one.modality)]];
}

/** The way to a statement's sentence. */
const place = (one) => quiet(link(sentenceUrl([one.evidence[0]]), where(one.evidence[0])));

// ---- Figures

function figured(statements, found, known) {
  const told = statements.filter((one) => one.value).map((one) => ({
    about: [entityLink(one.s, pick(one.s_label)), " ", label(known, "relations", one.p), " ", entityLink(one.o, pick(one.o_label))],
    value: one.value, meant: one.qualifiers?.quantity?.text ?? "", time: one.time, row: one.evidence[0],
  }));
  // what a statement tells already is not told again
  const places = new Set(statements.filter((one) => one.value).flatMap((one) => one.evidence.map((row) => `${row.sentence} ${one.value}`)));
  const observed = found.figures.filter((one) => !places.has(`${one.evidence[0].sentence} ${one.value}`)).map((one) => ({
    about: [one.indicator, one.place, one.attributed_to && `${say("after")}${one.attributed_to}`].filter(Boolean).join(" · "),
    value: [one.value, one.modality === "actual" ? "" : label(known, "modalities", one.modality)].filter(Boolean).join(" · "),
    meant: pick(one.said) || one.meant, time: one.time, row: one.evidence[0],
  }));
  const rows = [...told, ...observed];
  if (!rows.length) return undefined;
  const heads = ["what", "value", "meant", "time", "sentence"].map((name) => h("th", { scope: "col" }, say(name)));
  const build = (some) => h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": say("figures") }, h("table", null,
    h("thead", null, h("tr", null, heads)),
    h("tbody", null, some.map(({ about, value, meant, time, row }) => h("tr", null,
      h("td", null, about), h("td", null, value), h("td", null, meant), h("td", null, time),
      h("td", null, row ? link(sentenceUrl([row]), where(row), { title: row.quote }) : ""))))));
  return sectionOf(say("figures"), rows.length, few(rows, build, 12));
}

// ---- What follows

function inferred(rows, id) {
  if (!rows.length) return undefined;
  const item = (one) => {
    const relation = pick(one.relation);
    const route = one.o === id ? [entityLink(one.s, pick(one.s_label)), ` ${relation} ${say("this")}`] : [`${relation} `, entityLink(one.o, pick(one.o_label))];
    return h("li", null, route, quiet(` ${say("belief")} ${one.belief.toFixed(2)} · ${pick(one.why)}`));
  };
  return sectionOf(say("inferred"), rows.length, paragraph(say("inferredHint"), "quiet"), few(rows, (some) => h("ul", null, some.map(item))));
}


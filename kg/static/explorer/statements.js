// Statements and the sentences they rest on.

import { badge, entityLink, few, h, label, link, pick, quiet, say, url } from "./core.js";
import { sentence } from "./prose.js";

/** Where sentences stand: `12-40,52-60`. */
const at = (rows) => rows.map(({ start, end }) => `${start}-${end}`).join(",");

/** Evidence rows of one sentence together: a sentence may be cut in several stretches. */
function sentences(rows) {
  return [...Map.groupBy(rows, (row) => row.sentence).values()];
}

/** How a place in a document is told: its section, and the page where it is known. */
export function where({ source, section, page }) {
  return [source, section && `§${section}`, page && `${say("page")}${page}`].filter(Boolean).join(" ");
}

export const sentenceUrl = (rows) => url("documents", rows[0].source, { at: at(rows) });

/** A sentence with its place. `works` knows the works that it cites, as `source label` → how they are told. */
export function quote(rows, works) {
  const cited = (rows[0].cites ?? []).map((label) => [`[${label}]`, works?.get(`${rows[0].source} ${label}`)].filter(Boolean).join(" "));
  const cites = cited.length ? [" ", say("cites"), cited.join("; ")] : "";
  return h(
    "blockquote",
    null,
    h("p", null, sentence(rows.map((row) => row.quote).join(" … "))),
    h("cite", null, link(sentenceUrl(rows), where(rows[0])), cites),
  );
}

export const evidence = (rows, most = 3, works = undefined) =>
  few(sentences(rows), (some) => h("div", null, some.map((each) => quote(each, works))), most);

/** The sentences as lines of text, for a citation. */
export const cited = (rows) =>
  sentences(rows).map((some) => `“${some.map((row) => row.quote).join(" … ")}” (${where(some[0])})`);

export const modality = (statement, known) =>
  statement.modality === "actual" ? "" : badge(label(known, "modalities", statement.modality), statement.modality);

export function qualifiers(statement, known) {
  const parts = [...meaning(statement, known), `${say("belief")} ${statement.belief.toFixed(2)}`];
  return [modality(statement, known), quiet(` ${parts.filter(Boolean).join(" · ")}`)];
}

/** Time and value in the text's words, what these mean where that is not plain from them, and what else is told. */
export function meaning({ time, value, qualifiers: told = {}, ...flat }, known) {
  const more = { ...flat, ...told };
  const listed = (name) => {
    const row = more[name] && known.lists[name]?.find((each) => each.name === more[name]);
    return row ? pick(row.label) : "";
  };
  const plain = (text) => (text ?? "").replace(/ /g, "").replace(/[—-]/g, "–").replace(/年$/, "").replace(/年?(以来|起)$/, "–");
  const unless = (meant, words) => meant?.text && plain(meant.text) !== plain(words) && meant.text;
  return [
    time,
    unless(more.period, time),
    value,
    unless(more.quantity, value),
    listed("role"),
    listed("mode"),
    more.attributed_to && `${say("after")}${more.attributed_to}`,
    more.condition && `${say("condition")}${more.condition}`,
    more.general && say("general"),
  ];
}

export const relationOf = (one, known) => pick(one.relation) || label(known, "relations", one.p);

/** A statement as one line: `A —relation→ B`. */
export function line(one, known) {
  return [entityLink(one.s, pick(one.s_label)), h("span", { class: "arrow" }, ` —${relationOf(one, known)}→ `), entityLink(one.o, pick(one.o_label))];
}

/** A statement with what qualifies it and its sentences. */
export const whole = (one, known, most) => h("div", { class: "statement" }, line(one, known), " ", qualifiers(one, known), evidence(one.evidence, most));

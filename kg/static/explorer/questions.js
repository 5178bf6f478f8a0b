// Questions that can be asked of the graph, each with its form; and analyses, which are asked alike.

import { ask, empty, failure, h, link, list, paragraph, pick, place, say, terms, titled, url } from "./core.js";
import { chart } from "./charts.js";
import { field, form, nameField } from "./fields.js";
import { results } from "./table.js";

export async function questions({ rest, params }) {
  return rest ? question(rest, params) : [say("questions"), paragraph(say("questionsHint"), "lead"), await filtered()];
}

async function filtered() {
  const all = (await ask("questions")).questions;
  const box = h("div");
  const show = (text) => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const some = all.filter((one) => words.every((word) => `${one.zh} ${one.en} ${one.name}`.toLowerCase().includes(word)));
    box.replaceChildren(some.length ? list(some.map((one) => link(url("questions", one.name), pick(one))), { class: "listed" }) : empty(say("nothing")));
  };
  show("");
  const input = h("input", { type: "search", "aria-label": say("filterQuestions"), placeholder: say("filterQuestions"), oninput: (event) => show(event.target.value) });
  return [h("p", null, input), box];
}

async function question(name, params) {
  const one = (await ask("questions")).questions.find((each) => each.name === name);
  if (!one) throw new Error(say("noQuestion"));
  const head = [pick(one), back("questions"), await asking("questions", one, params)];
  const given = values(one, params);
  if (waits(one, params, given)) return [...head, empty(say("fillIn"))];
  const answer = await ask(`questions/${name}`, given).catch((error) => error);
  return [...head, answer instanceof Error ? failure(answer) : results(answer, name)];
}

const back = (page) => h("p", null, link(url(page), `← ${say(page)}`));
const values = (one, params) => Object.fromEntries(one.params.map(({ name }) => [name, params.get(name) ?? ""]));

/** Whether somebody must fill in the form first. */
const waits = (one, params, given) => one.params.some((param) => param.required && !given[param.name]) || (one.params.length > 0 && !params.has("go"));

async function asking(page, one, params, more = "") {
  if (!one.params.length && !more) return "";
  await terms();
  const fields = await Promise.all(one.params.map((param) => field(param, params.get(param.name) ?? undefined)));
  const example = one.example && Object.keys(one.example).length ? link(url(page, one.name, { ...one.example, go: "1" }), say("example")) : "";
  const asked = (given) => (location.hash = url(page, one.name, { ...given, go: "1" }));
  return form([h("div", { class: "fields" }, fields, more)], say("ask"), asked, { class: "finder" }, example);
}

// ---- Analyses

export async function analysis({ rest, params }) {
  const analyses = await ask("analysis").then((known) => [...known.analyses, known.match]);
  if (!rest) {
    const item = (one) => [link(url("analysis", one.name), pick(one)), h("br"), h("span", { class: "quiet" }, pick(one.description))];
    return [say("analysis"), paragraph(say("analysisHint"), "lead"), list(analyses.map(item), { class: "listed" })];
  }
  const one = analyses.find((each) => each.name === rest);
  if (!one) throw new Error(say("noAnalysis"));
  const [beside] = one.params.filter((param) => param.kind === "Entity");
  const other = params.get("beside") ?? "";
  const pair = one.params.filter((param) => param.kind === "Entity" && param.required).length > 1;
  const more = beside && !pair ? nameField("beside", `${say("beside")}${titled(beside)}`, other) : "";
  const head = [pick(one), back("analysis"), paragraph(pick(one.description), "lead"), await asking("analysis", one, params, more)];
  const given = values(one, params);
  if (one.params.some((param) => param.required && !given[param.name])) return [...head, empty(say("fillIn"))];
  const asked = [given, ...(beside && other ? [{ ...given, [beside.name]: other }] : [])];
  const answers = await Promise.all(asked.map((each) => ask(rest === "match" ? "match" : `analysis/${rest}`, each).catch((error) => error)));
  if (answers.length === 1) return [...head, shown(answers[0], rest)];
  const both = answers.map((answer, number) => h("section", null, h("h2", null, asked[number][beside.name] || say("all")),
    answer instanceof Error ? failure(answer) : [answer.rows.length ? chart(answer.chart, answer) : "", shown(answer, `${rest}-${number + 1}`)]));
  return [...head, h("div", { class: "beside" }, both)];
}

function shown(answer, name) {
  if (answer instanceof Error) return failure(answer);
  const notes = pick(answer.notes);
  return h("div", null, results(answer, name, place().params.has("beside") ? { kind: "none" } : answer.chart), notes ? h("p", { class: "note" }, notes) : "");
}

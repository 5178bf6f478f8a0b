// Fields of forms: names that complete themselves, and lists to choose from.

import { ask, h, label, named, pick, say, terms, titled } from "./core.js";

const PAUSE = 120;
let boxes = 0;

/**
 * Make an input offer the names of entities as one types (the combobox pattern of ARIA). `chosen` gets the entity
 * that is taken from the list; without it, its name becomes the input's value. `type` gives the type to keep to.
 */
export function completing(input, { chosen, type } = {}) {
  const id = `names${++boxes}`;
  const options = h("ul", { role: "listbox", id, class: "options", hidden: true, "aria-label": say("completions") });
  const box = h("span", { class: "combobox" }, input, options);
  const attributes = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": id, autocomplete: "off" };
  for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);
  let found = [];
  let at = -1;
  let turn = 0;

  const close = () => {
    turn++;
    options.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    at = -1;
  };
  const take = (entity) => {
    input.value = named(entity);
    close();
    chosen?.(entity);
  };
  const mark = (next) => {
    options.children[at]?.setAttribute("aria-selected", "false");
    at = next;
    const option = options.children[at];
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) input.setAttribute("aria-activedescendant", option.id);
    else input.removeAttribute("aria-activedescendant");
  };
  const show = (entities, known) => {
    found = entities;
    at = -1;
    options.replaceChildren(
      ...entities.map((entity, number) => {
        const other = entity.name && entity.name !== named(entity) ? ` · ${entity.name}` : "";
        const kind = h("span", { class: "quiet" }, label(known, "types", entity.type), other);
        const option = h("li", { role: "option", id: `${id}-${number}`, "aria-selected": "false" }, named(entity), " ", kind);
        option.addEventListener("mousedown", (event) => {
          event.preventDefault();
          take(entity);
        });
        return option;
      }),
    );
    options.hidden = !entities.length;
    input.setAttribute("aria-expanded", String(!!entities.length));
  };
  const look = async () => {
    const mine = ++turn;
    await new Promise((done) => setTimeout(done, PAUSE));
    const q = input.value.trim();
    if (mine !== turn) return;
    if (!q) return close();
    const [{ entities }, known] = await Promise.all([ask("entities", { q, type: type?.(), limit: 8 }), terms()]).catch(() => [{ entities: [] }]);
    if (mine === turn && document.activeElement === input) show(entities, known);
  };
  const keys = {
    ArrowDown: () => (options.hidden ? look() : mark((at + 1) % found.length)),
    ArrowUp: () => !options.hidden && mark((at <= 0 ? found.length : at) - 1),
    Escape: () => !options.hidden && close(),
    Enter: () => at >= 0 && take(found[at]),
  };
  input.addEventListener("input", look);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    const taken = keys[event.key] && !event.isComposing;
    if (taken && (event.key !== "Enter" || at >= 0) && (event.key !== "Escape" || !options.hidden)) {
      event.preventDefault();
      keys[event.key]();
    }
  });
  return box;
}

/** A label with its field. */
export const labelled = (text, field, attributes) => h("label", attributes, h("span", null, text), field);

export function nameField(name, text, value, { required = false, type } = {}) {
  const input = h("input", { name, value: value || undefined, required, maxlength: "500" });
  return labelled(text, completing(input, { type }));
}

export function choice(name, text, options, value, { required = false, none = "—" } = {}) {
  const items = options.map(([key, shown]) => h("option", { value: key, selected: key === value }, shown));
  return labelled(text, h("select", { name, required }, none === null ? "" : h("option", { value: "" }, none), items));
}

export function number(name, text, value, attributes) {
  return labelled(text, h("input", { name, type: "number", value: value || undefined, ...attributes }));
}

export const check = (name, text, checked, value = "true") =>
  h("label", { class: "check" }, h("input", { type: "checkbox", name, value, checked: !!checked }), h("span", null, text));

/** Several of a list, behind a line that says how many are chosen. */
export function several(name, text, options, chosen) {
  const boxes = options.map(([key, shown]) => check(name, shown, chosen.includes(key), key));
  const summary = h("summary", null, text, chosen.length ? ` (${chosen.length})` : "");
  return h("details", { class: "several" }, summary, h("div", { class: "choices", role: "group", "aria-label": text }, boxes));
}

/** The members of a list of the ontology, as options. */
export const optionsOf = (known, kind) => [...known[kind].values()].map((row) => [row.name, pick(row.label)]);

export const sources = async () => (await ask("documents")).documents.map((one) => [one.source, one.source]);

/** A form; `go` gets its values, those of several fields of a name as a list. */
export function form(fields, text, go, attributes, more = "") {
  const element = h("form", attributes, fields, h("p", { class: "links" }, h("button", { class: "main" }, text), more));
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    go(values(element), event);
  });
  return element;
}

export function values(element) {
  const found = {};
  for (const [name, value] of new FormData(element)) {
    if (value === "") continue;
    found[name] = name in found ? [found[name], value].flat() : value;
  }
  return found;
}

/** The field of a question's parameter. */
export async function field(param, value) {
  const text = titled(param) + (param.required ? "" : ` ${say("optional")}`);
  const current = value ?? param.default ?? "";
  if (param.kind === "Entity") return nameField(param.name, text, current, { required: param.required });
  const choices = await choicesOf(param);
  if (choices) return choice(param.name, text, choices, current, { required: param.required });
  if (param.kind === "Number") return number(param.name, text, current, { step: "any", required: param.required });
  return labelled(text, h("input", { name: param.name, value: current || undefined, required: param.required, maxlength: "500" }));
}

async function choicesOf({ kind, name, choices }) {
  if (choices?.length) return choices.map((one) => (typeof one === "string" ? [one, one] : [one.name, pick(one.label) || pick(one) || titled(one) || one.name]));
  if (kind === "Document") return sources();
  const known = await terms();
  if (kind === "Qualifier") return (known.lists[name] ?? []).map((row) => [row.name, pick(row.label)]);
  const list = { Type: "types", Relation: "relations", Modality: "modalities" }[kind];
  return list && optionsOf(known, list);
}

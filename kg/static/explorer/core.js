// What every page needs: where we are, what we know, how elements are built. What documents say is only ever set as text.

export const WORDS = await fetch(new URL("../words.json", import.meta.url)).then((response) => response.json());

const LONGEST = 80;

// ---- Where we are: `#/page/rest?name=value`

export function place() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split(/\?(.*)/s, 2);
  const [page, ...rest] = path.split("/");
  return { page, rest: decoded(rest.join("/")), params: new URLSearchParams(query) };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export const language = () => (place().params.get("lang") === "en" ? "en" : "zh");
export const say = (name) => WORDS[language()][name];
export const pick = (both) => (both ? both[language()] || both.zh || both.en || "" : "");
export const titled = (thing) => (language() === "zh" ? thing.label_zh : thing.label_en);

/** `params` as pairs: lists give a pair for each member, and what is empty is left out. */
function pairs(params) {
  const all = params instanceof URLSearchParams ? [...params] : Object.entries(params);
  const each = all.flatMap(([name, value]) => (Array.isArray(value) ? value.map((one) => [name, one]) : [[name, value]]));
  return each.filter(([, value]) => value !== "" && value !== undefined && value !== null && value !== false);
}

export function url(page, rest = "", params = {}) {
  const query = new URLSearchParams(pairs(params));
  if (language() === "en" && !query.has("lang")) query.set("lang", "en");
  return `#/${page}${rest && "/" + encodeURIComponent(rest)}${query.size ? "?" + query : ""}`;
}

/** Change parameters of this page's address; `replacing` it makes no step to go back to. */
export function go(params, { replacing = false } = {}) {
  const { page, rest, params: now } = place();
  for (const name of Object.keys(params)) now.delete(name);
  for (const [name, value] of pairs(params)) now.append(name, value);
  const href = url(page, rest, now);
  if (replacing) {
    history.replaceState(null, "", href);
    dispatchEvent(new HashChangeEvent("hashchange"));
  } else location.hash = href;
}

// ---- What we know

/** What the server answers. `params` as for `url`; `options` as for fetch. Errors say what to do. */
export async function ask(path, params = {}, options = {}) {
  const query = new URLSearchParams(pairs(params));
  const address = `/api/${path.split("/").map(encodeURIComponent).join("/")}${query.size ? "?" + query : ""}`;
  const response = await fetched(address, options);
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    const missing = response.status === 404 && !answer.suggestions && /\/docs/.test(answer.detail ?? "");
    const said = missing ? say("missing") : answer.detail || answer.title || `${say("failed")} ${response.status}`;
    throw Object.assign(new Error(said), { suggestions: answer.suggestions ?? [], status: response.status });
  }
  return answer;
}

/** A response, whose errors are in the reader's language, or an error that says that there is no server. */
export async function fetched(address, options = {}) {
  return fetch(address, { ...options, headers: { "Accept-Language": language(), ...options.headers } }).catch((error) => {
    throw error.name === "AbortError" ? error : new Error(say("unreachable"));
  });
}

let ontology;

/** The labels of types, relations and modalities, by name, and the closed lists; asked for once. */
export async function terms() {
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

/** An entity's name. */
export const named = (entity) => entity.labels?.[language()] || pick(entity.label) || entity.label;
export const label = (known, kind, name) => pick(known[kind].get(name)?.label) || name;

// ---- Building

export function short(text, most = LONGEST) {
  const points = Array.from(text);
  return points.length > most ? `${points.slice(0, most).join("")}…` : text;
}

const built = (make) =>
  function build(tag, attributes, ...children) {
    const element = make(tag);
    for (const [name, value] of Object.entries(attributes ?? {})) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value !== undefined && value !== false && value !== null) element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== "" && child !== false));
    return element;
  };

export const h = built((tag) => document.createElement(tag));
export const svg = built((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag));

export const link = (href, text, attributes) => h("a", { href, ...attributes }, text);
export const entityLink = (id, text) => link(url("entity", id), short(text));
export const paragraph = (text, kind) => h("p", { class: kind }, text);
export const list = (items, attributes) => h("ul", attributes, items.map((item) => h("li", null, item)));
export const button = (text, act, attributes) => h("button", { type: "button", onclick: act, ...attributes }, text);
export const quiet = (...text) => h("span", { class: "quiet" }, text);
export const badge = (text, kind) => h("span", { class: `badge ${kind ?? ""}` }, text);
export const count = (number) => number.toLocaleString(language() === "zh" ? "zh-CN" : "en");

/** The first few items, and a button that shows the rest. */
export function few(items, build, most = 20) {
  const box = build(items.slice(0, most));
  if (items.length <= most) return [box];
  const more = button(`${say("all")} ${items.length}`, () => {
    const whole = build(items);
    more.parentNode.replaceChildren(whole);
    whole.querySelector("a, button, summary")?.focus();
  });
  return [h("div", null, box, more)];
}

/** Something that went wrong, with names that are near. */
export function failure(error) {
  const near = (error.suggestions ?? []).map((name) => link(url("search", "", { q: name }), name));
  return h("div", { role: "alert", class: "failure" }, paragraph(error.message, "warn"), near.length ? [paragraph(say("near"), "quiet"), list(near)] : "");
}

export const empty = (text) => h("p", { class: "empty" }, text);

/** What `work` gives, or what went wrong with it, in place of the box that is returned at once. */
export function later(work, waiting = say("loading")) {
  const box = h("div", { "aria-busy": "true" }, paragraph(waiting, "quiet"));
  work()
    .catch((error) => failure(error))
    .then((parts) => {
      box.replaceChildren(...[parts].flat(Infinity).filter(Boolean));
      box.removeAttribute("aria-busy");
    });
  return box;
}

/** Act as soon as the page holds the element: only then it has a size and a place. */
export function whenShown(element, act) {
  if (element.isConnected) act();
  else requestAnimationFrame(() => whenShown(element, act));
}

/** Say something to who hears the page; it is shown for a while too. */
export function announce(text) {
  const box = document.getElementById("said");
  box.textContent = text;
  clearTimeout(announce.timer);
  announce.timer = setTimeout(() => (box.textContent = ""), 4000);
}

/** Give the browser a file to keep. */
export function download(name, content, type) {
  const address = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const anchor = h("a", { href: address, download: name });
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // without a clipboard that may be written to (an address that is not secure), by a selection
    const area = h("textarea", { class: "offscreen", readonly: true });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  announce(say("copied"));
}

// ---- How types look: the same colours as the drawn graph

const COLOURS = 8;

/** The class of a type's colour, as `kg.canvas.look` gives it: by its place among all types. */
export const hue = (known, type) => `hue${[...known.types.keys()].indexOf(type) % COLOURS}`;
export const typeOf = (id, known) => [...known.types.keys()].find((name) => name.toLowerCase() === id.split("/")[0]) ?? "";

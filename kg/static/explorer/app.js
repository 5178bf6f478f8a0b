// The explorer: one page, every state of which is an address. Each kind of page is loaded when it is first shown.

import { WORDS, failure, h, language, link, paragraph, place, say, url } from "./core.js";
import { completing } from "./fields.js";

const main = document.getElementById("main");
const header = document.querySelector("header");

const PAGES = {
  "": () => import("./home.js").then((module) => module.home),
  search: () => import("./home.js").then((module) => module.search),
  entity: () => import("./entity.js").then((module) => module.entity),
  chain: () => import("./chain.js").then((module) => module.chain),
  graph: () => import("./graph.js").then((module) => module.graph),
  questions: () => import("./questions.js").then((module) => module.questions),
  analysis: () => import("./questions.js").then((module) => module.analysis),
  sparql: () => import("./sparql.js").then((module) => module.sparql),
  documents: () => import("./documents.js").then((module) => module.documents),
  help: () => import("./help.js").then((module) => module.help),
};
const NAV = ["chain", "graph", "questions", "analysis", "documents", "sparql", "help"];

// ---- The frame

function frame({ page }) {
  const other = language() === "zh" ? "en" : "zh";
  document.documentElement.lang = language() === "zh" ? "zh-CN" : "en";
  document.getElementById("skip").textContent = say("skip");
  document.getElementById("go").textContent = say("search");
  document.getElementById("menu").textContent = say("menu");
  const home = document.getElementById("home");
  home.textContent = say("title");
  home.href = url("");
  const nav = document.getElementById("nav");
  nav.setAttribute("aria-label", say("menu"));
  field.placeholder = say("searchHint");
  field.setAttribute("aria-label", say("searchHint"));
  const swapped = () => {
    const now = place();
    now.params.set("lang", other);
    return url(now.page, now.rest, now.params);
  };
  nav.replaceChildren(
    ...NAV.map((name) => link(url(name), say(name), { "aria-current": name === page ? "page" : undefined })),
    // a page may change its address without being shown anew
    link(swapped(), WORDS[other].language, { lang: other === "zh" ? "zh-CN" : "en", id: "language", onclick: (event) => (event.target.href = swapped()) }),
    h("button", { type: "button", id: "theme", onclick: turned }, `${say("theme")}${say(`theme_${theme()}`)}`),
  );
}

const THEMES = ["auto", "light", "dark"];
const KEY = "policykg-theme";
const theme = () => document.documentElement.dataset.theme ?? "auto";

function themed(name) {
  if (name === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
}

function turned(event) {
  const next = THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length];
  themed(next);
  localStorage.setItem(KEY, next);
  event.target.textContent = `${say("theme")}${say(`theme_${next}`)}`;
  // the drawing takes its colours when it is made
  if (place().page === "graph") show();
}

// ---- Showing

let turn = 0;
let shown = "";

async function show() {
  const here = place();
  const mine = ++turn;
  const moved = shown !== `${here.page}/${here.rest}`;
  frame(here);
  header.classList.remove("open");
  document.getElementById("menu").setAttribute("aria-expanded", "false");
  main.setAttribute("aria-busy", "true");
  const waiting = setTimeout(() => mine === turn && main.replaceChildren(h("h1", null, say("loading"))), 400);
  const parts = await parted(here);
  clearTimeout(waiting);
  if (mine !== turn || !parts) return;
  const [title, ...rest] = parts;
  document.title = here.page ? `${title} · ${say("title")}` : title;
  main.replaceChildren(h("h1", null, title), ...rest.flat(Infinity).filter(Boolean));
  main.dataset.page = here.page;
  main.removeAttribute("aria-busy");
  if (shown) main.focus({ preventScroll: true });
  if (moved && !main.querySelector("mark.wanted")) scrollTo(0, 0);
  shown = `${here.page}/${here.rest}`;
}

async function parted(here) {
  try {
    const load = PAGES[here.page];
    if (!load) throw new Error(say("noPage"));
    return await (await load())(here);
  } catch (error) {
    return [say("trouble"), failure(error), paragraph(say("troubleHint"), "quiet")];
  }
}

// ---- What is there from the beginning

const field = document.getElementById("q");
document.getElementById("search").prepend(
  completing(field, { chosen: (entity) => { field.value = ""; location.hash = url("entity", entity.id); } }));
document.getElementById("search").addEventListener("submit", (event) => {
  event.preventDefault();
  location.hash = url("search", "", { q: field.value.trim() });
});
document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
document.getElementById("menu").addEventListener("click", (event) => {
  const open = header.classList.toggle("open");
  event.target.setAttribute("aria-expanded", String(open));
});
document.addEventListener("keydown", (event) => {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    field.focus();
  }
});
addEventListener("hashchange", show);
themed(localStorage.getItem(KEY) ?? "auto");
show();


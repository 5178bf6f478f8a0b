"use strict";
// The page works without this: it adds search, the choice of light or dark, and pointing in the diagrams.
const root = document.documentElement;
root.classList.add("scripts");

function remembered(key, value) {
  // a page opened from a file may have no storage
  try {
    if (value === undefined) return localStorage.getItem(key);
    localStorage.setItem(key, value);
  } catch { /* not remembered */ }
  return null;
}

// ---- Light or dark

const theme = remembered("policykg-theme");
if (theme) root.dataset.theme = theme;
document.getElementById("theme").addEventListener("click", () => {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = root.dataset.theme || (dark ? "dark" : "light");
  root.dataset.theme = now === "dark" ? "light" : "dark";
  remembered("policykg-theme", root.dataset.theme);
});

// ---- The same place in the other language

const other = document.getElementById("switch");
other.addEventListener("click", () => { other.hash = location.hash; });

// ---- Search

const own = (item) => item.matches("li") ? [...item.querySelectorAll(":scope > .own, :scope > .about, :scope > details > .own, :scope > details > .about")] : [item];
const items = [...document.querySelectorAll("[data-find]")].map((item) => ({
  item,
  text: own(item).map((part) => part.textContent).join(" ").toLowerCase(),
}));
const folds = [...document.querySelectorAll("main details")].map((fold) => ({ fold, open: fold.open }));
const groups = [...document.querySelectorAll("main > section")].filter((part) => part.querySelector("[data-find]"));
const plain = [...document.querySelectorAll("main > section")].filter((part) => !part.querySelector("[data-find]"));
const field = document.getElementById("find");
const found = document.getElementById("found");

function show(words) {
  const searching = words.length > 0;
  const hits = new Set(items.filter(({ text }) => words.every((word) => text.includes(word))).map(({ item }) => item));
  const kept = new Set(hits);
  for (const hit of searching ? hits : []) {
    for (let up = hit.parentElement.closest("[data-find]"); up; up = up.parentElement.closest("[data-find]")) kept.add(up);
  }
  for (const { item } of items) item.hidden = searching && !kept.has(item);
  for (const { fold, open } of folds) fold.open = searching ? Boolean(fold.querySelector("[data-find]:not([hidden])")) : open;
  for (const table of document.querySelectorAll("#s-shapes .wide, .scheme")) {
    table.hidden = searching && !table.querySelector("[data-find]:not([hidden])");
  }
  for (const group of groups) group.hidden = searching && !group.querySelector("[data-find]:not([hidden])");
  for (const part of plain) part.hidden = searching;
  found.textContent = searching ? `${hits.size} ${found.dataset.words}` : "";
}

let waiting;
const search = () => show(field.value.toLowerCase().split(/\s+/).filter(Boolean));
field.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(search, 120); });
field.addEventListener("keydown", (event) => {
  if (event.key === "Escape") { field.value = ""; search(); }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.target.matches("input")) { event.preventDefault(); field.focus(); }
});

// ---- A link into what is folded or filtered out opens it

function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  if (target.closest("[hidden]")) { field.value = ""; search(); }
  for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  target.scrollIntoView();
}
addEventListener("hashchange", reveal);
if (location.hash) reveal();

// ---- Diagrams: only the lines of what is pointed at

for (const diagram of document.querySelectorAll(".diagram")) {
  const relations = [...diagram.querySelectorAll(".relation")];
  const lit = (line, box) => !(box.dataset.side in line.dataset) || line.dataset[box.dataset.side] === box.dataset.key;
  const point = (box) => {
    diagram.classList.toggle("pointed", Boolean(box));
    for (const relation of relations) {
      const lines = [...relation.querySelectorAll("path")];
      const on = relation === box || lines.some((line) => box?.dataset.key && line.dataset[box.dataset.side] === box.dataset.key);
      relation.classList.toggle("on", on);
      for (const line of lines) line.classList.toggle("on", on && (relation === box || lit(line, box)));
    }
  };
  for (const box of diagram.querySelectorAll(".relation, .class")) {
    const link = box.querySelector("a");
    link.addEventListener("pointerenter", () => point(box));
    link.addEventListener("pointerleave", () => point(null));
    link.addEventListener("focus", () => point(box));
    link.addEventListener("blur", () => point(null));
  }
}

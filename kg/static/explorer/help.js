// What can be done here, and how.

import { h, link, say, url } from "./core.js";

const PAGES = ["search", "chain", "graph", "questions", "analysis", "documents", "sparql"];

export async function help() {
  return [
    say("help"),
    h("p", { class: "lead" }, say("intro")),
    h("dl", { class: "help" }, PAGES.map((page) => [h("dt", null, link(url(page), say(page))), h("dd", null, say(`${page}Help`))])),
    h("h2", null, say("marks")), h("p", null, say("marksHelp")),
    h("h2", null, say("keys")), h("p", null, say("keysHelp")),
    h("p", null, link("/docs", say("api")), " ", say("apiHelp")),
  ];
}

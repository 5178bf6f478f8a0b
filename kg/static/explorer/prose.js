// A document's words as they are meant to look. What its text marks as raised, lowered, bold, slanted or a heading is
// shown so, and the marks are not; nothing else in it is markup, and no character of it is another one.

import { h } from "./core.js";

/** What opens a stretch, the stretch, what closes it, each as a group; and the element that it becomes, if any. */
const RULES = [
  [/(<sup>)([^<>\n]{1,60})(<\/sup>)/g, "sup"],
  [/(<sub>)([^<>\n]{1,60})(<\/sub>)/g, "sub"],
  [/(\^\{)([^{}\n]{1,40})(\})/g, "sup"],
  [/(_\{)([^{}\n]{1,40})(\})/g, "sub"],
  [/(\^)(\[[^[\]\n]{1,30}\]|[①-⑳*†‡]|[-−]?\d{1,3}(?!\d))()/g, "sup"],
  // before a sign of punctuation, two stars open only where nothing stands before them: `0.23**、0.45**` is no bold
  [/(?<!\*)(\*\*)(?![\s*])(?:(?!\p{P})|(?<=(?:^|[\s\p{P}])\*\*))([^*\n]{0,299}[^*\s])(\*\*)(?!\*)/gmu, "strong"],
  [/(?<![*\w\\])(\*)(?![\s*])([^*\n]{0,79}[^*\s\\])(\*)(?![*\w])/g, "em"],
  [/^(#{1,6}[ \t]+)(\S[^\n]*)()/gm, "strong"],
  [/(\\)([\\*_#[\]()~`<>.+-])()/g, undefined],
];

/** The stretches of a text that look otherwise than the rest, in order: `{from, to, tag}`, without a tag where they are
 *  marks. */
export function stretches(text) {
  return RULES.flatMap(([rule, tag]) => [...text.matchAll(rule)].flatMap(({ index, 1: opening, 2: body, 3: closing }) => {
    const [from, to] = [index + opening.length, index + opening.length + body.length];
    return [{ from: index, to: from }, ...(tag ? [{ from, to, tag }] : []), { from: to, to: to + closing.length }];
  })).filter(({ from, to }) => from < to).sort((one, other) => one.from - other.from);
}

/**
 * The text from one place to another, with its stretches as they look. Where places in it are to be counted, `keep` its
 * marks: they are there, but not shown.
 */
export function prose(text, { from = 0, to = text.length, known = stretches(text), keep = false } = {}) {
  const here = known.filter((each) => each.from < to && from < each.to);
  const inside = here.flatMap((each) => [each.from, each.to]).filter((at) => from < at && at < to);
  const cuts = [...new Set([from, ...inside, to])].sort((one, other) => one - other);
  return cuts.slice(1).map((end, n) => {
    const start = cuts[n];
    const over = here.filter((each) => each.from <= start && end <= each.to);
    const said = text.slice(start, end);
    if (over.some(({ tag }) => !tag)) return keep ? h("span", { hidden: true }, said) : "";
    const tags = over.toSorted((one, other) => one.to - one.from - (other.to - other.from)).map(({ tag }) => tag);
    return [...new Set(tags)].reduce((inner, tag) => h(tag, null, inner), said);
  });
}

/** A sentence taken out of a text: of a bold stretch that it cuts, one pair of stars may be left. */
export const sentence = (quote) => prose(quote, { known: [...stretches(quote), ...halves(quote)] });

function halves(quote) {
  const pairs = [...quote.matchAll(/(?<!\*)\*\*(?!\*)/g)];
  const [lone] = pairs;
  return pairs.length === 1 && !/[\w.]\*\*$/.test(quote) ? [{ from: lone.index, to: lone.index + 2 }] : [];
}

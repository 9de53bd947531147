/** The answer card of the page without a server: what the drawn map says, and how far to trust it. */
import { fact, head, type AnswerPorts } from "./answer";
import { showPoint } from "./coords";
import { element } from "./dom";
import { showMetres } from "./format";
import { type Key, type Lang, say as sayIn, type Values } from "./i18n";
import type { DrawnAnswer, TileUnit } from "./offline";

type Say = (key: Key, values?: Values) => string;

const sayer = (lang: Lang): Say => (key, values) => sayIn(lang, key, values);

function caution(last: TileUnit | undefined, drawn: DrawnAnswer, lang: Lang): HTMLElement {
  const say = sayer(lang);
  const key: Key = !last ? "drawn.nothing" : last.leaf ? "drawn.note" : "drawn.zoom_in";
  return element("p", { class: "caution", text: say(key, { metres: showMetres(drawn.unsure_m, lang) }) });
}

/** What is read aloud. */
export function drawnSentence(drawn: DrawnAnswer, lang: Lang): string {
  const say = sayer(lang);
  const last = drawn.units.at(-1);
  return last ? say("drawn.is", { name: last.name }) : say("drawn.nothing");
}

export function drawnCard(drawn: DrawnAnswer, lang: Lang, ports: Pick<AnswerPorts, "close">): HTMLElement {
  const say = sayer(lang);
  const last = drawn.units.at(-1);
  const rows = drawn.units.slice(0, -1).map((unit) =>
    element(
      "li",
      {},
      element("span", { class: "level", text: say(`level.${unit.level}`) }),
      element("span", { text: unit.name }),
      element("span", { class: "code", text: unit.code }),
    ),
  );
  return element(
    "article",
    { data: { code: last?.code ?? "", version: drawn.version } },
    last ? head(last.name, last.code, say(`level.${last.level}`), say, ports) : head(say("answer.outside"), "", "", say, ports),
    caution(last, drawn, lang),
    rows.length > 0 ? element("nav", { class: "chain", attrs: { "aria-label": say("answer.chain") } }, element("ol", {}, ...rows)) : null,
    element("dl", {}, fact(say("answer.version"), String(drawn.version)), fact(say("answer.point"), element("span", { class: "code", text: showPoint(drawn.point) }))),
  );
}

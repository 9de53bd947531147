/** The answer card: what `/locate` said about a point, in words. */
import type { Located, Party, Unit, UnitRef } from "./api";
import { showPoint } from "./coords";
import { button, element } from "./dom";
import { decisionWords, type DoubtPorts, doubtStrip } from "./doubt";
import { showArea, showCode, showInstant, showMetres, showNumber } from "./format";
import { dictionaries, type Key, type Lang, say as sayIn, type Values } from "./i18n";

export interface AnswerPorts extends DoubtPorts {
  copyLink: () => void;
  copyCurl: () => void;
  close: () => void;
}

type Say = (key: Key, values?: Values) => string;

const sayer = (lang: Lang): Say => (key, values) => sayIn(lang, key, values);

/** What is read aloud when an answer arrives: whose it is, and how sure that is. */
export function sentence(answer: Located, accuracy_m: number, lang: Lang): string {
  const say = sayer(lang);
  const { unit, nearest } = answer.placement;
  if (!unit) {
    return nearest ? say("answer.outside_said", { name: nearest.name }) : say("answer.outside_bare");
  }
  const whose = say("answer.is", { name: unit.name, party: answer.assignment.party.name });
  return answer.decision === "sure" ? whose : `${whose} ${decisionWords(answer, accuracy_m, lang)}`;
}

/** Why this party, in plain words; a reason this page does not know is given as the server said it. */
export function why(answer: Located, lang: Lang): string {
  const { assignment } = answer;
  const key = `reason.${assignment.reason}`;
  const known = key in dictionaries[lang];
  return known ? sayIn(lang, key as Key, { party: assignment.party.name }) : assignment.reason;
}

export function fact(term: string, ...details: (Node | string | null)[]): HTMLElement {
  return element("div", { class: "fact" }, element("dt", { text: term }), element("dd", {}, ...details));
}

export function head(title: string, code: string, level: string, say: Say, ports: Pick<AnswerPorts, "close">): HTMLElement {
  const close = element("button", {
    class: "icon close",
    attrs: { type: "button", "aria-label": say("answer.close"), title: say("answer.close") },
    onclick: ports.close,
  });
  close.innerHTML = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="m6 6 12 12M18 6 6 18"/></svg>';
  return element(
    "header",
    { class: "answer-head" },
    element(
      "div",
      {},
      level ? element("p", { class: "eyebrow", text: level }) : null,
      element("h2", { text: title }),
      code ? element("p", { class: "code", text: showCode(code), attrs: { title: code } }) : null,
    ),
    close,
  );
}

function chainList(chain: UnitRef[], say: Say, ports: AnswerPorts): HTMLElement {
  const rows = chain.map((unit) =>
    element(
      "li",
      {},
      element("span", { class: "level", text: say(`level.${unit.level}`) }),
      button(unit.name, () => { ports.showUnit(unit.code); }, "link"),
      element("span", { class: "code", text: unit.code }),
    ),
  );
  return element(
    "nav",
    { class: "chain", attrs: { "aria-label": say("answer.chain") } },
    element("ol", {}, ...rows),
  );
}

const contact = (party: Party, say: Say): string => party.contact || say("answer.no_contact");

/** Whose it is, and why: what the reader came for. */
function partyBlock(answer: Located, lang: Lang): HTMLElement {
  const say = sayer(lang);
  const { party, rule } = answer.assignment;
  return element(
    "section",
    { class: "responsible" },
    element("p", { class: "eyebrow", text: say("answer.party") }),
    element("strong", { class: "party", text: party.name, data: { party: party.code } }),
    element("p", { class: "contact", text: contact(party, say) }),
    element("p", { class: "why", text: why(answer, lang) }),
    element("p", { class: "quiet rule", text: say("answer.rule", { id: rule.id, rule_set: rule.rule_set, scope: rule.scope }) }),
  );
}

function coHandlersFact(answer: Located, say: Say): HTMLElement | null {
  const beside = answer.assignment.co_handlers;
  if (beside.length === 0) return null;
  const rows = beside.map((party) =>
    element("span", {}, party.name, element("span", { class: "quiet", text: ` ${contact(party, say)}` })),
  );
  return fact(say("answer.co_handlers"), ...rows);
}

function borderFact(answer: Located, lang: Lang, ports: AnswerPorts): HTMLElement | null {
  const say = sayer(lang);
  const { border } = answer.placement;
  if (!border) return null;
  const { neighbour } = border;
  return fact(
    say("answer.border"),
    element("span", { class: "metres", text: showMetres(border.distance_m, lang) }),
    neighbour
      ? element("span", { class: "quiet" }, say("answer.beyond"), button(neighbour.name, () => { ports.showUnit(neighbour.code); }, "link"))
      : element("span", { class: "quiet", text: say("answer.city_edge") }),
  );
}

function exclusiveFact(answer: Located, say: Say): HTMLElement {
  const grids = answer.placement.exclusive;
  if (grids.length === 0) return fact(say("answer.exclusive"), element("span", { class: "quiet", text: say("answer.no_exclusive") }));
  return fact(say("answer.exclusive"), ...grids.map((grid) => element("span", { class: "tag", text: grid.name, attrs: { title: grid.code } })));
}

function provenance(answer: Located, lang: Lang): HTMLElement[] {
  const say = sayer(lang);
  const since = showInstant(answer.valid_from, lang);
  return [
    fact(say("answer.version"), say("answer.version_since", { version: answer.version, since })),
    fact(say("answer.point"), element("span", { class: "code", text: showPoint(answer.point) })),
  ];
}

function actions(say: Say, ports: AnswerPorts): HTMLElement {
  return element(
    "div",
    { class: "actions" },
    button(say("answer.copy_link"), ports.copyLink),
    button(say("answer.copy_curl"), ports.copyCurl),
  );
}

function nearestFact(answer: Located, lang: Lang, ports: AnswerPorts): HTMLElement | null {
  const say = sayer(lang);
  const { nearest } = answer.placement;
  if (!nearest) return null;
  return fact(
    say("answer.nearest"),
    button(nearest.name, () => { ports.showUnit(nearest.code); }, "link"),
    element("span", { class: "quiet", text: say("answer.away", { distance: showMetres(nearest.distance_m, lang) }) }),
  );
}

/** The card for a located point; `data-code` and `data-version` name what it shows. */
export function answerCard(answer: Located, accuracy_m: number, lang: Lang, ports: AnswerPorts): HTMLElement {
  const say = sayer(lang);
  const { unit, chain } = answer.placement;
  const title = unit
    ? head(unit.name, unit.code, say(`level.${unit.level}`), say, ports)
    : head(say("answer.outside"), "", "", say, ports);
  return element(
    "article",
    { data: { code: unit?.code ?? "", version: answer.version } },
    title,
    doubtStrip(answer, accuracy_m, lang, ports),
    partyBlock(answer, lang),
    unit ? chainList(chain.filter((link) => link.code !== unit.code), say, ports) : null,
    element(
      "dl",
      {},
      nearestFact(answer, lang, ports),
      coHandlersFact(answer, say),
      borderFact(answer, lang, ports),
      unit ? exclusiveFact(answer, say) : null,
      ...provenance(answer, lang),
    ),
    actions(say, ports),
  );
}

/** The card for one unit of any level, as reached from the chain or from search. */
export function unitCard(unit: Unit, lang: Lang, ports: AnswerPorts): HTMLElement {
  const say = sayer(lang);
  const { households, area_m2, parent_code: parent } = unit;
  return element(
    "article",
    { data: { unit: unit.code } },
    head(unit.name, unit.code, say(`level.${unit.level}`), say, ports),
    element(
      "dl",
      {},
      fact(say("unit.households"), showNumber(households, lang)),
      fact(say("unit.area"), showArea(area_m2, lang)),
      parent === null ? null : fact(say("unit.parent"), button(parent, () => { ports.showUnit(parent); }, "link")),
    ),
  );
}

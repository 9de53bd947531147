/** How sure an answer is: the decision in words, the leaves it may be, and the radius of the fix. */
import type { Candidate, Located } from "./api";
import { button, element } from "./dom";
import { showMetres, showNumber } from "./format";
import { type Key, type Lang, say as sayIn, type Values } from "./i18n";
import { MAX_ACCURACY_M, readAccuracy } from "./links";

export interface DoubtPorts {
  showUnit: (code: string) => void;
  setAccuracy: (accuracy_m: number) => void;
}

type Say = (key: Key, values?: Values) => string;

const STEPS_M = [0, 10, 30, 100];
const LISTED = 12;

/** The decision in one sentence. */
export function decisionWords(answer: Located, accuracy_m: number, lang: Lang): string {
  const { border } = answer.placement;
  const metres = border ? showMetres(border.distance_m, lang) : "";
  const radius = showMetres(accuracy_m, lang);
  if (answer.decision === "sure") {
    return accuracy_m > 0
      ? sayIn(lang, "decision.sure_fix", { metres, radius })
      : sayIn(lang, "decision.sure", { metres });
  }
  if (!border) return sayIn(lang, "decision.ask_outside");
  return accuracy_m > 0
    ? sayIn(lang, "decision.ask_fix", { metres, radius, count: answer.candidates.length })
    : sayIn(lang, "decision.ask_near", { metres });
}

function candidateRow(candidate: Candidate, lang: Lang, ports: DoubtPorts): HTMLElement {
  const percent = showNumber(candidate.probability * 100, lang, candidate.probability < 0.01 ? 1 : 0);
  const bar = element("i", { class: "bar", attrs: { "aria-hidden": "true" } });
  bar.style.setProperty("--share", String(candidate.probability));
  return element(
    "li",
    { data: { code: candidate.code } },
    button(candidate.name, () => { ports.showUnit(candidate.code); }, "link"),
    element("span", { class: "percent", text: `${percent} %` }),
    bar,
  );
}

function candidateList(answer: Located, lang: Lang, say: Say, ports: DoubtPorts): HTMLElement | null {
  if (answer.candidates.length === 0) return null;
  const rows = answer.candidates.slice(0, LISTED).map((one) => candidateRow(one, lang, ports));
  const more = answer.candidates.length - rows.length;
  return element(
    "div",
    {},
    element("ol", { class: "candidates", attrs: { "aria-label": say("answer.candidates") } }, ...rows),
    more > 0 ? element("p", { class: "quiet", text: say("answer.more_candidates", { more }) }) : null,
  );
}

function accuracyRow(accuracy_m: number, say: Say, ports: DoubtPorts): HTMLElement {
  const input = element("input", {
    attrs: { id: "accuracy", type: "number", min: "0", max: String(MAX_ACCURACY_M), step: "1", inputmode: "decimal", list: "accuracies" },
  });
  input.value = String(accuracy_m);
  input.addEventListener("change", () => { ports.setAccuracy(readAccuracy(input.value)); });
  const list = element("datalist", { attrs: { id: "accuracies" } }, ...STEPS_M.map((step) => new Option(String(step))));
  const steps = STEPS_M.map((step) => {
    const choice = button(step === 0 ? say("accuracy.exact") : String(step), () => { ports.setAccuracy(step); }, "step");
    choice.id = `accuracy-${step}`;
    choice.setAttribute("aria-pressed", String(step === accuracy_m));
    if (step > 0) choice.setAttribute("aria-label", say("accuracy.metres", { metres: step }));
    return choice;
  });
  const label = element("label", { text: say("accuracy.label"), attrs: { for: "accuracy" } });
  const field = element("span", { class: "field" }, input, say("accuracy.unit"));
  return element("div", { class: "accuracy" }, label, field, element("span", { class: "steps" }, ...steps), list);
}

/** The strip of an answer that says whether to ask on, and how exact the fix was. */
export function doubtStrip(answer: Located, accuracy_m: number, lang: Lang, ports: DoubtPorts): HTMLElement {
  const say: Say = (key, values) => sayIn(lang, key, values);
  const { decision } = answer;
  return element(
    "section",
    { class: `decision ${decision}`, data: { decision } },
    element(
      "p",
      { class: "verdict" },
      element("strong", { text: say(decision === "sure" ? "decision.sure_title" : "decision.ask_title") }),
      element("span", { text: decisionWords(answer, accuracy_m, lang) }),
    ),
    candidateList(answer, lang, say, ports),
    accuracyRow(accuracy_m, say, ports),
  );
}

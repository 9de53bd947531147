/** Plans laid over the map: the key, the list, what the chosen one changes, and its legend. */
import { api, ApiError, type Bbox, type Plan, type PlanDiff } from "./api";
import { button, byId, element } from "./dom";
import { showNumber } from "./format";
import { boxOf } from "./geo";
import { dictionaries, type Key, type Lang, say as sayIn, type Values } from "./i18n";
import { keepKey, keptKey } from "./key";
import { drawLegend } from "./legend";
import { PLAN_COLOURS, type Theme } from "./theme";

export interface PlanChoice {
  plan: number | null;
  /** Whether the whole map is drawn as planned, not only what changes. */
  planned: boolean;
}

export interface PlanPorts {
  choose(choice: PlanChoice): void;
  fit(box: Bbox): void;
  /** The key has come, changed or gone. */
  onKey(): void;
  explain(error: unknown): string;
  tell(words: string): void;
}

export class PlanPanel {
  private readonly body = byId("plans-body");
  private plans: Plan[] | null = null;
  private diff: PlanDiff | null = null;
  private fault: unknown = null;

  constructor(
    private readonly ports: PlanPorts,
    private choice: PlanChoice,
    private lang: Lang,
    private theme: Theme,
  ) {}

  /** Reads the list with the key of this tab, if there is one, and what the chosen plan changes. */
  async open(): Promise<void> {
    this.draw();
    if (keptKey() !== null) await this.read();
  }

  setLang(lang: Lang): void {
    this.lang = lang;
    this.draw();
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    this.draw();
  }

  /** Shows another choice, as the page has made it. */
  show(choice: PlanChoice): void {
    const other = choice.plan !== this.choice.plan;
    this.choice = choice;
    if (other) this.diff = null;
    this.draw();
  }

  private say(key: Key, values?: Values): string {
    return sayIn(this.lang, key, values);
  }

  private async read(): Promise<void> {
    this.fault = null;
    try {
      this.plans = (await api.plans()).plans;
      await this.readDiff();
    } catch (error) {
      this.refused(error);
    }
    this.draw();
  }

  /** A key that nobody knows is forgotten; one that may not see plans may still see devices. */
  private refused(error: unknown): void {
    this.fault = error;
    this.plans = null;
    if (error instanceof ApiError && error.status === 401) keepKey(null);
    this.ports.tell(this.ports.explain(error));
  }

  /** Reads what the chosen plan changes; null when another was chosen meanwhile. */
  private async readDiff(): Promise<PlanDiff | null> {
    const { plan } = this.choice;
    if (plan === null) return null;
    const found = await api.planDiff(plan);
    if (!this.isChosen(plan)) return null;
    this.diff = found;
    return found;
  }

  private isChosen(plan: number): boolean {
    return this.choice.plan === plan;
  }

  private async choosePlan(plan: number | null): Promise<void> {
    this.choice = { plan, planned: plan !== null && this.choice.planned };
    this.diff = null;
    this.ports.choose(this.choice);
    try {
      const diff = await this.readDiff();
      this.draw();
      if (diff) this.showAll(diff);
    } catch (error) {
      this.fault = error;
      this.ports.tell(this.ports.explain(error));
      this.draw();
    }
  }

  private showAll(diff: PlanDiff): void {
    const shapes = diff.units.flatMap((unit) => [unit.old, unit.new]);
    const box = boxOf(shapes.filter((shape) => shape !== null));
    if (box) this.ports.fit(box);
    this.ports.tell(this.summary(diff));
  }

  private takeKey(text: string): void {
    const key = text.trim();
    if (key === "") return;
    keepKey(key);
    void this.read().then(() => { this.ports.onKey(); });
  }

  private forget(): void {
    keepKey(null);
    this.plans = null;
    this.diff = null;
    this.fault = null;
    this.choice = { plan: null, planned: false };
    this.ports.choose(this.choice);
    this.ports.onKey();
    this.draw();
  }

  private draw(): void {
    const focused = document.activeElement?.id;
    this.body.replaceChildren(...(keptKey() === null ? [this.keyForm()] : this.withKey()));
    if (focused) document.getElementById(focused)?.focus();
  }

  private keyForm(): HTMLElement {
    const input = element("input", {
      attrs: { id: "key", type: "password", autocomplete: "off", spellcheck: "false", required: "" },
    });
    const form = element(
      "form",
      { class: "key-form" },
      element("label", { text: this.say("key.label"), attrs: { for: "key" } }),
      element("span", { class: "row" }, input, element("button", { text: this.say("key.use"), attrs: { type: "submit" } })),
      element("p", { class: "note", text: this.say("key.note") }),
      this.faultLine(),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.takeKey(input.value);
    });
    return form;
  }

  private faultLine(): HTMLElement | null {
    return this.fault === null ? null : element("p", { class: "fault-line", text: this.ports.explain(this.fault) });
  }

  private withKey(): HTMLElement[] {
    const forget = element("p", { class: "row" }, element("span", { class: "quiet", text: this.say("key.kept") }), button(this.say("key.forget"), () => { this.forget(); }, "small"));
    const fault = this.faultLine();
    return [...(this.plans ? this.chooser(this.plans) : []), ...(fault ? [fault] : []), forget];
  }

  private chooser(plans: Plan[]): HTMLElement[] {
    if (plans.length === 0) return [element("p", { class: "quiet", text: this.say("plans.none") })];
    const select = element("select", { attrs: { id: "plan" } });
    select.append(new Option(this.say("plans.live"), ""));
    for (const plan of plans) {
      const words = `${plan.plan_id} · ${plan.title} · ${this.say(`plan.${plan.state}`)}`;
      select.append(new Option(words, String(plan.plan_id)));
    }
    select.value = String(this.choice.plan ?? "");
    select.addEventListener("change", () => void this.choosePlan(select.value === "" ? null : Number(select.value)));
    const label = element("label", { text: this.say("plans.choose"), attrs: { for: "plan" } });
    return [label, select, ...(this.choice.plan === null ? [] : this.ofPlan())];
  }

  private ofPlan(): HTMLElement[] {
    const legend = element("ul", { class: "plan-legend" });
    const colours = PLAN_COLOURS[this.theme];
    drawLegend(
      [
        { key: "plan_unit", shape: "line", color: colours.unit, minzoom: 0 },
        { key: "plan_gone", shape: "line", color: colours.gone, minzoom: 0 },
        { key: "plan_moved", shape: "fill", color: colours.moved, minzoom: 0 },
      ],
      this.lang,
      legend,
    );
    const box = element("input", { attrs: { type: "checkbox", id: "planned" } });
    box.checked = this.choice.planned;
    box.addEventListener("change", () => { this.ports.choose({ ...this.choice, planned: box.checked }); });
    return [
      element("p", { class: "plan-sum", text: this.diff ? this.summary(this.diff) : this.say("plans.reading") }),
      element("label", { class: "check" }, box, element("span", { text: this.say("plans.planned") })),
      legend,
    ];
  }

  private summary(diff: PlanDiff): string {
    if (diff.total === 0) return this.say("plans.nothing");
    const counts = Object.entries(diff.counts).map(([kind, count]) => {
      const key = `change.${kind}`;
      const words = key in dictionaries[this.lang] ? this.say(key as Key) : kind;
      return `${words} ${showNumber(count, this.lang)}`;
    });
    return this.say("plans.sum", { total: diff.total, counts: counts.join(this.say("plans.and")) });
  }
}

/** The panel of layers: what is drawn, what it is coloured by, and the legend of it. */
import { api } from "./api";
import { byId } from "./dom";
import type { Lang } from "./i18n";
import { keptKey } from "./key";
import { drawLegend, drawToggles, drawTopics, type Group, GROUPS } from "./legend";
import type { MapView } from "./map";
import { SENSITIVE, type Sensitive } from "./overlay";
import type { PageState } from "./state";
import { type StyleName, topicsOf } from "./theme";

export interface LayerPorts {
  styles: StyleName[];
  lang(): Lang;
  /** The reader wants the map coloured by another topic; the state says which. */
  onTopic(): void;
}

const isSensitive = (group: Group): group is Sensitive => SENSITIVE.some((one) => one === group);

export class LayerPanel {
  private permitted: Sensitive[] = [];

  constructor(
    private readonly view: MapView | null,
    private readonly state: PageState,
    private readonly ports: LayerPorts,
  ) {}

  /** Draws the switches that this style and this key offer, and the legend at this zoom. */
  draw(): void {
    const { view, ports } = this;
    const drawn = view?.groups() ?? new Set();
    drawToggles(
      {
        offered: [...GROUPS.filter((group) => drawn.has(group)), ...this.permitted],
        on: (group) => (isSensitive(group) ? this.state.now.shown.includes(group) : !this.state.now.hidden.includes(group)),
        turn: (group, visible) => { this.turn(group, visible); },
      },
      ports.lang(),
    );
    const topics = topicsOf(ports.styles);
    const { topic } = this.state.now;
    const chosen = topics.some(({ name }) => name === topic) ? topic : null;
    drawTopics(topics, chosen, ports.lang(), (wish) => { this.choose(wish); });
    byId("topics-field").hidden = topics.length === 0;
    this.drawLegend();
  }

  drawLegend(): void {
    if (this.view) drawLegend(this.view.legend(), this.ports.lang());
  }

  /** Asks what the key of this tab may see, and offers that. */
  async readPermissions(): Promise<void> {
    const may = keptKey() === null ? [] : await Promise.all(SENSITIVE.map((list) => api.maySee(list).catch(() => false)));
    this.permitted = SENSITIVE.filter((_, row) => may[row]);
    this.draw();
    this.drawSensitive();
  }

  private turn(group: Group, visible: boolean): void {
    const key = isSensitive(group) ? "shown" : "hidden";
    const rest = this.state.now[key].filter((one) => one !== group);
    const listed = isSensitive(group) === visible;
    this.state.set({ [key]: listed ? [...rest, group] : rest });
    if (isSensitive(group)) this.drawSensitive();
    else this.view?.setGroup(group, visible);
  }

  private drawSensitive(): void {
    const { shown } = this.state.now;
    this.view?.overlay.set({ sensitive: this.permitted.filter((group) => shown.includes(group)) });
  }

  private choose(topic: string | null): void {
    this.state.set({ topic });
    this.ports.onTopic();
  }
}

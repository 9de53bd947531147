/** The panel of layers: what is drawn, what it is coloured by, and the legend of it. */
import { api } from "./api";
import { byId } from "./dom";
import type { Lang } from "./i18n";
import { keptKey } from "./key";
import { drawLegend, drawToggles, drawTopics, type Group, GROUPS, SENSITIVE, type Sensitive } from "./legend";
import type { MapView } from "./map";
import type { PageState } from "./state";
import { hasFigures, type StyleName, topicsOf } from "./theme";

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
    const enabled = hasFigures(this.state.now);
    const chosen = enabled && topics.some(({ name }) => name === topic) ? topic : null;
    drawTopics(topics, chosen, ports.lang(), (wish) => { this.choose(wish); }, enabled);
    byId("topics-field").hidden = topics.length === 0;
    byId("topics-live").hidden = enabled;
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
    for (const group of SENSITIVE) this.view?.setGroup(group, this.permitted.includes(group) && this.state.now.shown.includes(group));
  }

  private turn(group: Group, visible: boolean): void {
    const key = isSensitive(group) ? "shown" : "hidden";
    const rest = this.state.now[key].filter((one) => one !== group);
    const listed = isSensitive(group) === visible;
    this.state.set({ [key]: listed ? [...rest, group] : rest });
    this.view?.setGroup(group, visible);
  }

  private choose(topic: string | null): void {
    this.state.set({ topic });
    this.ports.onTopic();
  }
}

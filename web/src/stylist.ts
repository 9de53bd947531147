/** Which style the map is drawn in: by topic, theme, moment and plan; from the server or from files. */
import type { StyleSpecification } from "maplibre-gl";
import { api, ApiError } from "./api";
import { keptKey } from "./key";
import type { Offline } from "./offline";
import type { PageState } from "./state";
import { hasFigures, styleName, type StyleName, type Theme } from "./theme";

export const EMPTY: StyleSpecification = { version: 8, sources: {}, layers: [] };

export class Stylist {
  /** The styles on offer. */
  names: StyleName[] = [];
  private wishes = 0;

  constructor(
    private readonly offline: Offline | null,
    private readonly state: PageState,
    private readonly onFault: (detail: string) => void,
  ) {}

  /** Reads what is on offer; without the list the plain map is there still. */
  async open(): Promise<void> {
    this.names = this.offline
      ? this.offline.config.styles.map((name) => ({ name, zh: name, en: name }))
      : await api.styles().catch(() => []);
  }

  /** The style that is wanted now; null if it cannot be had, or another was wanted meanwhile. */
  async read(theme: Theme): Promise<StyleSpecification | null> {
    const wish = (this.wishes += 1);
    const { topic, at, plan, planned } = this.state.now;
    const name = styleName(this.names, hasFigures(this.state.now) ? topic : null, theme);
    try {
      const found = await (this.offline
        ? this.offline.style(name)
        : api.style(name, at, planned && keptKey() !== null ? plan : null));
      return wish === this.wishes ? found : null;
    } catch (error) {
      this.onFault(error instanceof ApiError ? error.detail : String(error));
      return null;
    }
  }
}

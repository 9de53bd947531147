/** Which map the page shows, in the line below its title. */
import type { Versions } from "./api";
import { byId } from "./dom";
import { showInstant } from "./format";
import { type Key, type Lang, say } from "./i18n";

export interface MapShown {
  head: Versions | null;
  connected: boolean;
  /** A past version, null for the live map. */
  at: number | null;
  /** The version of the files, where there is no server. */
  filed: number | null;
}

function kindOf({ connected, at, filed }: MapShown): Key {
  if (filed !== null) return "version.offline";
  if (at !== null) return "version.past";
  return connected ? "version.live" : "version.stale";
}

export function drawVersion(shown: MapShown, lang: Lang): void {
  const { head, connected, at, filed } = shown;
  const line = byId("version");
  line.dataset.head = String(head?.head ?? "");
  line.dataset.connected = String(connected);
  line.dataset.past = String(at !== null || filed !== null);
  const version = filed ?? at ?? head?.head;
  const label = version === undefined ? say(lang, "version.unknown") : say(lang, "version.label", { version });
  line.textContent = `${label} · ${say(lang, kindOf(shown))}`;
  const live = at === null ? head?.versions[0] : undefined;
  line.title = live ? showInstant(live.valid_from, lang) : "";
}

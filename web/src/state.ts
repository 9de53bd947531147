/** What the page shows, kept in its address so that it can be sent, reloaded and remembered. */
import { type Linked, readLink, withLink } from "./links";

export class PageState {
  private linked: Linked;

  constructor() {
    this.linked = readLink(location.search);
  }

  get now(): Readonly<Linked> {
    return this.linked;
  }

  set(change: Partial<Linked>): void {
    this.linked = { ...this.linked, ...change };
    history.replaceState(history.state, "", withLink(location.href, this.linked));
  }
}

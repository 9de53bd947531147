/** The key of a planner or dispatcher: kept for this tab alone, and sent only where one is needed. */

const PLACE = "gridgeo.key";
const NEEDS_KEY = /^\/(?:plans|devices|events)(?:[/?]|$)|^\/tiles\/(?:[a-z_]+,)*(?:device|event)\b/;

export const keptKey = (): string | null => sessionStorage.getItem(PLACE);

export function keepKey(key: string | null): void {
  if (key === null) sessionStorage.removeItem(PLACE);
  else sessionStorage.setItem(PLACE, key);
}

/** Whether the server answers this address only to a caller with a key. */
export function needsKey(url: URL): boolean {
  return NEEDS_KEY.test(url.pathname) || url.searchParams.has("plan");
}

/** The header for an address; none for another origin, for what is public, or without a key. */
export function authorised(address: string): Record<string, string> {
  const url = new URL(address, location.origin);
  const key = keptKey();
  if (key === null || url.origin !== location.origin || !needsKey(url)) return {};
  return { Authorization: `Bearer ${key}` };
}

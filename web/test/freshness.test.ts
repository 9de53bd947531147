import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Versions } from "../src/api";
import { Freshness, type FreshnessEvents, pause } from "../src/freshness";

const at = (head: number): Versions => ({ head, versions: [] });

class Page {
  hidden = false;
  private listeners: (() => void)[] = [];
  addEventListener = (_: string, listener: () => void): void => {
    this.listeners.push(listener);
  };
  show(visible: boolean): void {
    this.hidden = !visible;
    for (const listener of this.listeners) listener();
  }
}

function watch(ask: () => Promise<Versions>) {
  const page = new Page();
  const events = { onHead: vi.fn(), onLost: vi.fn(), onBack: vi.fn() } satisfies FreshnessEvents;
  const freshness = new Freshness(ask, events, page as unknown as Document);
  return { page, events, freshness };
}

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

it("a new head is told once, with the head before it", async () => {
  const heads = [3, 3, 4, 4];
  const { events, freshness } = watch(() => Promise.resolve(at(heads.shift() ?? 4)));
  await freshness.start();
  await vi.advanceTimersByTimeAsync(4000);
  expect(events.onHead.mock.calls).toEqual([[at(3), null], [at(4), 3]]);
  freshness.stop();
});

it("a city made anew, whose head is lower, counts as a change", async () => {
  const heads = [9, 1];
  const { events, freshness } = watch(() => Promise.resolve(at(heads.shift() ?? 1)));
  await freshness.start();
  await vi.advanceTimersByTimeAsync(1000);
  expect(events.onHead).toHaveBeenLastCalledWith(at(1), 9);
  freshness.stop();
});

it("nothing is asked while the tab is hidden, and at once when it is seen again", async () => {
  const ask = vi.fn(() => Promise.resolve(at(1)));
  const { page, freshness } = watch(ask);
  await freshness.start();
  page.show(false);
  await vi.advanceTimersByTimeAsync(10_000);
  const whileHidden = ask.mock.calls.length;
  expect(whileHidden).toBeLessThanOrEqual(2);
  page.show(true);
  await vi.advanceTimersByTimeAsync(0);
  expect(ask.mock.calls.length).toBe(whileHidden + 1);
  freshness.stop();
});

it("a lost connection is told once, asked about ever more rarely, and its return is told", async () => {
  let fails = 3;
  const ask = vi.fn(() => (fails-- > 0 ? Promise.reject(new Error("down")) : Promise.resolve(at(5))));
  const { events, freshness } = watch(ask);
  await freshness.start();
  await vi.advanceTimersByTimeAsync(2000 + 4000 + 8000);
  expect(ask).toHaveBeenCalledTimes(4);
  expect(events.onLost).toHaveBeenCalledTimes(1);
  expect(events.onBack).toHaveBeenCalledTimes(1);
  expect(events.onHead).toHaveBeenCalledWith(at(5), null);
  freshness.stop();
});

it("pauses grow from one second and stop at fifteen", () => {
  expect([0, 1, 2, 3, 4, 9].map(pause)).toEqual([1000, 2000, 4000, 8000, 15_000, 15_000]);
});

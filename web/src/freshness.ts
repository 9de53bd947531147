/** Watching the head version: asks every second while the tab is seen, more rarely while failing. */
import type { Versions } from "./api";

export interface FreshnessEvents {
  /** A first or another head. `previous` is null for the first. */
  onHead(head: Versions, previous: number | null): void;
  onLost(error: unknown): void;
  onBack(): void;
}

const PERIOD_MS = 1000;
const LONGEST_MS = 15_000;

/** Milliseconds until the next question after `failures` failures in a row. */
export function pause(failures: number): number {
  return Math.min(PERIOD_MS * 2 ** failures, LONGEST_MS);
}

export class Freshness {
  private head: number | null = null;
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asking = false;

  constructor(
    private readonly ask: () => Promise<Versions>,
    private readonly events: FreshnessEvents,
    private readonly page: Pick<Document, "hidden" | "addEventListener"> = document,
  ) {}

  /** Asks once, then keeps asking; resolves after the first question, whatever its outcome. */
  async start(): Promise<void> {
    this.page.addEventListener("visibilitychange", () => {
      if (!this.page.hidden) void this.look();
    });
    await this.look();
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  /** Asks now. One question at a time; none while the tab is hidden, save the first. */
  async look(): Promise<void> {
    clearTimeout(this.timer);
    if (this.asking) return;
    this.asking = true;
    const answer = await this.ask().catch((error: unknown) => {
      this.miss(error);
      return null;
    });
    this.asking = false;
    if (answer) this.take(answer);
    if (!this.page.hidden) this.timer = setTimeout(() => void this.look(), pause(this.failures));
  }

  private miss(error: unknown): void {
    if (this.failures === 0) this.events.onLost(error);
    this.failures += 1;
  }

  private take(answer: Versions): void {
    if (this.failures > 0) this.events.onBack();
    this.failures = 0;
    if (answer.head === this.head) return;
    const previous = this.head;
    this.head = answer.head;
    this.events.onHead(answer, previous);
  }
}

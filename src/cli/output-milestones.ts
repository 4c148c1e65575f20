/** Thins progress out to one line for each `step` of the whole, where bars cannot be drawn. */
export class Milestones {
  private next: number;

  /** @param step share of the whole, or a count where the whole is unknown */
  constructor(private readonly step: number) {
    this.next = step;
  }

  /** Whether `value` has passed the next milestone; at most once for each. */
  passed(value: number): boolean {
    if (value + 1e-12 < this.next) return false;
    this.next = (Math.floor((value + 1e-12) / this.step) + 1) * this.step;
    return true;
  }
}

/** Lets one line through every `seconds`. */
export class Throttle {
  private last: number;

  constructor(
    private readonly seconds: number,
    private readonly now: () => number,
  ) {
    this.last = now();
  }

  /** Starts the wait anew, e.g. because another line has just told as much. */
  reset(): void {
    this.last = this.now();
  }

  ready(): boolean {
    if (this.now() - this.last < this.seconds * 1000) return false;
    this.reset();
    return true;
  }
}

/** Milliseconds and runs of one look at another number of threads, at least. */
const PROBE_TIME = 4;
const PROBE_RUNS = 2;
/** Milliseconds between two looks: doubled while they bring nothing. */
const SHORTEST_REST = 50;
const LONGEST_REST = 4000;
/** A change must save this share of the time. */
const GAIN = 0.03;
/** Runs that take this much longer than those before end the rest at once. */
const ALARM = 1.4;

/**
 * Decides on how many threads a program runs, by trying: with a free core for every thread all of them are best; where
 * another process holds a core they wait for each other, and one alone is faster. Results do not depend on the number,
 * so it may change at any time.
 */
export class Governor {
  private readonly levels: number[];
  private settled: number;
  private probing: number | undefined;
  private downNext = true;
  private rest = SHORTEST_REST;
  /** Milliseconds a run at the settled level, in its last window; what the present window saw so far. */
  private settledMean = Number.POSITIVE_INFINITY;
  private time = 0;
  private runs = 0;

  /** @param maximum threads there are */
  constructor(maximum: number) {
    this.levels = [];
    for (let threads = 1; threads < maximum; threads *= 2) this.levels.push(threads);
    this.levels.push(maximum);
    this.settled = this.levels.length - 1;
  }

  /** Threads for the next run. */
  get threads(): number {
    return this.levels[this.probing ?? this.settled];
  }

  /** Tells how long that run took, in milliseconds. */
  record(milliseconds: number): void {
    if (this.levels.length === 1) return;
    this.time += milliseconds;
    this.runs++;
    if (this.time < PROBE_TIME || this.runs < PROBE_RUNS) return;
    const mean = this.time / this.runs;
    if (this.probing !== undefined) this.judge(this.probing, mean);
    else if (this.time >= this.rest || mean > ALARM * this.settledMean) this.probe(mean);
  }

  /** Ends a rest: tries the next level down, or up, in turn. */
  private probe(mean: number): void {
    if (mean > ALARM * this.settledMean) this.rest = SHORTEST_REST;
    this.settledMean = mean;
    const down = this.settled > 0 && (this.downNext || this.settled === this.levels.length - 1);
    this.downNext = !down;
    this.probing = this.settled + (down ? -1 : 1);
    this.restart();
  }

  private judge(level: number, mean: number): void {
    const better = mean < (1 - GAIN) * this.settledMean;
    this.rest = better ? SHORTEST_REST : Math.min(2 * this.rest, LONGEST_REST);
    if (better) {
      this.settled = level;
      this.settledMean = mean;
    }
    this.probing = undefined;
    this.restart();
  }

  private restart(): void {
    this.time = 0;
    this.runs = 0;
  }
}

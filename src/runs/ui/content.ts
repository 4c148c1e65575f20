import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import path from 'node:path';
import { type LiveRun, liveContent } from '../../report/index.js';
import { findRuns, type Place } from './find-runs.js';
import { WatchedRun } from './live-run.js';

/** Runs that are drawn unless the page asks for others: as many as there are colours. */
const SHOWN = 6;

/** Contents that are kept: pages that are open at once and show different runs do not draw in turns. */
const PAGES = 8;

/** Files whose change changes the page. */
const FILES = [
  'config.json',
  'metrics.jsonl',
  'posterior.jsonl',
  'losses.jsonl',
  'predictions.safetensors',
  'summary.json',
  'derived.json',
] as const;

/** The page's content, and what tells it from any other. */
export interface Content {
  readonly html: string;
  readonly etag: string;
}

/** Follows runs; reads and draws again what has changed, and only when it is asked. */
export class Follower {
  private readonly watched = new Map<string, WatchedRun>();
  private readonly read = new Map<string, { mark: string; run: LiveRun }>();
  private readonly made = new Map<string, Content>();
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly places: readonly Place[]) {}

  /** @param asked names of runs to draw; null: the last begun */
  content(asked: readonly string[] | null): Promise<Content> {
    // One after the other: what one has drawn, the next does not draw again.
    const next = this.turn.then(() => this.make(asked));
    this.turn = next.catch(() => undefined);
    return next;
  }

  private async make(asked: readonly string[] | null): Promise<Content> {
    const runs = [...findRuns(this.places)].map(([name, folder]) => this.watch(name, folder));
    const drawn = new Set(asked ?? runs.slice(0, SHOWN).map(({ name }) => name));
    const states: { run: WatchedRun; held: boolean; mark: string }[] = [];
    for (const run of runs) {
      const held = await run.isHeld();
      states.push({ run, held, mark: JSON.stringify([drawn.has(run.name), held, ...marks(run.folder)]) });
    }
    const key = JSON.stringify(states.map(({ run, mark }) => [run.name, run.folder, mark]));
    const before = this.made.get(key);
    if (before !== undefined) return before;
    const live: LiveRun[] = [];
    for (const { run, held, mark } of states)
      live.push(await this.readAgain(run, held, drawn.has(run.name), mark));
    const html = await liveContent(live);
    const etag = `"${createHash('sha256').update(html).digest('base64url')}"`;
    return this.keep(key, { html, etag });
  }

  private keep(key: string, content: Content): Content {
    this.made.set(key, content);
    const [oldest] = this.made.keys();
    if (this.made.size > PAGES) this.made.delete(oldest);
    return content;
  }

  private watch(name: string, folder: string): WatchedRun {
    const known = this.watched.get(folder);
    if (known?.name === name) return known;
    const fresh = new WatchedRun(name, folder);
    this.watched.set(folder, fresh);
    return fresh;
  }

  private async readAgain(
    watched: WatchedRun,
    held: boolean,
    drawn: boolean,
    mark: string,
  ): Promise<LiveRun> {
    const marked = `${watched.name} ${mark}`;
    const place = `${watched.folder} ${drawn}`;
    const before = this.read.get(place);
    if (before?.mark === marked) return before.run;
    const run = await watched.read(held, drawn);
    this.read.set(place, { mark: marked, run });
    return run;
  }
}

/** When each file was written, and how long it is. */
function marks(folder: string): (number | null)[] {
  return FILES.flatMap((name) => {
    const found = statSync(path.join(folder, name), { throwIfNoEntry: false });
    return found === undefined ? [null] : [found.mtimeMs, found.size];
  });
}

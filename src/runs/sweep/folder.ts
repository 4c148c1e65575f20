import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Config, configOf, type LoadedSweep, type PlannedRun } from '../../config/index.js';
import { BayescnnError } from '../../errors.js';
import { writeAtomic, writeError } from '../../results/index.js';
import { appendLines, readLines } from './lines.js';

/** The files of a sweep. What grows with the number of runs is one file of lines, read in one piece. */
export class SweepFolder {
  private constructor(
    readonly path: string,
    private readonly planned: Map<string, PlannedRun>,
  ) {}

  /** Reads what is there; a folder that does not exist is a sweep without runs. */
  static async open(folder: string): Promise<SweepFolder> {
    const root = path.resolve(folder);
    const known = await readLines<PlannedRun>(path.join(root, 'plan.jsonl'));
    return new SweepFolder(root, new Map(known.map((run) => [run.hash, run])));
  }

  file(...names: string[]): string {
    return path.join(this.path, ...names);
  }

  runPath(name: string): string {
    return this.file('runs', name);
  }

  logPath(name: string): string {
    return this.file('logs', `${name}.log`);
  }

  /**
   * The names that runs have here. One that the folder knows by its hash keeps its name and so its results, whatever the
   * sweep calls it now; a name that stands for another experiment already gets a suffix.
   */
  adopt(runs: readonly PlannedRun[]): PlannedRun[] {
    const names = new Set([...this.planned.values()].map(({ name }) => name));
    return runs.map((run) => {
      const name = this.planned.get(run.hash)?.name ?? freeName(run.name, names);
      names.add(name);
      return { ...run, name };
    });
  }

  /**
   * Writes adopted runs into the plan, and makes the folders that they need.
   * @throws BayescnnError 'failure' when it cannot be written
   */
  async plan(sweep: LoadedSweep, runs: readonly PlannedRun[]): Promise<void> {
    for (const part of ['runs', 'logs', 'locks'])
      await mkdir(this.file(part), { recursive: true }).catch((cause) => {
        throw writeError(this.path, cause);
      });
    await writeAtomic(this.file('sweep.json'), `${JSON.stringify(sweep, null, 2)}\n`);
    const fresh = runs.filter(({ hash }) => !this.planned.has(hash));
    for (const run of fresh) this.planned.set(run.hash, run);
    await appendLines(this.file('plan.jsonl'), fresh);
  }

  /**
   * The config of a planned run.
   * @throws BayescnnError 'usage' for a name that is not in the plan
   */
  async configOf(name: string): Promise<Config> {
    const run = [...this.planned.values()].find((each) => each.name === name);
    if (run === undefined) {
      throw new BayescnnError('usage', `${this.path}: expected a run of this sweep, got "${name}"`, {
        hint: 'plan.jsonl lists its runs',
      });
    }
    const { base } = JSON.parse(await readFile(this.file('sweep.json'), 'utf8')) as { base: unknown };
    return configOf(base, run);
  }
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name}-${number}`;
    if (!taken.has(candidate)) return candidate;
  }
}

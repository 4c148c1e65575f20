import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  METRICS_COLUMNS,
  openRun,
  readLosses,
  readMetrics,
  readPosterior,
} from '../../../../src/results/index.js';
import { toJsonLines } from '../../../../src/results/metrics-file.js';
import { mutateBytes } from '../mutate-bytes.js';
import { mutateJson } from '../mutate-json.js';
import { check, type Outcome, refusal, type Target } from '../target.js';

const METRICS = Object.fromEntries(METRICS_COLUMNS.map((column, i) => [column, i + 0.5]));
const LOSS = { epoch: 1, batch: 20, loss: 2.3 };
const POSTERIOR = {
  epoch: 1,
  layer: 'conv1',
  weights: 450,
  kl: 12.5,
  mean_sigma: 0.05,
  median_snr: 0.7,
  p95_snr: 2,
  snr_histogram: [1, 2, 3],
};
const LINES = [
  ['metrics.jsonl', METRICS, readMetrics],
  ['losses.jsonl', LOSS, readLosses],
  ['posterior.jsonl', POSTERIOR, readPosterior],
] as const;
const DOCUMENTS = ['config.json', 'environment.json', 'summary.json'];
const DOCUMENT = { name: 'x', train: { epochs: 2 }, list: [1, { kind: 'x' }] };

/** A run folder's rows and documents, changed by hand or by a disk. */
export const rows: Target = {
  name: 'run-folder',
  async run(dice, folder): Promise<Outcome> {
    const lines = (row: object, left: number) => Array.from({ length: left }, () => mutateJson(row, dice));
    mkdirSync(folder, { recursive: true });
    try {
      if (dice.oneIn(4)) {
        for (const name of DOCUMENTS) {
          const text = dice.oneIn(2) ? mutateJson(DOCUMENT, dice) : JSON.stringify(DOCUMENT);
          writeFileSync(path.join(folder, name), text);
        }
        const run = await openRun(folder);
        check(typeof run.config === 'object' && !Array.isArray(run.config), 'a config that is no object');
        return 'accepted';
      }
      const [name, row, read] = dice.pick(LINES);
      let text = [JSON.stringify(row), ...lines(row, dice.below(3)), ''].join('\n');
      if (dice.oneIn(4)) text = mutateBytes(Buffer.from(text), dice).toString('latin1');
      const file = path.join(folder, name);
      writeFileSync(file, text);
      const got = await read(folder);
      for (const each of got)
        check(
          Object.keys(each).join() === Object.keys(row).join(),
          `${name}: other columns: ${Object.keys(each)}`,
        );
      writeFileSync(file, toJsonLines(got));
      check(toJsonLines(await read(folder)) === toJsonLines(got), `${name}: rows change when written again`);
      return 'accepted';
    } catch (error) {
      return refusal(error, ['data', 'usage']);
    }
  },
};

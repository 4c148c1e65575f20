import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { BayescnnError } from '../errors.js';
import { GENERATOR, makeReport, plotPng, type Report } from '../report/index.js';
import { packageVersion, requireFree, writeAtomic, writeError } from '../results/index.js';
import { type ComparisonRequest, compareFolders } from './compare.js';
import { keepEvaluations } from './kept-evaluation.js';
import { reportGroup } from './reported-run.js';

export interface ReportRequest extends ComparisonRequest {
  /** The HTML file; default: report.html in the run folder, or beside the first of several. */
  out?: string | undefined;
  /** A new folder for the plots as PNG. */
  png?: string | undefined;
  /** Evaluate what needs the images, and keep it in the run folders. */
  evaluate: boolean;
  /** The first test images only, of that evaluation. */
  subset?: number | undefined;
  withoutImages: boolean;
}

/** What `report --json` prints. */
export interface ReportResult {
  /** The HTML file. */
  report: string;
  bytes: number;
  /** The plots' files; none without `--png`. */
  png: string[];
  groups: { name: string; runs: string[] }[];
  /** One sentence for each comparison with the first group. */
  verdicts: string[];
}

/**
 * Sets runs against each other in one HTML file.
 * @throws BayescnnError 'usage' for a file that is no report, and as `runComparison`
 */
export async function runReport(request: ReportRequest): Promise<ReportResult> {
  const out = path.resolve(request.out ?? defaultPath(request.runs));
  await requireReplaceable(out);
  if (request.png !== undefined) await requireFree(request.png, '--png');
  // Samples are those of --evaluate: the comparison is of what the runs keep.
  const { groups, comparison } = await compareFolders({ ...request, samples: undefined }, 'report');
  if (request.evaluate) await keepEvaluations(groups, request);
  const reported = [];
  for (const group of groups) reported.push(await reportGroup(group));
  const report = await makeReport({
    groups: reported,
    comparison,
    withoutImages: request.withoutImages,
    version: packageVersion(),
  });
  await writeAtomic(out, report.html);
  return {
    report: out,
    bytes: Buffer.byteLength(report.html),
    png: request.png === undefined ? [] : await writePlots(report, path.resolve(request.png), request.signal),
    groups: groups.map(({ name, runs }) => ({ name, runs: runs.map((run) => run.path) })),
    verdicts: comparison.comparisons.map(({ verdict }) => verdict),
  };
}

function defaultPath(runs: readonly string[]): string {
  const first = path.resolve(runs[0]);
  return path.join(runs.length === 1 ? first : path.dirname(first), 'report.html');
}

/** A report may be made anew; any other file stays. */
async function requireReplaceable(file: string): Promise<void> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw writeError(file, cause);
  }
  if (text.slice(0, 1000).includes(GENERATOR)) return;
  throw new BayescnnError(
    'usage',
    `--out ${file}: expected a new file or an earlier report, got another file`,
    {
      hint: 'nothing else is overwritten: name another file',
    },
  );
}

async function writePlots(
  { figures }: Report,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  await mkdir(folder, { recursive: true }).catch((cause) => {
    throw writeError(folder, cause);
  });
  const files: string[] = [];
  for (const { id, svg } of figures) {
    signal?.throwIfAborted();
    const file = path.join(folder, `${id}.png`);
    await writeAtomic(file, await plotPng(svg));
    files.push(file);
  }
  return files;
}

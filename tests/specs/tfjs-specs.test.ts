import { beforeAll, describe, expect, it } from 'vitest';
import { FAILING, KERNELS, PENDING, SUITES } from './exclusions.js';
import { bundleSpecs } from './harness/bundle.js';
import { type Outcome, runBundle, type SpecReport } from './harness/report.js';
import { specFiles, suiteNames } from './harness/sources.js';

/**
 * tfjs-core's own specs, which it brings compiled in its package, against our backend. The same specs on TF.js's
 * `cpu` backend are the control: what fails there is not `simd`'s.
 */
const RUNS = [
  { backend: 'cpu', threads: 1 },
  { backend: 'simd', threads: 1 },
  { backend: 'simd', threads: 2 },
] as const;
/** What tfjs-core 4.22 has for Node; fewer would mean that the harness loses some. */
const LEAST_SPECS = 4200;
/** Which of the engine's operations replace kernels of TF.js. */
const REPLACED = { Add: 'Add', Multiply: 'Multiply', AddN: 'Sum' };

const reports: SpecReport[] = [];
let files: string[] = [];

beforeAll(async () => {
  const bundle = await bundleSpecs();
  files = bundle.files;
  // In turn: each engine has as many threads as the machine may have cores.
  for (const { backend, threads } of RUNS) reports.push(await runBundle(bundle.path, backend, threads));
}, 600_000);

const names = (specs: Outcome[], status: Outcome['status']) =>
  specs.filter((spec) => spec.status === status).map(({ name }) => name);
const sorted = (list: Iterable<string>) => [...new Set(list)].sort();
const listed = (reasons: Readonly<Record<string, string>>) => sorted(Object.keys(reasons));

it('every spec file of tfjs-core is loaded', () => {
  expect(sorted(files)).toEqual(sorted(specFiles()));
  expect(files.length).toBeGreaterThan(250);
});

describe.each(RUNS)('on $backend with $threads thread(s)', ({ backend, threads }) => {
  const report = () => reports[RUNS.findIndex((run) => run.backend === backend && run.threads === threads)];

  it('every spec passes that is not listed, and none that is', () => {
    const { specs, broken } = report();
    const failed = specs.filter(({ status }) => status === 'failed');
    const excused = backend === 'simd' ? FAILING : {};
    const unexpected = failed.filter(({ name }) => !(name in excused));
    expect(unexpected.map(({ name, messages }) => [name, ...messages].join('\n'))).toEqual([]);
    expect(sorted(failed.map(({ name }) => name))).toEqual(listed(excused));
    expect(broken).toEqual([]);
  });

  it('none is lost', () => {
    const { specs } = report();
    const passed = names(specs, 'passed').length;
    console.log(
      `tfjs-core's specs on ${backend}, ${threads} thread(s): ${passed} of ${specs.length} pass, ${names(specs, 'failed').length} fail`,
    );
    expect(passed).toBeGreaterThanOrEqual(LEAST_SPECS);
    expect(sorted(names(specs, 'pending'))).toEqual(listed(PENDING));
    expect(names(specs, 'excluded')).toEqual([]);
  });
});

describe.each([1, 2])('simd with %i thread(s)', (threads) => {
  const report = () => reports[threads];

  it('runs what cpu runs', () => {
    const ran = new Set(report().specs.map(({ name }) => name));
    const missing = reports[0].specs.map(({ name }) => name).filter((name) => !ran.has(name));
    expect(missing.filter((name) => !Object.keys(SUITES).some((suite) => name.startsWith(suite)))).toEqual(
      [],
    );
  });

  it('leaves out the listed suites only', () => {
    const ran = new Set(report().suites);
    const missing = suiteNames().filter((suite) => !ran.has(suite));
    expect(sorted(missing)).toEqual(listed(SUITES));
  });

  it('runs every registered kernel that is not listed', () => {
    const unused = Object.entries(report().kernels).filter(([, calls]) => calls === 0);
    expect(sorted(unused.map(([kernel]) => kernel))).toEqual(listed(KERNELS));
  });

  it.each(Object.entries(REPLACED))('computes %s itself', (kernel, operation) => {
    const { kernels, operations } = report();
    expect(operations[operation]).toBeGreaterThan(0);
    expect(operations[operation]).toBeLessThanOrEqual(kernels[kernel]);
  });
});

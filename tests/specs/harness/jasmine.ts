import { createRequire } from 'node:module';

/** What this harness uses of jasmine-core, which brings no types. */
export interface SpecResult {
  description: string;
  /** With the descriptions of the suites around it. */
  fullName: string;
  status: 'passed' | 'failed' | 'pending' | 'excluded';
  failedExpectations: { message: string; stack: string }[];
}
interface Reporter {
  specDone(result: SpecResult): void;
  suiteDone(result: SpecResult): void;
}
interface JasmineEnv {
  configure(options: { random: boolean; forbidDuplicateNames: boolean }): void;
  addReporter(reporter: Reporter): void;
  execute(): Promise<{ failedExpectations: { message: string }[] }>;
}
interface Jasmine {
  DEFAULT_TIMEOUT_INTERVAL: number;
  getEnv(): JasmineEnv;
}

const { boot } = createRequire(import.meta.url)('jasmine-core') as { boot(): Jasmine };

/** Jasmine, with `describe`, `it` and the like as globals. */
const jasmine = boot();
jasmine.DEFAULT_TIMEOUT_INTERVAL = 60_000;
export const env = jasmine.getEnv();
// TF.js's spec files repeat some names.
env.configure({ random: false, forbidDuplicateNames: false });

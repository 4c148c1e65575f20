import { writeFileSync } from 'node:fs';
import { getKernelsForBackend } from '@tensorflow/tfjs-core';
import { SimdBackend } from '../../../src/backends/simd/index.js';
import { Op } from '../../../src/backends/simd/opcodes.js';
import { backend, reportPath } from './environment.js';
import { env, type SpecResult } from './jasmine.js';
import type { Outcome, SpecReport } from './report.js';

/** How often each kernel of the backend runs from now on, by name. */
function countKernels(): Record<string, number> {
  const calls: Record<string, number> = {};
  for (const config of getKernelsForBackend(backend)) {
    const { kernelName, kernelFunc } = config;
    calls[kernelName] = 0;
    config.kernelFunc = (params) => {
      calls[kernelName]++;
      return kernelFunc(params);
    };
  }
  return calls;
}

/** How often the engine computes each of its operations from now on, by name. */
function countOperations(): Record<string, number> {
  const runs: Record<string, number> = {};
  const { dispatch } = SimdBackend.prototype;
  SimdBackend.prototype.dispatch = function (op, words, scratchBytes) {
    runs[Op[op]] = (runs[Op[op]] ?? 0) + 1;
    dispatch.call(this, op, words, scratchBytes);
  };
  return runs;
}

/** What TF.js appends to the name of a suite that depends on the backend. */
const SUFFIX = ` ${backend} {}`;

function outcome({ fullName, status, failedExpectations }: SpecResult): Outcome {
  const messages = failedExpectations.map(({ message }) => message);
  // The same name on every backend.
  return { name: fullName.replaceAll(SUFFIX, ''), status, messages };
}

/** Runs all specs and writes a `SpecReport`. */
export async function runSpecs(): Promise<void> {
  const kernels = countKernels();
  const operations = countOperations();
  const specs: Outcome[] = [];
  const suites: string[] = [];
  const broken: string[] = [];
  env.addReporter({
    specDone: (result) => specs.push(outcome(result)),
    suiteDone: ({ description, fullName, failedExpectations }) => {
      if (description.endsWith(SUFFIX)) suites.push(description.slice(0, -SUFFIX.length));
      broken.push(...failedExpectations.map(({ message }) => `${fullName}: ${message}`));
    },
  });
  const { failedExpectations } = await env.execute();
  broken.push(...failedExpectations.map(({ message }) => message));
  const report: SpecReport = { specs, suites, broken, kernels, operations };
  writeFileSync(reportPath, JSON.stringify(report));
}

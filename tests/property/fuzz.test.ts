import { expect, it } from 'vitest';
import { campaign } from './fuzz/campaign.js';
import { TARGETS } from './fuzz/targets.js';

/** 2,000 cases in all; `node scripts/fuzz.mjs --cases 100000` runs more of the same. */
const CASES = Math.ceil(2000 / TARGETS.length);

it.each(TARGETS)('$name: mutated input is refused clearly or read rightly', async (target) => {
  const report = await campaign({ target, seed: 1, first: 0, cases: CASES });
  expect(report.failures).toEqual([]);
  expect(report.cases).toBe(CASES);
  // Mutations that spoil everything, or nothing, would test little.
  expect(report.accepted).toBeGreaterThan(0);
});

import { expect, it } from 'vitest';
import { BayescnnError } from '../../src/errors.js';
import { campaign } from './fuzz/campaign.js';
import { check, Mistake, refusal } from './fuzz/target.js';

const hint = 'try another';
const good = new BayescnnError('data', 'x: a number wanted, got y', { hint });

it('counts only clear errors of an expected kind as refusals', () => {
  expect(refusal(good, ['data'])).toBe('refused');
  const bad = [
    new TypeError('x is undefined, got y'),
    new BayescnnError('data', 'x: a number wanted, got y'),
    new BayescnnError('data', 'x is wrong', { hint }),
    new BayescnnError('data', `got ${'y'.repeat(20_000)}`, { hint }),
    new Mistake('wrong values'),
  ];
  for (const error of bad) expect(() => refusal(error, ['data'])).toThrow(Mistake);
  expect(() => refusal(good, ['config'])).toThrow(Mistake);
});

it('finds the cases that go wrong, the same ones each time, alone too', async () => {
  const target = {
    name: 'sevens',
    run: (dice: { below(n: number): number }) => {
      check(dice.below(50) !== 7, 'a seven');
      return 'accepted' as const;
    },
  };
  const all = await campaign({ target, seed: 3, first: 0, cases: 300 });
  expect(all.failures.length).toBeGreaterThan(0);
  expect(
    (await campaign({ target, seed: 3, first: 0, cases: 300 })).failures.map(({ index }) => index),
  ).toEqual(all.failures.map(({ index }) => index));
  const [{ index }] = all.failures;
  expect((await campaign({ target, seed: 3, first: index, cases: 1 })).failures).toHaveLength(1);
});

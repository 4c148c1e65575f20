import { describe, expect, it } from 'vitest';
import { holm, mcnemar, quantile, standardDeviation, welch } from '../../../src/report/statistics.js';
import { studentQuantile, studentTwoSided } from '../../../src/report/student-t.js';

/** Expected values are those of SciPy 1.17.1, statsmodels and NumPy 2.4.6. */
describe("Student's t", () => {
  it.each([
    [0.5, 1, 0.7048327646991335],
    [2, 2.5, 0.1573914957579659],
    [2.776445105197793, 4, 0.05],
    [5.5, 3.3, 0.009167137883602045],
    [1.96, 1000, 0.050273184955748736],
    [30, 4, 7.352856097661319e-6],
    [0.001, 7, 0.9992300172449988],
    [0, 3, 1],
  ])('P(|T| >= %d) with %d degrees of freedom', (t, df, p) => {
    expect(Math.abs(studentTwoSided(t, df) / p - 1)).toBeLessThan(1e-11);
    expect(studentTwoSided(-t, df)).toBe(studentTwoSided(t, df));
  });

  it.each([
    [0.05, 1, 12.706204736174705],
    [0.05, 2.7, 3.3921483831737524],
    [0.05, 4, 2.7764451051977943],
    [0.05, 1e4, 1.9602012398906263],
    [0.001, 3, 12.923978636687481],
  ])('is exceeded with probability %d with %d degrees of freedom', (p, df, t) => {
    expect(studentQuantile(p, df)).toBeCloseTo(t, 9);
  });
});

describe("Welch's test", () => {
  it('agrees with scipy.stats.ttest_ind', () => {
    const got = welch([0.6482, 0.6391, 0.6573], [0.6896, 0.6801, 0.6991, 0.6905]);
    expect(got?.p).toBeCloseTo(0.0031412559490136853, 11);
    expect(got?.low).toBeCloseTo(0.023464820827042862, 11);
    expect(got?.high).toBeCloseTo(0.059785179172957184, 11);
  });

  it('needs two runs on each side', () => {
    expect(welch([1], [2, 3])).toBeNull();
    expect(welch([1, 2], [])).toBeNull();
  });

  it('takes runs without spread', () => {
    expect(welch([1, 1], [1, 1])).toEqual({ low: 0, high: 0, p: 1 });
    expect(welch([1, 1], [3, 3])).toEqual({ low: 2, high: 2, p: 0 });
  });
});

describe("McNemar's exact test", () => {
  it.each([
    [10, 3, 0.09228515625],
    [5, 5, 1],
    [0, 1, 1],
    [0, 0, 1],
    [40, 62, 0.037066767438560584],
    [1200, 1150, 0.31211523670881663],
    [2673, 824, 1.484646722225056e-225],
  ])('%d against %d', (onlyA, onlyB, p) => {
    const pairs = [...Array(onlyA).fill([1, 0]), ...Array(onlyB).fill([0, 1]), [1, 1], [0, 0]];
    const got = mcnemar(
      pairs.map(([a]) => a),
      pairs.map(([, b]) => b),
    );
    expect(got).toMatchObject({ onlyA, onlyB });
    expect(Math.abs(got.p / p - 1)).toBeLessThan(1e-9);
  });
});

describe("Holm's adjustment", () => {
  it('agrees with statsmodels', () => {
    const got = holm([0.01, 0.04, 0.03, 0.005, 0.5, 0.03]) as number[];
    [0.05, 0.12, 0.12, 0.03, 0.5, 0.12].forEach((want, i) => {
      expect(got[i]).toBeCloseTo(want, 14);
    });
  });

  it('leaves out what was not tested', () => {
    expect(holm([0.02, null, 0.03])).toEqual([0.04, null, 0.04]);
    expect(holm([null])).toEqual([null]);
    expect(holm([])).toEqual([]);
  });
});

describe('quantile and standard deviation', () => {
  it("are NumPy's", () => {
    const values = [1, 2, 4, 8, 16];
    expect([0, 0.025, 0.5, 0.9, 1].map((q) => quantile(values, q))).toEqual([1, 1.1, 4, 12.8, 16]);
    expect(standardDeviation([0.6482, 0.6391, 0.6573])).toBeCloseTo(0.0091, 14);
    expect(standardDeviation([1])).toBeNull();
  });
});

import { describe, expect, it } from 'vitest';
import { busyCores, disturbance } from '../../../src/runs/bench/conditions.js';
import { compareTimes } from '../../../src/runs/bench/notebook.js';
import { settingsOf } from '../../../src/runs/bench/settings.js';
import { spread } from '../../../src/runs/bench/spread.js';
import { compare } from '../../../src/runs/bench/versus.js';

describe('spread', () => {
  it('orders by size, not as text', () => {
    expect(spread([10, 9, 100])).toEqual({ min: 9, median: 10, max: 100 });
  });

  it('takes the mean of the middle two', () => {
    expect(spread([4, 1, 2, 10])).toEqual({ min: 1, median: 3, max: 10 });
  });

  it('leaves its input alone', () => {
    const values = [3, 1, 2];
    spread(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe('ratios to PyTorch', () => {
  it('are taken round by round: a slow moment of the machine meets both sides', () => {
    const rounds = [
      { pytorch: 100, bayescnn: 500 },
      { pytorch: 50, bayescnn: 300 },
      { pytorch: 200, bayescnn: 800 },
    ];
    expect(compare(rounds)).toEqual({
      pytorch: { min: 50, median: 100, max: 200 },
      bayescnn: { min: 300, median: 500, max: 800 },
      ratio: { min: 4, median: 5, max: 6 },
    });
  });

  it('of whole processes say how many times as long PyTorch takes', () => {
    const run = (seconds: number) => ({ seconds, test_accuracy: 0.5 });
    const rounds = [
      { pytorch: run(80), bayescnn: run(10) },
      { pytorch: run(90), bayescnn: run(9) },
    ];
    expect(compareTimes(rounds)).toEqual({
      pytorch: { min: 80, median: 85, max: 90 },
      bayescnn: { min: 9, median: 9.5, max: 10 },
      ratio: { min: 8, median: 9, max: 10 },
    });
  });

  it('are absent without a peer', () => {
    const rounds = [{ pytorch: null, bayescnn: { seconds: 8, test_accuracy: 0.5 } }];
    expect(compareTimes(rounds)).toMatchObject({ pytorch: null, ratio: null, bayescnn: { median: 8 } });
  });
});

describe('settings', () => {
  it('are every combination, engine by engine', () => {
    const settings = settingsOf({ models: ['cnn', 'bayes-all'], batches: [4, 128], threads: [1, 2] });
    expect(settings.map(({ model, batch, threads }) => `${model} ${batch} ${threads}`)).toEqual([
      'cnn 4 1',
      'cnn 128 1',
      'bayes-all 4 1',
      'bayes-all 128 1',
      'cnn 4 2',
      'cnn 128 2',
      'bayes-all 4 2',
      'bayes-all 128 2',
    ]);
  });

  it.each(['nonsense', 'toString'])('refuse the model %s', (model) => {
    expect(() => settingsOf({ models: ['cnn', model] })).toThrow(`got ${model}`);
  });
});

describe('conditions', () => {
  const quiet = { date: '', commit: null, load_average: [0.1, 2, 3], busy_cores: 0.05 };

  it('counts the cores that were busy between two readings', () => {
    const before = { busy: 1000, all: 5000, cores: 4 };
    // Four cores for 100 ms: one and a half of them busy.
    expect(busyCores(before, { busy: 1150, all: 5400, cores: 4 })).toBeCloseTo(1.5, 10);
    expect(busyCores(before, before)).toBe(0);
  });

  it('keeps quiet about a quiet machine', () => {
    expect(disturbance(quiet)).toBeUndefined();
  });

  it('warns of a busy process, now or in the last minute', () => {
    expect(disturbance({ ...quiet, busy_cores: 0.93 })).toContain('other processes use 0.9 cores now');
    expect(disturbance({ ...quiet, load_average: [1.5, 0, 0] })).toContain('load average 1.50');
  });
});

import { describe, expect, it } from 'vitest';
import { HealthMonitor } from '../../../src/train/health.js';
import type { PosteriorRow } from '../../../src/train/posterior-row.js';
import type { MetricsRow } from '../../../src/train/row.js';

const at = (epoch: number, test_accuracy: number | null) => ({ epoch, test_accuracy }) as MetricsRow;
const layer = (epoch: number, name: string, kl: number, p95_snr: number) =>
  ({ epoch, layer: name, kl, weights: 1000, p95_snr }) as PosteriorRow;

describe('HealthMonitor', () => {
  it('warns once of an accuracy at chance, from the second epoch on', () => {
    const monitor = new HealthMonitor(10_000);
    expect(monitor.look(at(1, 0.1), [])).toEqual([]);
    expect(monitor.look(at(2, null), [])).toEqual([]);
    const [warning, ...more] = monitor.look(at(3, 0.104), []);
    expect(more).toEqual([]);
    expect(warning).toMatch(
      /^epoch 3: the test accuracy 10\.4 % cannot be told from chance \(10\.0 % \+- 0\.9 %\)/,
    );
    expect(monitor.look(at(4, 0.1), [])).toEqual([]);
    expect(monitor.warnings).toEqual([warning]);
  });

  it('has nothing to say of a run that learns', () => {
    const monitor = new HealthMonitor(10_000);
    for (let epoch = 1; epoch < 5; epoch++) {
      expect(monitor.look(at(epoch, 0.3), [layer(epoch, 'conv1', 400, 0.05)])).toEqual([]);
    }
  });

  it('warns once of each layer whose posterior collapses', () => {
    const monitor = new HealthMonitor(10_000);
    const healthy = layer(1, 'conv1', 500, 3);
    expect(monitor.look(at(1, 0.5), [healthy, layer(1, 'conv2', 0.5, 0.05)])[0]).toMatch(
      /^epoch 1: the posterior of conv2 has collapsed to its prior: KL 5\.0e-4 nats a weight/,
    );
    const later = [layer(2, 'conv1', 0.2, 0.01), layer(2, 'conv2', 0.5, 0.05)];
    expect(monitor.look(at(2, 0.5), later).map((text) => text.slice(0, 32))).toEqual([
      'epoch 2: the posterior of conv1 ',
    ]);
    expect(monitor.warnings.length).toBe(2);
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  jsonSchema,
  loadConfig,
  loadSweep,
  planRuns,
  pointsOf,
  schemaFiles,
  sweepJsonSchema,
} from '../../../src/config/index.js';

const root = path.resolve(import.meta.dirname, '../../..');
const folder = path.join(root, 'configs');
const shipped = readdirSync(folder).filter((name) => name.endsWith('.json'));
const NAMES = [
  'notebook-cnn',
  'notebook-bayes',
  'cnn',
  'bayes-conv',
  'bayes-all',
  'smoke-cnn',
  'smoke-bayes',
  'quickstart',
];

describe('shipped configs', () => {
  it('are all there', () => {
    expect(shipped).toEqual(expect.arrayContaining(NAMES.map((name) => `${name}.json`)));
  });

  it.each(shipped)('%s loads, is named after its file and says its command', async (name) => {
    const config = await loadConfig(path.join(folder, name));
    expect(`${config.name}.json`).toBe(name);
    expect(config.notes).toContain(`bayescnn train --config configs/${name}`);
    expect(config.notes).toContain('Expected:');
  });

  it.each(shipped)('%s starts with a $schema that leads to the schema', (name) => {
    const raw = JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
    expect(Object.keys(raw)[0]).toBe('$schema');
    expect(path.resolve(folder, raw.$schema)).toBe(path.join(root, 'schema', 'config.schema.json'));
  });

  it.each(shipped)('%s agrees with the generated JSON Schema', (name) => {
    const raw = JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
    const schema = z.fromJSONSchema(jsonSchema() as Parameters<typeof z.fromJSONSchema>[0]);
    expect(schema.safeParse(raw).error?.issues).toBeUndefined();
    expect(schema.safeParse({ ...raw, unknown: 1 }).success).toBe(false);
  });

  it("notebook-cnn has the notebook's settings", async () => {
    const { model, train, data } = await loadConfig(path.join(folder, 'notebook-cnn.json'));
    expect(model.bayesian).toBe('none');
    expect(train).toMatchObject({
      epochs: 2,
      batchSize: 4,
      printEvery: 2000,
      schedule: { kind: 'constant' },
    });
    expect(train.optimizer).toMatchObject({ learningRate: 0.001, momentum: 0.9, weightDecay: 0 });
    expect(data.subset).toBeNull();
  });

  it.each(['notebook', 'pbc', 'bde'])('%s lists how it differs from its original', async (name) => {
    expect((await loadConfig(path.join(folder, `${name}.json`))).notes).toMatch(/Deviations: [^.]{100}/);
  });

  it('quickstart needs no network', async () => {
    expect((await loadConfig(path.join(folder, 'quickstart.json'))).data.source).toBe('synthetic');
  });
});

describe('shipped sweeps', () => {
  const sweeps = path.join(folder, 'sweeps');

  it.each(readdirSync(sweeps))(
    '%s is planned, says its command and agrees with the JSON Schema',
    async (name) => {
      const raw = JSON.parse(readFileSync(path.join(sweeps, name), 'utf8'));
      expect(path.resolve(sweeps, raw.$schema)).toBe(path.join(root, 'schema', 'sweep.schema.json'));
      expect(raw.notes).toContain(`bayescnn sweep --config configs/sweeps/${name}`);
      const schema = z.fromJSONSchema(sweepJsonSchema() as Parameters<typeof z.fromJSONSchema>[0]);
      expect(schema.safeParse(raw).error?.issues).toBeUndefined();
      const sweep = await loadSweep(path.join(sweeps, name));
      expect(planRuns(sweep, pointsOf(sweep.search)).length).toBeGreaterThan(1);
    },
  );
});

describe('the JSON Schemas', () => {
  it.each(Object.entries(schemaFiles()))(
    '%s is not stale (scripts/generate-schema.mjs writes it)',
    (name, text) => {
      expect(readFileSync(path.join(root, 'schema', name), 'utf8')).toBe(text);
    },
  );

  it('describes every setting', () => {
    const undescribed: string[] = [];
    const visit = (node: Record<string, unknown>, at: string): void => {
      for (const [key, child] of Object.entries(
        (node.properties ?? {}) as Record<string, Record<string, unknown>>,
      )) {
        // The counts of data.subset are described by their parent.
        if (!child.description && at !== '.data.subset') undescribed.push(`${at}.${key}`);
        visit(child, `${at}.${key}`);
      }
      for (const option of [...((node.oneOf as []) ?? []), ...((node.anyOf as []) ?? [])]) visit(option, at);
    };
    visit(jsonSchema(), '');
    expect(undescribed).toEqual([]);
  });
});

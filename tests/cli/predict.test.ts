import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors } from '../../src/results/safetensors-read.js';
import { run, scratch, sharedCache, tinyTraining } from './command.js';
import { runHere } from './in-process.js';

const { directory, remove } = scratch();
afterAll(remove);
const options = { cache: sharedCache };
const bayescnn = (...args: string[]) => runHere(args, options);
const out = path.join(directory, 'results');
const folder = path.join(out, 'tiny');
const [grey, ramp] = ['grey.png', 'ramp.png'].map((name) => path.join(directory, name));

interface Prediction {
  file: string;
  resized: string | null;
  top: { class: number; name: string; probability: number }[];
  predictive_entropy: number;
  expected_entropy: number;
  mutual_information: number;
}

function savePng(file: string, side: number, value: (i: number) => number): void {
  const png = new PNG({ width: side, height: side });
  for (let i = 0; i < png.data.length; i++) png.data[i] = i % 4 === 3 ? 255 : value(i);
  writeFileSync(file, PNG.sync.write(png));
}

async function predict(...args: string[]): Promise<Prediction[]> {
  const { code, stdout, stderr } = await bayescnn('predict', folder, '--threads', '1', '--json', ...args);
  expect(code, stderr).toBe(0);
  return (JSON.parse(stdout) as { images: Prediction[] }).images;
}

beforeAll(async () => {
  savePng(grey, 32, () => 128);
  savePng(ramp, 50, (i) => i % 256);
  const trained = await bayescnn(
    ...tinyTraining(out, '--name', 'tiny', '--quiet', '--set', 'model.bayesian=all'),
  );
  expect(trained.code, trained.stderr).toBe(0);
});

describe('predict', () => {
  it('reports the classes and the split of the entropy', async () => {
    const [first, second] = await predict(grey, ramp, '--samples', '4', '--top', '10');
    for (const { top, ...rest } of [first, second]) {
      expect(top).toHaveLength(10);
      expect(top.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 10);
      const entropy = top.reduce((sum, { probability: p }) => sum - p * Math.log(p), 0);
      expect(rest.predictive_entropy).toBeCloseTo(entropy, 10);
      expect(rest.mutual_information).toBeCloseTo(rest.predictive_entropy - rest.expected_entropy, 10);
      expect(rest.mutual_information).toBeGreaterThan(0);
      expect(top.map(({ probability }) => probability)).toEqual(
        top.map(({ probability }) => probability).sort((a, b) => b - a),
      );
    }
    expect([first.resized === null, second.resized === null]).toEqual([true, false]);
    expect(new Set(first.top.map(({ name }) => name)).has('disk')).toBe(true);
  });

  it('gives a picture the same whatever comes with it', async () => {
    const [, together] = await predict(grey, ramp, '--samples', '3');
    const [alone] = await predict(ramp, '--samples', '3');
    expect(alone).toEqual(together);
    expect(alone.top).toHaveLength(3);
  });

  it('shows text', async () => {
    const { code, stdout } = await run(['predict', folder, grey, '--samples', '2', '--quiet'], options);
    expect(code).toBe(0);
    expect(stdout).toMatch(/grey\.png \(32 x 32\)\n( {2}\w+ +\d+\.\d\d %\n){3} {2}predictive entropy/);
  });

  it('ends with 3 for what is no picture', async () => {
    const { code, stdout, stderr } = await bayescnn('predict', folder, path.join(folder, 'config.json'));
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toContain('must be a PNG or a JPEG');
  });
});

describe('export --format pytorch', () => {
  it("writes the weights under PyTorch's names and shapes, and images to check with", async () => {
    const file = path.join(directory, 'tiny.safetensors');
    const { code, stderr } = await run(['export', folder, '--format', 'pytorch', '--out', file], options);
    expect(code, stderr).toBe(0);
    const { tensors, metadata } = readSafetensors(readFileSync(file), file);
    expect(tensors['conv1.weight_mu'].shape).toEqual([6, 3, 5, 5]);
    expect(tensors['fc1.weight_rho'].shape).toEqual([120, 400]);
    expect(Object.keys(tensors)).toHaveLength(20);
    expect(metadata).toMatchObject({ format: 'pt', architecture: 'lenet' });
    const kept = path.join(folder, 'checkpoints/best.safetensors');
    const checkpoint = readSafetensors(readFileSync(kept), kept);
    for (const [name, { data }] of Object.entries(tensors))
      expect(data).toEqual(checkpoint.tensors[name].data);
    const check = readSafetensors(
      readFileSync(path.join(directory, 'tiny.check.safetensors')),
      'check',
    ).tensors;
    expect(check.images.shape).toEqual([16, 3, 32, 32]);
    expect(check.logits.shape).toEqual([16, 10]);
    expect(new Set(check.logits.data as Float32Array).size).toBeGreaterThan(100);
  });

  it('overwrites nothing', async () => {
    const file = path.join(folder, 'config.json');
    const before = readFileSync(file, 'utf8');
    const { code, stderr } = await bayescnn('export', folder, '--format', 'pytorch', '--out', file);
    expect(code).toBe(2);
    expect(stderr).toContain('expected a new file');
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(existsSync(`${file}.check.safetensors`)).toBe(false);
  });
});

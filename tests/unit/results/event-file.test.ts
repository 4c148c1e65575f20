import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventFile, type Moment } from '../../../src/results/index.js';
import { crc32c } from '../../../src/results/trackers/tfrecord.js';

const START = 1795632131.967;

describe('an event file', () => {
  it('has the bytes that TensorBoard itself writes', () => {
    const moments: Moment[] = [
      { at: START + 1.5, step: 2000, scalars: { printed_loss: 2.197 }, snr: [] },
      {
        at: START + 3,
        step: 300,
        scalars: {
          step: 120_000,
          train_loss: 1059.75,
          ece: 0.0125,
          images_per_second: 1556.5,
          'posterior/conv1/kl': -0.5,
        },
        snr: [{ layer: 'conv1', counts: [0, 3, 1, ...new Array<number>(20).fill(0), 452] }],
      },
    ];
    const made = eventFile(new Date(1000 * START), moments, { config: '| seed | 0 |\n# ü' });
    const golden = readFileSync(path.join(import.meta.dirname, 'golden-events.json'), 'utf8');
    expect(Buffer.from(made).toString('base64')).toBe((JSON.parse(golden) as { base64: string }).base64);
  });

  it('has the checksums of RFC 3720, appendix B.4', () => {
    const bytes = (value: (i: number) => number) => Uint8Array.from({ length: 32 }, (_, i) => value(i));
    expect(crc32c(bytes(() => 0))).toBe(0x8a9136aa);
    expect(crc32c(bytes(() => 0xff))).toBe(0x62a8ab43);
    expect(crc32c(bytes((i) => i))).toBe(0x46dd794e);
    expect(crc32c(bytes((i) => 31 - i))).toBe(0x113fdb5c);
  });
});

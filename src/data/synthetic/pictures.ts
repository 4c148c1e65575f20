import { Stream, streamKey } from '../../rng.js';
import { CLASS_COUNT, IMAGE_BYTES, IMAGE_SHAPE } from '../dataset.js';
import { RECORD_BYTES } from '../source.js';
import { SHAPES } from './shapes.js';

const { height, width } = IMAGE_SHAPE;
const PLANE = height * width;
const NOISE_BYTES = 1 << 20;
/** Largest deviation of a pixel by noise, of 255. */
const NOISE = 45;
/**
 * The hue circle is 1 around and classes are 0.1 apart: a colour alone names its class about four times in
 * ten.
 */
const HUE_SPREAD = 0.25;
/** Figures fade into the noise at the low end, which is why no classifier reaches 100 %. */
const CONTRAST = [0.12, 0.9] as const;

type Colour = readonly [number, number, number];

/** Draws the records of one split: each depends on (seed, split, index) alone. */
export class PictureMaker {
  private readonly key;
  private readonly noise: Uint8Array;

  constructor(seed: number, split: 'train' | 'test') {
    this.key = streamKey(seed, `synthetic/${split}`);
    this.noise = noisePool(new Stream(streamKey(seed, 'synthetic/noise')));
  }

  /** Writes record `index` (label and planar pixels) to the start of `record`. */
  draw(index: number, record: Uint8Array): void {
    const stream = new Stream(this.key, index);
    const label = stream.below(CLASS_COUNT);
    record[0] = label;
    const hue = label / CLASS_COUNT + HUE_SPREAD * (stream.uniform() - 0.5);
    const contrast = between(stream, ...CONTRAST);
    const ground: Colour = [between(stream, 60, 196), between(stream, 60, 196), between(stream, 60, 196)];
    const ink = hueColour(hue).map(
      (value, c) => ground[c] + contrast * (value - ground[c]),
    ) as unknown as Colour;
    const radius = between(stream, 7, 14);
    const centreX = between(stream, radius - 2, width - radius + 2);
    const centreY = between(stream, radius - 2, height - radius + 2);
    const noiseAt = stream.below(NOISE_BYTES - IMAGE_BYTES);
    const inside = SHAPES[label][1];
    for (let pixel = 0; pixel < PLANE; pixel++) {
      const u = ((pixel % width) + 0.5 - centreX) / radius;
      const v = (Math.floor(pixel / width) + 0.5 - centreY) / radius;
      const colour = inside(u, v) ? ink : ground;
      for (let c = 0; c < 3; c++) {
        const at = c * PLANE + pixel;
        const noisy = colour[c] + (NOISE * (this.noise[noiseAt + at] - 127.5)) / 127.5;
        record[1 + at] = Math.min(255, Math.max(0, Math.round(noisy)));
      }
    }
  }

  /** Records `first` to `first + count - 1`, one after the other. */
  drawMany(first: number, count: number): Uint8Array {
    const records = new Uint8Array(count * RECORD_BYTES);
    for (let i = 0; i < count; i++) this.draw(first + i, records.subarray(i * RECORD_BYTES));
    return records;
  }
}

/** Random bytes that all pictures cut their noise from: a block of Philox a picture would take seconds. */
function noisePool(stream: Stream): Uint8Array {
  const words = Uint32Array.from({ length: NOISE_BYTES / 4 }, () => stream.word());
  const bytes = new Uint8Array(NOISE_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [i, word] of words.entries()) view.setUint32(i * 4, word, true);
  return bytes;
}

function between(stream: Stream, low: number, high: number): number {
  return low + (high - low) * stream.uniform();
}

/** A saturated colour of the hue circle, 0 to 255 a channel. */
function hueColour(hue: number): Colour {
  const at = (shift: number): number => {
    const x = (((hue + shift) % 1) + 1) % 1;
    return 255 * Math.min(1, Math.max(0, Math.abs(x * 6 - 3) - 1));
  };
  return [at(0), at(2 / 3), at(1 / 3)];
}

import { CLASS_COUNT, IMAGE_BYTES, IMAGE_SHAPE } from '../dataset.js';
import { RECORD_BYTES, TEST_MEMBER } from '../source.js';
import { type ArchiveContent, isOfficial, readArchive } from './read.js';
import type { RecordMember, RecordVisitor } from './records.js';
import type { ReadOptions } from './unpack.js';

const { channels } = IMAGE_SHAPE;
const PLANE = IMAGE_BYTES / channels;

/** Statistics of one split. */
export interface SplitStatistics {
  readonly records: number;
  /** Images of each class. */
  readonly classCounts: readonly number[];
  /** Per-channel mean of pixels scaled to [0, 1]: red, green, blue. */
  readonly mean: readonly number[];
  /** Per-channel population standard deviation, on the same scale. */
  readonly std: readonly number[];
}

/** What `data info` shows. */
export interface ArchiveInfo extends ArchiveContent {
  readonly file: string;
  readonly official: boolean;
  readonly train: SplitStatistics;
  readonly test: SplitStatistics;
}

/** Reads and checks a whole archive, official or not, and counts what is in it. */
export async function archiveInfo(file: string, options: ReadOptions = {}): Promise<ArchiveInfo> {
  const train = new Tally();
  const test = new Tally();
  const visitor: RecordVisitor = {
    records: (member: RecordMember, _first, block) => (member.name === TEST_MEMBER ? test : train).add(block),
  };
  const content = await readArchive(file, visitor, options);
  return { file, ...content, official: isOfficial(content), train: train.result(), test: test.result() };
}

/** Sums of whole numbers below 2^53, hence exact. */
class Tally {
  private readonly counts = new Array<number>(CLASS_COUNT).fill(0);
  private readonly sums = new Array<number>(channels).fill(0);
  private readonly squares = new Array<number>(channels).fill(0);

  add(block: Uint8Array): void {
    for (let at = 0; at < block.length; at += RECORD_BYTES) {
      this.counts[block[at]]++;
      for (let channel = 0; channel < channels; channel++)
        this.addPlane(block, at + 1 + channel * PLANE, channel);
    }
  }

  result(): SplitStatistics {
    const records = this.counts.reduce((sum, count) => sum + count, 0);
    const pixels = records * PLANE;
    const mean = this.sums.map((sum) => sum / pixels / 255);
    const std = this.squares.map((square, c) => Math.sqrt(square / pixels / 255 ** 2 - mean[c] ** 2));
    return { records, classCounts: this.counts, mean, std };
  }

  private addPlane(block: Uint8Array, from: number, channel: number): void {
    let sum = 0;
    let square = 0;
    for (let i = from; i < from + PLANE; i++) {
      const value = block[i];
      sum += value;
      square += value * value;
    }
    this.sums[channel] += sum;
    this.squares[channel] += square;
  }
}

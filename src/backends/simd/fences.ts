import { Op } from './opcodes.js';

interface Instruction {
  op: Op;
  words: readonly number[];
}

/**
 * Which words of an instruction are addresses that it reads and writes, and how it is cut into shares: `vectors` in runs
 * of four elements (the count is word 0), `last` whole by the last thread, `claimed` piece by piece by the thread that comes
 * to it, `own` in a way of its own. `images` are those addresses that are cut by image (the count is word `rows`).
 */
interface Access {
  reads: number[];
  writes: number[];
  share: 'vectors' | 'last' | 'claimed' | 'own';
  rows?: number;
  images?: number[];
}

const own = (reads: number[], writes: number[]): Access => ({ reads, writes, share: 'own' });
const vectors = (reads: number[], writes: number[]): Access => ({ reads, writes, share: 'vectors' });
const claimed = (reads: number[], writes: number[]): Access => ({ reads, writes, share: 'claimed' });
const last = (reads: number[], writes: number[]): Access => ({ reads, writes, share: 'last' });

/** Cut by image where `images` has the address; weights are read whole by every thread. */
const byImage = (rows: number, reads: number[], writes: number[], images: number[]): Access => ({
  reads,
  writes,
  share: 'own',
  rows,
  images,
});

/** An instruction that is not listed waits for all before it, and all after it wait. */
const ACCESS: Partial<Record<Op, Access>> = {
  [Op.GatherImages]: byImage(0, [1], [3], [3]),
  [Op.GatherLabels]: last([1], [3]),
  [Op.ConvForward]: byImage(1, [2, 3, 4], [5, 6], [2, 5, 6]),
  [Op.LrtConvForward]: byImage(1, [2, 3, 4, 5, 6, 7, 8], [12, 13, 14], [2, 12, 13, 14]),
  // By image as long as every group of images is one (word 2 counts the groups).
  [Op.ConvGradFilter]: byImage(2, [4, 5, 6, 7, 8], [10], [4, 5, 6, 7, 8]),
  [Op.ConvGradFilterReduce]: own([2], [4, 5, 6, 7]),
  [Op.ConvGradInput]: byImage(1, [2, 3, 4, 5, 6, 7, 8], [10], [2, 5, 6, 7, 8, 10]),
  [Op.DenseForward]: own([4, 5, 6], [7]),
  [Op.DensePartial]: own([3, 4], [5]),
  [Op.DenseSum]: own([3, 4], [5]),
  [Op.LrtDenseForward]: own([4, 5, 6, 7, 8, 9, 10], [14, 15]),
  [Op.DenseGradKernel]: own([4, 5, 6, 7], [9, 10, 11, 12]),
  [Op.DenseGradInput]: own([4, 5, 6, 7, 8, 9], [11]),
  [Op.SoftmaxCrossEntropy]: last([2, 3], [4, 5, 6]),
  [Op.SoftmaxCrossEntropyGrad]: last([2, 3, 4], [5]),
  [Op.GaussianVariational]: own([1, 2], [5, 6, 7]),
  [Op.GaussianVariationalSum]: last([1], [2]),
  [Op.GaussianVariationalGrad]: vectors([1, 2, 3, 4, 5, 10], [8, 9]),
  [Op.SgdUpdate]: vectors([2, 4], [1, 3]),
  [Op.AdamUpdate]: vectors([2, 5], [1, 3, 4]),
  [Op.GatherAugmented]: byImage(0, [1, 10], [3], [3]),
  [Op.Add]: vectors([1, 2], [5]),
  [Op.Multiply]: vectors([1, 2], [5]),
  [Op.SampleWeights]: own([1, 2, 3, 4], [8, 9]),
  [Op.SampledKl]: own([1, 2, 3, 4], [12, 13, 14]),
  [Op.LaplaceKl]: own([1, 2], [5, 6, 7]),
  [Op.EmpiricalMoments]: own([1, 2], [3]),
  [Op.EmpiricalSum]: last([1], [2, 3]),
  [Op.EmpiricalGrad]: vectors([1, 2, 3], [4, 5]),
  [Op.FlipSigns]: own([3, 4], [7]),
  [Op.FlipoutSum]: own([6, 7, 8], [11, 12]),
  [Op.FlipoutSumGrad]: own([6, 7, 8, 9], [12, 13]),
  [Op.Dropout]: own([2, 3], [10]),
  [Op.SoftplusActivation]: vectors([1], [2, 3]),
  [Op.OverlappingPool]: byImage(0, [4], [5, 6], [4, 5, 6]),
  [Op.OverlappingPoolGrad]: byImage(0, [4, 5], [6], [4, 5, 6]),
  [Op.ConvInference]: claimed([2, 3, 4], [5]),
  [Op.LrtConvInference]: claimed([3, 4, 8, 9, 10, 11, 12], [7]),
  [Op.LrtConvMoments]: claimed([2, 3, 4, 5, 6], [8]),
  [Op.LrtConvSamples]: claimed([3, 4, 8], [7]),
  [Op.DenseInference]: claimed([4, 5, 6], [7]),
  [Op.LrtDenseInference]: claimed([6, 7, 11, 12, 13, 14, 15], [10]),
};

/** What instructions since the last fence did to an address; `share` is undefined where shares differ. */
interface Touch {
  write: boolean;
  share: string | undefined;
}

/**
 * Behind which instructions the threads must meet, so that none reads or overwrites what another thread still writes or
 * reads. A thread may go on without waiting where the addresses differ, and where both instructions give it the same
 * elements. Buffers are compared by their first address: no two live ones overlap.
 */
export function fences(instructions: readonly Instruction[]): boolean[] {
  const fenced = instructions.map(() => false);
  const touched = new Map<number, Touch[]>();
  for (const [i, instruction] of instructions.entries()) {
    const access = ACCESS[instruction.op];
    const touches = access && touchesOf(instruction, access);
    if (i > 0 && (!touches || touches.some(([address, touch]) => conflicts(touched.get(address), touch)))) {
      fenced[i - 1] = true;
      touched.clear();
    }
    // What is claimed is counted in one place, which the fence clears.
    if (!touches || access?.share === 'claimed') fenced[i] = true;
    for (const [address, touch] of touches ?? [])
      touched.set(address, [...(touched.get(address) ?? []), touch]);
  }
  if (fenced.length > 0) fenced[fenced.length - 1] = true;
  return fenced;
}

function touchesOf({ op, words }: Instruction, access: Access): [number, Touch][] {
  const { reads, writes, rows = 0, images } = access;
  const key = shareKey(access, words);
  const grouped = op === Op.ConvGradFilter && words[1] !== words[2];
  const imageKey = grouped ? undefined : `images ${words[rows]}`;
  const touch = (index: number, write: boolean): [number, Touch] => [
    words[index],
    { write, share: images?.includes(index) ? imageKey : key },
  ];
  const all = [...reads.map((index) => touch(index, false)), ...writes.map((index) => touch(index, true))];
  return all.filter(([address]) => address !== 0);
}

/** Instructions with one key give a thread the same elements; the last thread gets the only vector of a scalar. */
function shareKey({ share }: Access, words: readonly number[]): string | undefined {
  if (share === 'own' || share === 'claimed') return undefined;
  return share === 'last' ? 'vectors 1' : `vectors ${(words[0] + 3) >> 2}`;
}

function conflicts(before: Touch[] | undefined, touch: Touch): boolean {
  return (before ?? []).some(
    ({ write, share }) => (write || touch.write) && (share === undefined || share !== touch.share),
  );
}

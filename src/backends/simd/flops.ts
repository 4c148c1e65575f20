import type { Heap } from './heap.js';
import type { Instruction } from './link.js';
import { Op } from './opcodes.js';

/** What an instruction computes: its shapes, and the multiply-adds of its formula. */
export interface Work {
  /** Shapes of one image's work, for readers; empty where there is nothing to tell calls apart by. */
  shape: string;
  /**
   * Multiplications and additions of the textbook formula: an algorithm that needs fewer (Winograd's; gradients that
   * leave zeros out) is credited with all. Undefined where the kernel's time does not go to multiply-adds.
   */
  flop: number | undefined;
  /** Of a convolution's gradient: what of `flop` is not a product with zero. The kernel computes that alone. */
  liveFlop?: number;
  /** Noise that the instruction draws: rows, and groups of 16 normals in each. */
  noise?: Draws;
}

/** Rows of standard normals, in groups of 16. */
export interface Draws {
  rows: number;
  groups: number;
}

/** Words of the geometry block, in the order of `assembly/geometry.ts`. */
const GEOMETRY_WORDS = 18;

interface Geometry {
  convHeight: number;
  convWidth: number;
  /** Multiply-adds of one convolution output: kernel height x kernel width x input channels. */
  patch: number;
  outChannels: number;
  /** Elements of one image's output, after the pool. */
  outputs: number;
  relu: boolean;
  shape: string;
}

function geometryAt(heap: Heap, address: number): Geometry {
  const words = heap.ints(address, GEOMETRY_WORDS);
  const [convHeight, convWidth, , , outer, , inner, , length, height, width, channels] = words;
  const [relu, , outChannels, outHeight, outWidth] = words.subarray(13);
  return {
    convHeight,
    convWidth,
    patch: (outer * inner * length) / 4,
    outChannels,
    outputs: outHeight * outWidth * outChannels,
    relu: relu !== 0,
    shape: `${height}x${width}x${channels} to ${outHeight}x${outWidth}x${outChannels}`,
  };
}

/** 2 x images x positions x output channels x patch, once for each convolution (mean, and variance if there is one). */
function convForward(heap: Heap, [geometry, images]: readonly number[], convolutions: number): Work {
  const g = geometryAt(heap, geometry);
  const positions = g.convHeight * g.convWidth * g.outChannels;
  return { shape: g.shape, flop: 2 * images * positions * g.patch * convolutions };
}

/** What a layer draws for `images` images of `values` activations: epsilon's word is 0 where the kernel draws. */
function drawsOf(epsilon: number, images: number, values: number): Pick<Work, 'noise'> {
  return epsilon === 0 ? { noise: { rows: images, groups: Math.ceil(values / 16) } } : {};
}

function lrtConvForward(heap: Heap, words: readonly number[]): Work {
  const [geometry, images] = words;
  const g = geometryAt(heap, geometry);
  const noise = drawsOf(words[8], images, g.convHeight * g.convWidth * g.outChannels);
  return { ...convForward(heap, words, 2), ...noise };
}

/**
 * A convolution's gradient: 2 x images x positions x output channels x patch, once for each filter. Behind ReLU and a
 * pool most positions have no gradient; the kernels leave those out. A live output has one: the pool chose it and
 * ReLU lets it pass. They are counted in memory, so they are those of this very step.
 */
function convGradient(heap: Heap, words: readonly number[]): Work {
  const [geometry, images, , , , dy, y, , c] = words;
  const g = geometryAt(heap, geometry);
  const gradients = heap.floats(dy, images * g.outputs);
  const values = heap.floats(y, images * g.outputs);
  let live = 0;
  for (let i = 0; i < gradients.length; i++) {
    if (gradients[i] !== 0 && (!g.relu || values[i] > 0)) live++;
  }
  const filters = c ? 2 : 1;
  return { ...convForward(heap, words, filters), liveFlop: 2 * live * g.patch * filters };
}

/** 2 x images x inputs x outputs, once for each matrix; zeros behind ReLU are multiplied too, and counted. */
function dense([images, inputs, outputs]: readonly number[], matrices: number): Work {
  return { shape: `${inputs} to ${outputs}`, flop: 2 * images * inputs * outputs * matrices };
}

/**
 * The work of an instruction whose inputs are still in memory: call it right after the instruction ran.
 * The words are those that `kernels/*.ts` write.
 */
export function workOf({ op, words }: Instruction, heap: Heap): Work {
  switch (op) {
    case Op.ConvForward:
      return convForward(heap, words, 1);
    case Op.LrtConvForward:
      return lrtConvForward(heap, words);
    case Op.ConvGradFilter:
    case Op.ConvGradInput:
      return convGradient(heap, words);
    case Op.DenseForward:
    case Op.DensePartial:
      return dense(words, 1);
    case Op.LrtDenseForward:
      return { ...dense(words, 2), ...drawsOf(words[10], words[0], words[2]) };
    case Op.DenseGradKernel:
      return dense(words, words[7] ? 2 : 1);
    case Op.DenseGradInput:
      return dense(words, words[6] ? 2 : 1);
    default:
      return { shape: '', flop: undefined };
  }
}

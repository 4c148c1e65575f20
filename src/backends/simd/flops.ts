import type { Heap } from './heap.js';
import { Op } from './opcodes.js';
import type { Instruction } from './recorder.js';

/** What an instruction computes: its shapes, and the multiply-adds that its result needs. */
export interface Work {
  /** Shapes of one image's work, for readers; empty where there is nothing to tell calls apart by. */
  shape: string;
  /**
   * Useful multiplications and additions, as the definition of the result has them: an algorithm that needs fewer
   * (Winograd's) is credited with all. Undefined where the kernel's time does not go to multiply-adds.
   */
  flop: number | undefined;
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

/**
 * A convolution's gradient: 2 x live outputs x patch, once for each filter. A live output has a gradient: the pool
 * chose it and ReLU lets it pass. They are counted in memory, so the figure is the work of this very step.
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
  return { shape: g.shape, flop: 2 * live * g.patch * (c ? 2 : 1) };
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
      return convForward(heap, words, 2);
    case Op.ConvGradFilter:
    case Op.ConvGradInput:
      return convGradient(heap, words);
    case Op.DenseForward:
    case Op.DensePartial:
      return dense(words, 1);
    case Op.LrtDenseForward:
      return dense(words, 2);
    case Op.DenseGradKernel:
      return dense(words, words[7] ? 2 : 1);
    case Op.DenseGradInput:
      return dense(words, words[6] ? 2 : 1);
    default:
      return { shape: '', flop: undefined };
  }
}

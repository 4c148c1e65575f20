import { Op, UNFENCED } from '../opcodes';
import { softplusActivation } from './activation';
import { adamUpdate } from './adam';
import { averagePool, averagePoolGrad } from './average-pool';
import {
  batchNormApply, batchNormGradApply, batchNormGradStatistics, batchNormGradSums, batchNormMoments, batchNormRunning, batchNormStatistics, shortcutGrad,
} from './batch-norm';
import { countAt, resetClaims } from './claims';
import { prepareConstants } from './constants';
import { conv3Filter, conv3Forward, conv3GradFilter } from './conv3';
import { conv3StridedForward, conv3StridedGradFilter, conv3StridedGradInput } from './conv3-strided';
import { convForward, lrtConvForward } from './conv';
import { convGradFilter, convGradFilterReduce, convGradInput } from './conv-backward';
import { convInference } from './conv-inference';
import { denseForward, densePartial, denseSum, denseGradInput, denseGradKernel, lrtDenseForward } from './dense';
import { denseInference, lrtDenseInference } from './dense-inference';
import { add, multiply, sum } from './elementwise';
import { dropout } from './dropout';
import { flipoutSum, flipoutSumGrad, flipSigns } from './flipout';
import { gatherAugmented, gatherImages, gatherLabels } from './gather';
import { softmaxCrossEntropy, softmaxCrossEntropyGrad } from './loss';
import { lrtConvInference, lrtConvSamples } from './lrt-conv-inference';
import { lrtConvMoments } from './lrt-moments';
import { overlappingPool, overlappingPoolGrad } from './overlapping-pool';
import { drawNoise } from './noise-row';
import { peak } from './peak';
import { empiricalGrad, empiricalMoments, empiricalSum, laplaceKl, sampledKl } from './prior-kl';
import { sgdUpdate } from './update';
import { gaussianVariational, gaussianVariationalGrad, gaussianVariationalSum } from './variational';
import { sampleWeights } from './weights';

/*
 * A program is a list of (opcode, arguments) pairs, eight bytes each. All threads run all instructions,
 * each its own share or what it comes to (claims.ts), and meet behind them.
 *
 * The shared state, in 32-bit words 64 bytes apart (one cache line each):
 */
const GENERATION: usize = 0; // (count of programs << 8) | threads that run it; workers wait for it to change
const ARRIVED: usize = 64; // threads at the barrier
const PHASE: usize = 128; // counts barriers
const SLEEPERS: usize = 192; // threads asleep on either word
const PROGRAM: usize = 256;
const COUNT: usize = 260;
const SCRATCH: usize = 268;
const SCRATCH_BYTES: usize = 272;
const SPIN: usize = 276;
const FAILED: usize = 280; // the thread that died, written by its host; 0: none
const PATIENCE: usize = 284; // seconds that thread 0 waits without any sign of the others
const CLAIMED: usize = 320; // how much of the instruction's work is taken, where threads take it piece by piece

const SECOND: i64 = 1_000_000_000; // in nanoseconds
const TIMED_OUT: i32 = 2; // what a wait returns

/** The host's: ends thread 0's program with an error, for the others have died. Does not return. */
@external("env", "abandon")
declare function abandon(): void;

/**
 * Waits until `word` is no longer `old`: spins for a while, then sleeps. Thread 0 looks up each second, lest it wait
 * for a thread that has died; a worker has its host end it.
 */
function waitChange(state: usize, word: usize, old: i32, tid: i32): void {
  const spin = load<i32>(state + SPIN);
  for (let i = 0; i < spin; i++) {
    if (atomic.load<i32>(state + word) != old) return;
  }
  atomic.add<i32>(state + SLEEPERS, 1);
  let patience = load<i32>(state + PATIENCE);
  while (atomic.load<i32>(state + word) == old) {
    const woken = atomic.wait<i32>(state + word, old, tid == 0 ? SECOND : -1);
    if (tid != 0) continue;
    if (woken == TIMED_OUT) patience--;
    if (patience <= 0 || atomic.load<i32>(state + FAILED) != 0) abandon();
  }
  atomic.sub<i32>(state + SLEEPERS, 1);
}

function barrier(state: usize, tid: i32, threads: i32): void {
  const phase = atomic.load<i32>(state + PHASE);
  if (atomic.add<i32>(state + ARRIVED, 1) == threads - 1) {
    atomic.store<i32>(state + ARRIVED, 0);
    resetClaims();
    atomic.add<i32>(state + PHASE, 1);
    if (atomic.load<i32>(state + SLEEPERS) != 0) atomic.notify(state + PHASE, -1);
  } else {
    waitChange(state, PHASE, phase, tid);
  }
}

function execute(op: i32, args: usize, tid: i32, threads: i32, scratch: usize): void {
  switch (op) {
    case Op.GatherImages:
      return gatherImages(args, tid, threads, scratch);
    case Op.GatherLabels:
      return gatherLabels(args, tid, threads, scratch);
    case Op.ConvForward:
      return convForward(args, tid, threads, scratch);
    case Op.LrtConvForward:
      return lrtConvForward(args, tid, threads, scratch);
    case Op.ConvGradFilter:
      return convGradFilter(args, tid, threads, scratch);
    case Op.ConvGradFilterReduce:
      return convGradFilterReduce(args, tid, threads, scratch);
    case Op.ConvGradInput:
      return convGradInput(args, tid, threads, scratch);
    case Op.DenseForward:
      return denseForward(args, tid, threads, scratch);
    case Op.LrtDenseForward:
      return lrtDenseForward(args, tid, threads, scratch);
    case Op.DenseGradKernel:
      return denseGradKernel(args, tid, threads, scratch);
    case Op.DenseGradInput:
      return denseGradInput(args, tid, threads, scratch);
    case Op.SoftmaxCrossEntropy:
      return softmaxCrossEntropy(args, tid, threads, scratch);
    case Op.SoftmaxCrossEntropyGrad:
      return softmaxCrossEntropyGrad(args, tid, threads, scratch);
    case Op.GaussianVariational:
      return gaussianVariational(args, tid, threads, scratch);
    case Op.GaussianVariationalSum:
      return gaussianVariationalSum(args, tid, threads, scratch);
    case Op.GaussianVariationalGrad:
      return gaussianVariationalGrad(args, tid, threads, scratch);
    case Op.SgdUpdate:
      return sgdUpdate(args, tid, threads, scratch);
    case Op.Add:
      return add(args, tid, threads, scratch);
    case Op.Multiply:
      return multiply(args, tid, threads, scratch);
    case Op.Sum:
      return sum(args, tid, threads, scratch);
    case Op.Peak:
      return peak(args, tid, threads, scratch);
    case Op.DrawNoise:
      return drawNoise(args, tid, threads, scratch);
    case Op.AdamUpdate:
      return adamUpdate(args, tid, threads, scratch);
    case Op.GatherAugmented:
      return gatherAugmented(args, tid, threads, scratch);
    case Op.SampleWeights:
      return sampleWeights(args, tid, threads, scratch);
    case Op.SampledKl:
      return sampledKl(args, tid, threads, scratch);
    case Op.LaplaceKl:
      return laplaceKl(args, tid, threads, scratch);
    case Op.EmpiricalMoments:
      return empiricalMoments(args, tid, threads, scratch);
    case Op.EmpiricalSum:
      return empiricalSum(args, tid, threads, scratch);
    case Op.EmpiricalGrad:
      return empiricalGrad(args, tid, threads, scratch);
    case Op.FlipSigns:
      return flipSigns(args, tid, threads, scratch);
    case Op.FlipoutSum:
      return flipoutSum(args, tid, threads, scratch);
    case Op.FlipoutSumGrad:
      return flipoutSumGrad(args, tid, threads, scratch);
    case Op.SoftplusActivation:
      return softplusActivation(args, tid, threads, scratch);
    case Op.OverlappingPool:
      return overlappingPool(args, tid, threads, scratch);
    case Op.OverlappingPoolGrad:
      return overlappingPoolGrad(args, tid, threads, scratch);
    case Op.Dropout:
      return dropout(args, tid, threads, scratch);
    case Op.ConvInference:
      return convInference(args, tid, threads, scratch);
    case Op.LrtConvInference:
      return lrtConvInference(args, tid, threads, scratch);
    case Op.LrtConvMoments:
      return lrtConvMoments(args, tid, threads, scratch);
    case Op.LrtConvSamples:
      return lrtConvSamples(args, tid, threads, scratch);
    case Op.DenseInference:
      return denseInference(args, tid, threads, scratch);
    case Op.LrtDenseInference:
      return lrtDenseInference(args, tid, threads, scratch);
    case Op.DensePartial:
      return densePartial(args, tid, threads, scratch);
    case Op.DenseSum:
      return denseSum(args, tid, threads, scratch);
    case Op.Conv3Filter:
      return conv3Filter(args, tid, threads, scratch);
    case Op.Conv3Forward:
      return conv3Forward(args, tid, threads, scratch);
    case Op.Conv3GradFilter:
      return conv3GradFilter(args, tid, threads, scratch);
    case Op.Conv3StridedForward:
      return conv3StridedForward(args, tid, threads, scratch);
    case Op.Conv3StridedGradInput:
      return conv3StridedGradInput(args, tid, threads, scratch);
    case Op.Conv3StridedGradFilter:
      return conv3StridedGradFilter(args, tid, threads, scratch);
    case Op.BatchNormMoments:
      return batchNormMoments(args, tid, threads, scratch);
    case Op.BatchNormStatistics:
      return batchNormStatistics(args, tid, threads, scratch);
    case Op.BatchNormRunning:
      return batchNormRunning(args, tid, threads, scratch);
    case Op.BatchNormApply:
      return batchNormApply(args, tid, threads, scratch);
    case Op.BatchNormGradSums:
      return batchNormGradSums(args, tid, threads, scratch);
    case Op.BatchNormGradStatistics:
      return batchNormGradStatistics(args, tid, threads, scratch);
    case Op.BatchNormGradApply:
      return batchNormGradApply(args, tid, threads, scratch);
    case Op.ShortcutGrad:
      return shortcutGrad(args, tid, threads, scratch);
    case Op.AveragePool:
      return averagePool(args, tid, threads, scratch);
    case Op.AveragePoolGrad:
      return averagePoolGrad(args, tid, threads, scratch);
    default:
      unreachable();
  }
}

function runShare(state: usize, tid: i32, threads: i32): void {
  const scratch = load<usize>(state + SCRATCH) + <usize>tid * load<usize>(state + SCRATCH_BYTES);
  let program = load<usize>(state + PROGRAM);
  const end = program + ((<usize>load<i32>(state + COUNT)) << 3);
  countAt(state + CLAIMED);
  for (; program < end; program += 8) {
    const op = load<i32>(program);
    if (threads == 1) resetClaims();
    execute(op & 0xff, load<usize>(program, 4), tid, threads, scratch);
    if (threads > 1 && (!(op & UNFENCED) || program + 8 == end)) barrier(state, tid, threads);
  }
}

/**
 * Runs a program on threads 0 to `threads` - 1; returns when every one is done. Called by the main thread, thread 0.
 * One word tells the workers both that there is a program and who takes part: one that does not may look late.
 */
export function run(state: usize, program: usize, count: i32, threads: i32): void {
  store<usize>(state + PROGRAM, program);
  store<i32>(state + COUNT, count);
  if (threads > 1) announce(state, threads);
  runShare(state, 0, threads);
}

function announce(state: usize, threads: i32): void {
  const programs = (atomic.load<i32>(state + GENERATION) & ~0xff) + 0x100;
  atomic.store<i32>(state + GENERATION, programs | threads);
  if (atomic.load<i32>(state + SLEEPERS) != 0) atomic.notify(state + GENERATION, -1);
}

/** A worker's life: waits for programs until one has a negative count. */
export function work(state: usize, tid: i32): void {
  let generation = 0;
  for (;;) {
    waitChange(state, GENERATION, generation, tid);
    generation = atomic.load<i32>(state + GENERATION);
    const threads = generation & 0xff;
    if (tid >= threads) continue;
    if (load<i32>(state + COUNT) < 0) return;
    runShare(state, tid, threads);
  }
}

/** Fills the memory that the kernels share; once, before anything runs. */
export function prepare(): void {
  prepareConstants();
}

/** Tells the workers to end. */
export function stop(state: usize): void {
  store<i32>(state + COUNT, -1);
  announce(state, 0xff);
}

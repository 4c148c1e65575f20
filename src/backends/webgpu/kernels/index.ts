import { SoftplusActivation } from './Activation.js';
import { AdamUpdate } from './AdamUpdate.js';
import { SavedSlope } from './Arithmetic.js';
import { BatchNorm, BatchNormInference } from './BatchNorm.js';
import { BatchNormGrad } from './BatchNormGrad.js';
import { ConvReluPool, ConvReluPoolInference } from './ConvReluPool.js';
import {
  ConvReluPoolGradFilter,
  ConvReluPoolGradInput,
  LrtConvReluPoolGradFilter,
  LrtConvReluPoolGradInput,
} from './ConvReluPoolGrad.js';
import { Dense, DenseInference, LrtDense, LrtDenseInference } from './Dense.js';
import { DenseGradInput, DenseGradKernel, LrtDenseGradInput, LrtDenseGradKernel } from './DenseGrad.js';
import { Dropout } from './Dropout.js';
import { EmpiricalKl } from './EmpiricalKl.js';
import { FlipoutSum, FlipoutSumGrad, FlipSigns } from './Flipout.js';
import { GatherImages, GatherLabels } from './Gather.js';
import { GaussianVariational, GaussianVariationalGrad } from './GaussianVariational.js';
import { GlobalAveragePool, GlobalAveragePoolGrad } from './GlobalAveragePool.js';
import type { GpuKernel } from './kernel.js';
import { LrtConvReluPool, LrtConvReluPoolInference } from './LrtConvReluPool.js';
import { OverlappingPool, OverlappingPoolGrad } from './OverlappingPool.js';
import { LaplaceKl, SampledKl } from './PriorKl.js';
import { SampleWeights } from './SampleWeights.js';
import { SgdUpdate } from './SgdUpdate.js';
import { SoftmaxCrossEntropy, SoftmaxCrossEntropyGrad } from './SoftmaxCrossEntropy.js';

/** The kernels of this engine that stand for an op of src/ops, or for its gradient. */
// biome-ignore lint/suspicious/noExplicitAny: a list of kernels with different attributes
export const FUSED: GpuKernel<any>[] = [
  GatherImages,
  GatherLabels,
  ConvReluPool,
  ConvReluPoolInference,
  ConvReluPoolGradFilter,
  ConvReluPoolGradInput,
  LrtConvReluPool,
  LrtConvReluPoolInference,
  LrtConvReluPoolGradFilter,
  LrtConvReluPoolGradInput,
  Dense,
  DenseInference,
  DenseGradKernel,
  DenseGradInput,
  LrtDense,
  LrtDenseInference,
  LrtDenseGradKernel,
  LrtDenseGradInput,
  SoftmaxCrossEntropy,
  SoftmaxCrossEntropyGrad,
  GaussianVariational,
  GaussianVariationalGrad,
  SampleWeights,
  SampledKl,
  LaplaceKl,
  EmpiricalKl,
  SoftplusActivation,
  FlipSigns,
  FlipoutSum,
  FlipoutSumGrad,
  Dropout,
  OverlappingPool,
  OverlappingPoolGrad,
  BatchNorm,
  BatchNormInference,
  BatchNormGrad,
  GlobalAveragePool,
  GlobalAveragePoolGrad,
  SavedSlope,
  SgdUpdate,
  AdamUpdate,
];

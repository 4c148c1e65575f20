import { registerKernels } from '../register.js';
import type { SimdBackend } from './backend.js';
import { SoftplusActivation } from './kernels/Activation.js';
import { AdamUpdate } from './kernels/AdamUpdate.js';
import { add, addN, multiply, SavedSlope } from './kernels/Arithmetic.js';
import { BatchNorm, BatchNormGrad, BatchNormInference } from './kernels/BatchNorm.js';
import { Conv3, Conv3GradFilter, Conv3GradInput } from './kernels/Conv3.js';
import { ConvReluPool } from './kernels/ConvReluPool.js';
import {
  ConvReluPoolGradFilter,
  ConvReluPoolGradInput,
  LrtConvReluPoolGradFilter,
  LrtConvReluPoolGradInput,
} from './kernels/ConvReluPoolGrad.js';
import {
  Dense,
  DenseGradInput,
  DenseGradKernel,
  LrtDense,
  LrtDenseGradInput,
  LrtDenseGradKernel,
} from './kernels/Dense.js';
import { Dropout } from './kernels/Dropout.js';
import { FlipoutSum, FlipoutSumGrad, FlipSigns } from './kernels/Flipout.js';
import { FlipoutConvReluPool } from './kernels/FlipoutConvReluPool.js';
import { GatherImages, GatherLabels } from './kernels/Gather.js';
import { GaussianVariational, GaussianVariationalGrad } from './kernels/GaussianVariational.js';
import { GlobalAveragePool, GlobalAveragePoolGrad } from './kernels/GlobalAveragePool.js';
import {
  ConvReluPoolInference,
  DenseInference,
  LrtConvReluPoolInference,
  LrtDenseInference,
} from './kernels/Inference.js';
import type { SimdKernel } from './kernels/kernel.js';
import { LrtConvReluPool } from './kernels/LrtConvReluPool.js';
import { OverlappingPool, OverlappingPoolGrad } from './kernels/OverlappingPool.js';
import { EmpiricalKl, LaplaceKl, SampledKl } from './kernels/PriorKl.js';
import { SampleWeights } from './kernels/SampleWeights.js';
import { SgdUpdate } from './kernels/SgdUpdate.js';
import { SoftmaxCrossEntropy, SoftmaxCrossEntropyGrad } from './kernels/SoftmaxCrossEntropy.js';

// biome-ignore lint/suspicious/noExplicitAny: a list of kernels with different attributes
const FUSED: SimdKernel<any>[] = [
  ConvReluPool,
  ConvReluPoolGradFilter,
  ConvReluPoolGradInput,
  LrtConvReluPool,
  LrtConvReluPoolGradFilter,
  LrtConvReluPoolGradInput,
  Dense,
  DenseGradKernel,
  DenseGradInput,
  LrtDense,
  LrtDenseGradKernel,
  LrtDenseGradInput,
  SoftmaxCrossEntropy,
  SoftmaxCrossEntropyGrad,
  GaussianVariational,
  GaussianVariationalGrad,
  SgdUpdate,
  AdamUpdate,
  GatherImages,
  GatherLabels,
  SavedSlope,
  SampleWeights,
  SampledKl,
  LaplaceKl,
  EmpiricalKl,
  FlipSigns,
  FlipoutSum,
  FlipoutSumGrad,
  FlipoutConvReluPool,
  Dropout,
  SoftplusActivation,
  OverlappingPool,
  OverlappingPoolGrad,
  ConvReluPoolInference,
  LrtConvReluPoolInference,
  DenseInference,
  LrtDenseInference,
  Conv3,
  Conv3GradFilter,
  Conv3GradInput,
  BatchNorm,
  BatchNormInference,
  BatchNormGrad,
  GlobalAveragePool,
  GlobalAveragePoolGrad,
];

/** Registers every kernel of the `simd` backend. */
export function registerSimdKernels(): void {
  registerKernels<SimdBackend>('simd', FUSED, { Add: add, Multiply: multiply, AddN: addN });
}

import type { KernelConfig, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import { adopt } from '../adopt.js';
import { passesOn } from '../pass-through.js';
import { tf } from '../tfjs.js';
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
import { type SimdKernel, toConfig } from './kernels/kernel.js';
import { LrtConvReluPool } from './kernels/LrtConvReluPool.js';
import { OverlappingPool, OverlappingPoolGrad } from './kernels/OverlappingPool.js';
import { EmpiricalKl, LaplaceKl, SampledKl } from './kernels/PriorKl.js';
import { SampleWeights } from './kernels/SampleWeights.js';
import { SgdUpdate } from './kernels/SgdUpdate.js';
import { SoftmaxCrossEntropy, SoftmaxCrossEntropyGrad } from './kernels/SoftmaxCrossEntropy.js';

const REPLACED: Record<string, (fallback: KernelFunc) => SimdKernel<unknown>> = {
  Add: (fallback) => add((inputs, backend) => fallback({ inputs, backend, attrs: {} })),
  Multiply: (fallback) => multiply((inputs, backend) => fallback({ inputs, backend, attrs: {} })),
  AddN: (fallback) => addN((inputs, backend) => fallback({ inputs, backend, attrs: {} })),
};

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

/** A kernel of TF.js's `cpu` backend: announced to the backend before it runs, its outputs adopted behind it. */
function borrowed(config: KernelConfig): KernelFunc {
  const { kernelName, kernelFunc } = config;
  return (params) => {
    const inputs = Object.values(params.inputs).flat() as TensorInfo[];
    const backend = params.backend as SimdBackend;
    if (passesOn(kernelName, inputs, params.attrs)) return kernelFunc(params);
    backend.fallback(kernelName, inputs);
    const outputs = kernelFunc(params);
    return Array.isArray(outputs) ? outputs.map((output) => adopt(backend, output)) : adopt(backend, outputs);
  };
}

/** Registers every kernel of the `simd` backend: its own, and TF.js's CPU kernels for the rest. */
export function registerKernels(): void {
  for (const config of tf.getKernelsForBackend('cpu')) {
    const kernelFunc = borrowed(config);
    const replace = REPLACED[config.kernelName];
    if (replace) tf.registerKernel(toConfig(replace(kernelFunc)));
    else tf.registerKernel({ ...config, backendName: 'simd', kernelFunc });
  }
  for (const kernel of FUSED) tf.registerKernel(toConfig(kernel));
}

/**
 * What tfjs-core's specs leave out here, each with its reason. A test compares every list with what really happens:
 * an entry that no longer applies fails as much as one that is missing.
 */
type Reasons = Readonly<Record<string, string>>;

/** Specs, by full name, that fail on `simd`. */
export const FAILING: Reasons = {};

/** Specs that TF.js itself marks as pending. */
export const PENDING: Reasons = {
  'debug on A x B': 'TF.js: disabled there',
  'IS_BROWSER isBrowser: true': 'TF.js: disabled there',
  'IS_BROWSER isBrowser: false': 'TF.js: disabled there',
  'kernel_registry errors when registering the same kernel twice': 'TF.js: a warning by now',
  'gradient registry warning when registering the same gradient twice': 'TF.js: disabled there',
};

/** Suites, by name, that TF.js does not run with `simd` in Node. */
export const SUITES: Reasons = {
  'Switching cpu backends': 'for the backend `cpu` alone: makes two more of it',
  fromPixels: 'needs a browser: ImageData, canvas, video',
  'draw on canvas context': 'needs a browser: canvas',
  PlatformBrowser: 'tests the browser platform',
  setTimeout: 'tests the browser platform',
  browserDownloads: 'model files, no kernels; needs a browser: document, Blob',
  browserFiles: 'model files, no kernels; needs a browser: File, FileReader',
  loadWeights: 'model files, no kernels; for browsers',
  IORouterRegistry: 'model files, no kernels; for browsers',
  IndexedDB: 'model files, no kernels; needs a browser: indexedDB',
  'Passthrough Saver': 'model files, no kernels; for browsers',
  'Passthrough Saver Sync': 'model files, no kernels; for browsers',
  'Passthrough Loader': 'model files, no kernels; for browsers',
  'Passthrough Loader Sync': 'model files, no kernels; for browsers',
  'http-save': 'model files, no kernels; for Chrome',
  parseUrl: 'model files, no kernels; for browsers',
  'http-load': 'model files, no kernels; for browsers',
  'arrayBufferToBase64String-base64StringToArrayBuffer': 'model files, no kernels; for browsers',
  LocalStorage: 'model files, no kernels; needs a browser: localStorage',
  ModelManagement: 'model files, no kernels; for Chrome',
};

const OURS =
  'ours, no op of TF.js: tests/conformance/{simd-*,inference,residual-ops,activation,dropout}.test.ts';

/** Kernels registered for `simd` that no spec reaches. */
export const KERNELS: Reasons = {
  Draw: 'needs a browser: canvas',
  ConvReluPool: OURS,
  ConvReluPoolGradFilter: OURS,
  ConvReluPoolGradInput: OURS,
  LrtConvReluPool: OURS,
  LrtConvReluPoolGradFilter: OURS,
  LrtConvReluPoolGradInput: OURS,
  Dense: OURS,
  DenseGradKernel: OURS,
  DenseGradInput: OURS,
  LrtDense: OURS,
  LrtDenseGradKernel: OURS,
  LrtDenseGradInput: OURS,
  SoftmaxCrossEntropy: OURS,
  SoftmaxCrossEntropyGrad: OURS,
  GaussianVariational: OURS,
  GaussianVariationalGrad: OURS,
  SgdUpdate: OURS,
  AdamUpdate: OURS,
  GatherImages: OURS,
  GatherLabels: OURS,
  SavedSlope: OURS,
  SampleWeights: OURS,
  SampledKl: OURS,
  LaplaceKl: OURS,
  EmpiricalKl: OURS,
  FlipSigns: OURS,
  FlipoutSum: OURS,
  FlipoutSumGrad: OURS,
  FlipoutConvReluPool: OURS,
  Dropout: OURS,
  SoftplusActivation: OURS,
  OverlappingPool: OURS,
  OverlappingPoolGrad: OURS,
  BatchNorm: OURS,
  BatchNormGrad: OURS,
  BatchNormInference: OURS,
  Conv3: OURS,
  Conv3GradFilter: OURS,
  Conv3GradInput: OURS,
  GlobalAveragePool: OURS,
  GlobalAveragePoolGrad: OURS,
  ConvReluPoolInference: OURS,
  LrtConvReluPoolInference: OURS,
  DenseInference: OURS,
  LrtDenseInference: OURS,
};

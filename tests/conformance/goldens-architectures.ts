/**
 * What PyTorch 2.15 gets in float64 from the architectures of `src/models/networks/`, written there with torch.nn's own
 * layers: parameter i of the network from Lcg(100 + i), uniform within sqrt(6 / fan_in) of its layer; two images
 * Lcg(200), uniform in [-1, 1), NCHW; labels 3 and 7; mean cross-entropy.
 */
export interface ArchitectureGolden {
  readonly parameters: number;
  readonly loss: number;
  /** [2][10]. */
  readonly logits: readonly number[];
  /** Euclidean norm of each parameter's gradient, in PyTorch's order. */
  readonly gradients: Readonly<Record<string, number>>;
}

export const ARCHITECTURE_GOLDENS: Readonly<Record<'3conv3fc' | 'alexnet' | 'vgg', ArchitectureGolden>> = {
  '3conv3fc': {
    parameters: 1782634,
    loss: 3.800921020993181,
    logits: [
      -0.464151638, -0.862623577, -0.849102837, 3.274387779, -2.806977843, -1.580782478, 1.074253366,
      -2.160136227, 2.817700092, -2.780848012, 0.123198641, -1.15780149, -1.646669714, 3.038760853,
      -3.425644973, -2.12759159, 0.470756928, -3.220963299, 2.976199426, -2.857760157,
    ],
    gradients: {
      'conv1.weight': 5.527615273,
      'conv1.bias': 1.090548911,
      'conv2.weight': 22.93017311,
      'conv2.bias': 0.837563555,
      'conv3.weight': 36.84531104,
      'conv3.bias': 0.7287799493,
      'fc1.weight': 22.30879585,
      'fc1.bias': 0.593777227,
      'fc2.weight': 31.08625374,
      'fc2.bias': 0.6376772253,
      'fc3.weight': 30.57141092,
      'fc3.bias': 0.6396913659,
    },
  },
  alexnet: {
    parameters: 2175946,
    loss: 1.67776743317508,
    logits: [
      -0.30813726, -0.370712316, 0.358097047, 0.66276111, -0.126164647, 0.614897054, -0.414448813,
      1.427044015, 1.336231133, 0.632085047, -0.118158419, -0.394461946, 0.074348656, 0.326256083,
      -0.284067881, 0.508974981, -0.530240652, 1.739263688, 1.132800447, 0.542717825,
    ],
    gradients: {
      'conv1.weight': 2.632576544,
      'conv1.bias': 0.2410164237,
      'conv2.weight': 7.29225132,
      'conv2.bias': 0.2837725975,
      'conv3.weight': 9.348065607,
      'conv3.bias': 0.3629643135,
      'conv4.weight': 12.95809044,
      'conv4.bias': 0.5017961698,
      'conv5.weight': 9.960015481,
      'conv5.bias': 0.6968915289,
      'classifier.weight': 2.898125599,
      'classifier.bias': 0.5331699979,
    },
  },
  vgg: {
    parameters: 550570,
    loss: 2.987737907569114,
    logits: [
      0.170332359, 2.788413569, -0.548006093, 0.548337677, -0.552319075, 0.161810907, -0.215978599,
      1.005580565, -0.010214022, 1.678483548, 0.176964586, 2.390361314, -0.950651954, 0.586538288,
      0.016015723, -0.040173741, -0.508484157, 0.580058643, 0.20053001, 2.938190684,
    ],
    gradients: {
      'conv1.weight': 3.036950431,
      'conv1.bias': 1.121280887,
      'conv2.weight': 10.30562314,
      'conv2.bias': 1.010445726,
      'conv3.weight': 11.86792241,
      'conv3.bias': 0.704741047,
      'conv4.weight': 17.59215677,
      'conv4.bias': 0.7561170403,
      'conv5.weight': 19.78425459,
      'conv5.bias': 0.7478392654,
      'conv6.weight': 25.3789151,
      'conv6.bias': 0.802629374,
      'fc1.weight': 41.44727842,
      'fc1.bias': 0.760105474,
      'fc2.weight': 11.05040428,
      'fc2.bias': 0.8135836706,
    },
  },
};

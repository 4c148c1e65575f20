import type { tf } from '../../backends/tfjs.js';
import { BayescnnError } from '../../errors.js';
import { dropout } from '../../ops/dropout.js';
import { type StreamKey, streamKey } from '../../rng.js';
import type { ForwardOptions } from '../model.js';

/** Dropout behind layers of a network. */
export interface DropoutOptions {
  /** Probability that an activation is dropped, in [0, 1); 0: no dropout. */
  readonly rate: number;
  /** Names of the layers whose outputs are dropped, behind activation and pool. */
  readonly layers: readonly string[];
  /** Whether predictions drop too, each sample with masks of its own: MC dropout (Gal and Ghahramani 2016). */
  readonly sampled: boolean;
}

/** The dropout of a network: one stream of masks a layer. */
export class Dropout {
  /** Whether two predictions of an image differ. */
  readonly stochastic: boolean;
  private readonly keys: ReadonlyMap<string, StreamKey>;

  constructor(
    private readonly options: DropoutOptions,
    seed: number,
  ) {
    const names = options.rate > 0 ? options.layers : [];
    this.keys = new Map(names.map((name) => [name, streamKey(seed, `dropout/${name}`)]));
    this.stochastic = options.sampled && names.length > 0;
  }

  /**
   * A layer's output, dropped where it is to be.
   * @param y [rows, ...] @param total rows of the pass's result: where y has fewer, its samples part here
   * @throws BayescnnError 'failure' when there is no clock to draw at
   */
  apply<T extends tf.Tensor>(layer: string, y: T, total: number, options: ForwardOptions): T {
    const key = this.keys.get(layer);
    if (key === undefined || !this.isOn(options)) return y;
    const { clock, samples = 1 } = options;
    if (clock === undefined)
      throw new BayescnnError('failure', `${layer}: a clock is needed to draw dropout masks, got none`, {
        hint: 'pass clock, or sample: false for the network without dropout',
      });
    return dropout(y, { clock, key, rate: this.options.rate, samples, repeat: total / y.shape[0] });
  }

  private isOn({ sample, training = false }: ForwardOptions): boolean {
    return sample && (training || this.stochastic);
  }
}

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

export const TENSORFLOW = '@tensorflow/tfjs-node-gpu';
const require = createRequire(import.meta.url);

/** Where TensorFlow may run, as far as that can be told without loading it; tests put another machine in its place. */
export interface TensorflowPlace {
  /** Whether the package is there, working or not. */
  installed(): boolean;
  /** Whether this machine shows an NVIDIA driver; where that cannot be told, TensorFlow is asked. */
  mayHaveCuda(): boolean;
}

export const tensorflowPlace: TensorflowPlace = {
  installed: () => {
    try {
      require.resolve(TENSORFLOW);
      return true;
    } catch {
      return false;
    }
  },
  mayHaveCuda: () =>
    process.platform !== 'linux' || existsSync('/proc/driver/nvidia/version') || existsSync('/dev/nvidia0'),
};

/** Why TensorFlow cannot be what `auto` chooses; undefined where only loading it can tell. */
export function plainObstacle(place = tensorflowPlace): string | undefined {
  if (!place.installed()) return `${TENSORFLOW} is not installed`;
  return place.mayHaveCuda() ? undefined : 'no NVIDIA driver found';
}

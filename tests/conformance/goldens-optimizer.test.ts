import { beforeAll, describe, expect, it } from 'vitest';
import { tf } from '../../src/backends/tfjs.js';
import { namedVariable } from '../../src/models/named-variable.js';
import { Sgd } from '../../src/train/optimizer.js';
import { engines, useEngine } from './engines.js';
import { absent, expectGolden, goldens } from './goldens.js';

// biome-ignore lint/suspicious/noExplicitAny: a case of goldens.json
type Case = any;

for (const engine of engines()) {
  describe.skipIf(goldens === null)(`SGD equals torch.optim.SGD on ${engine}${absent}`, () => {
    beforeAll(() => useEngine(engine));

    for (const golden of (goldens?.optim.cases ?? []).filter((c: Case) => 'momentum' in c)) {
      it(golden.name, () => {
        const { w0, grads } = goldens.optim;
        const parameter = namedVariable('w', { kind: 'vector', size: 6 }, Float32Array.from(w0.data));
        const { momentum, dampening, nesterov, weight_decay: weightDecay } = golden;
        const optimizer = new Sgd([parameter], { momentum, dampening, nesterov, weightDecay });
        optimizer.setLearningRate(golden.lr);
        const trajectory: tf.Tensor[] = [];
        for (let step = 0; step < grads.shape[0]; step++) {
          tf.tidy(() => optimizer.step([tf.tensor1d(grads.data.slice(6 * step, 6 * step + 6))]));
          trajectory.push(tf.tensor1d(Float32Array.from(parameter.variable.dataSync())));
        }
        expect(optimizer.steps).toBe(5);
        expectGolden('trajectory', tf.stack(trajectory), golden.trajectory);
      });
    }
  });
}

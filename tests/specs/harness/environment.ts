import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util.js';
import { startSimd } from '../../../src/backends/simd/index.js';

/** The backend to test, its threads (simd only), and where the report goes. */
export const [backend, threads, reportPath] = process.argv.slice(2);

if (backend === 'simd') await startSimd(Number(threads), false);
setTestEnvs([{ name: backend, backendName: backend, isDataSync: true }]);

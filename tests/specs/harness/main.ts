// Bundled and run in a process of its own: node tfjs-specs.mjs BACKEND THREADS REPORT. The order matters: jasmine's
// globals, the backend, then the specs.
import './jasmine.js';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';
import '@tensorflow/tfjs-backend-cpu';
import './environment.js';
import './without-browser.js';
import '@tensorflow/tfjs-core/dist/tests.js';
import { runSpecs } from './run.js';

await runSpecs();
// Some specs leave timers behind.
process.exit(0);

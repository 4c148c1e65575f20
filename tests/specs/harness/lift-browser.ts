import { BROWSER_ENVS } from '@tensorflow/tfjs-core/dist/jasmine_util.js';

export const needsBrowser = BROWSER_ENVS.predicate;
BROWSER_ENVS.predicate = () => true;

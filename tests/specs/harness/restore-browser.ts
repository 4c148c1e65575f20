import { BROWSER_ENVS } from '@tensorflow/tfjs-core/dist/jasmine_util.js';
import { needsBrowser } from './lift-browser.js';

BROWSER_ENVS.predicate = needsBrowser;

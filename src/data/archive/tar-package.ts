import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** The package `tar`, loaded at first use: where a decoded data set lies in the cache, no archive is opened. */
export const tar = () => require('tar') as typeof import('tar');

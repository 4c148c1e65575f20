export { configHash } from './hash.js';
export { jsonSchema, jsonSchemaText } from './json-schema.js';
export { loadConfig } from './load.js';
export { parseConfig } from './parse.js';
export type { Config, DeepReadonly } from './schema.js';
export { settingPaths } from './settings.js';

export { commentedConfig } from './commented.js';
export { configHash } from './hash.js';
export { jsonSchema, jsonSchemaText } from './json-schema.js';
export { loadConfig } from './load.js';
export { parseConfig } from './parse.js';
export type { Config, ConfigInput, DeepReadonly } from './schema.js';
export { choicesAt, settingPaths } from './settings.js';
export { shippedConfigs } from './shipped.js';

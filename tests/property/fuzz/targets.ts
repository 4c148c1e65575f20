import type { Target } from './target.js';
import { archive } from './targets/archive.js';
import { checkpoint } from './targets/checkpoint.js';
import { config, overrides } from './targets/config.js';
import { decoded } from './targets/decoded.js';
import { jpeg } from './targets/jpeg.js';
import { npy } from './targets/npy.js';
import { outsideFiles } from './targets/outside-files.js';
import { png } from './targets/png.js';
import { rows } from './targets/rows.js';
import { safetensors } from './targets/safetensors.js';

export const TARGETS: readonly Target[] = [
  checkpoint,
  safetensors,
  archive,
  decoded,
  config,
  overrides,
  rows,
  npy,
  outsideFiles,
  png,
  jpeg,
];

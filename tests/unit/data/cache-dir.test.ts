import path from 'node:path';
import { expect, it } from 'vitest';
import { defaultCacheDir } from '../../../src/data/index.js';

const home = path.resolve('/home/ada');

it.each([
  [
    'BAYESCNN_CACHE',
    { BAYESCNN_CACHE: '/data/cache', XDG_CACHE_HOME: '/xdg' },
    'linux',
    path.resolve('/data/cache'),
  ],
  ['XDG_CACHE_HOME', { XDG_CACHE_HOME: path.resolve('/xdg') }, 'linux', path.resolve('/xdg/bayescnn')],
  ['no relative XDG_CACHE_HOME', { XDG_CACHE_HOME: 'xdg' }, 'linux', path.join(home, '.cache/bayescnn')],
  [
    'an empty variable as none',
    { BAYESCNN_CACHE: '', XDG_CACHE_HOME: '' },
    'linux',
    path.join(home, '.cache/bayescnn'),
  ],
  ['the caches of macOS', {}, 'darwin', path.join(home, 'Library/Caches/bayescnn')],
  [
    'LOCALAPPDATA on Windows',
    { LOCALAPPDATA: path.resolve('/local') },
    'win32',
    path.resolve('/local/bayescnn/Cache'),
  ],
  ['a default on Windows', {}, 'win32', path.join(home, 'AppData/Local/bayescnn/Cache')],
] as const)('uses %s', (_name, env, platform, expected) => {
  expect(defaultCacheDir({ env, platform, home })).toBe(expected);
});

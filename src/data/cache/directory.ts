import { homedir } from 'node:os';
import path from 'node:path';

/** What decides the place of the cache; the process's own by default, so that tests can pass theirs. */
export interface CachePlace {
  readonly env: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
  readonly home: string;
}

/** BAYESCNN_CACHE, else XDG_CACHE_HOME/bayescnn, else the platform's own folder for caches. */
export function defaultCacheDir(place: Partial<CachePlace> = {}): string {
  const { env = process.env, platform = process.platform, home = homedir() } = place;
  if (env.BAYESCNN_CACHE) return path.resolve(env.BAYESCNN_CACHE);
  // The XDG specification says that relative paths must be ignored.
  if (env.XDG_CACHE_HOME && path.isAbsolute(env.XDG_CACHE_HOME))
    return path.join(env.XDG_CACHE_HOME, 'bayescnn');
  if (platform === 'win32') {
    return path.join(env.LOCALAPPDATA || path.join(home, 'AppData', 'Local'), 'bayescnn', 'Cache');
  }
  if (platform === 'darwin') return path.join(home, 'Library', 'Caches', 'bayescnn');
  return path.join(home, '.cache', 'bayescnn');
}

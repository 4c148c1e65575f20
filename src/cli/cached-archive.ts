import path from 'node:path';

/** Where the cache is, and where in it the downloaded official archive lies once it is there. */
export async function cachedArchive(): Promise<{ directory: string; archive: string }> {
  const { defaultCacheDir, OFFICIAL_SOURCE } = await import('../data/index.js');
  const directory = defaultCacheDir();
  return { directory, archive: path.join(directory, OFFICIAL_SOURCE.name) };
}

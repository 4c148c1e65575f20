import { defineConfig } from 'vitest/config';

const SECOND = 1000;

/** One project for each folder of tests/: `vitest run --project unit`. */
function project(name: string, timeoutSeconds: number) {
  return {
    extends: true as const,
    test: {
      name,
      include: [`tests/${name}/**/*.test.ts`],
      testTimeout: timeoutSeconds * SECOND,
      hookTimeout: timeoutSeconds * SECOND,
    },
  };
}

export default defineConfig({
  test: {
    // Engines register themselves in process-wide state and own worker threads.
    pool: 'forks',
    environment: 'node',
    globalSetup: 'tests/shared-cache.ts',
    // Two cores: more forks would starve the engine's threads, which spin.
    maxWorkers: 2,
    unstubEnvs: true,
    restoreMocks: true,
    projects: [
      project('unit', 30),
      project('property', 60),
      project('conformance', 120),
      project('specs', 300),
      project('cli', 120),
      project('docs', 120),
      project('smoke', 300),
    ],
  },
});

/**
 * Imports only go down this list; a layer may import itself and anything below it.
 * A path is a pattern on the file's path from the repository root.
 */
const LAYERS = [
  { name: 'library', path: '^src/index[.]ts$' },
  { name: 'cli', path: '^src/cli/' },
  { name: 'runs', path: '^src/runs/' },
  { name: 'config', path: '^src/config/' },
  { name: 'report', path: '^src/report/' },
  { name: 'results', path: '^src/results/' },
  { name: 'train', path: '^src/train/' },
  { name: 'metrics', path: '^src/metrics/' },
  { name: 'models', path: '^src/models/' },
  { name: 'ops', path: '^src/ops/' },
  { name: 'data', path: '^src/data/' },
  { name: 'backends', path: '^src/backends/' },
  { name: 'base', path: '^src/(lock/|(rng|errors|nearest|strict-json|bounded-read)[.]ts$)' },
];

/** One rule for each layer that has layers above it: it must not import those. */
const direction = LAYERS.slice(1).map(({ name, path }, above) => ({
  name: `${name}-imports-down`,
  comment: `${name} may import itself and what is below it: ${LAYERS.map((layer) => layer.name).join(' > ')}`,
  severity: 'error',
  from: { path },
  to: { path: LAYERS.slice(0, above + 1).map((layer) => layer.path) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...direction,
    {
      name: 'every-file-has-a-layer',
      comment: 'a new folder under src/ needs its place in LAYERS',
      severity: 'error',
      from: { path: '^src/', pathNot: LAYERS.map((layer) => layer.path) },
      to: {},
    },
    {
      name: 'no-import-without-a-layer',
      comment: 'a new folder under src/ needs its place in LAYERS',
      severity: 'error',
      from: {},
      to: { path: '^src/', pathNot: LAYERS.map((layer) => layer.path) },
    },
    {
      name: 'no-cycles',
      comment: 'cycles of types alone are allowed: nothing is left of them at run time',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-unresolved',
      comment: 'the imported file or package does not exist',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^@tensorflow/tfjs-(node-gpu|backend-webgpu)$|^webgpu$' },
    },
    {
      name: 'no-tests-from-src',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(tests|bench|scripts)/' },
    },
    {
      name: 'no-dev-dependency-from-src',
      comment: 'src/ is what users install: it may import dependencies only',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-undeclared-dependency',
      comment: 'the package is installed by chance: declare it in package.json',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    // Also sees `import type`, which the compiler removes.
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    // AssemblyScript: compiled by asc, with its own module resolution.
    exclude: { path: '^src/backends/simd/assembly/|^dist/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
};

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './pages.js';

// The one place that says where the tests of the pages depart from what a reader gets:
// - configs and sweeps are those of the package, with the settings below; commands stay as they are printed;
// - a command that matches an entry of ADDED has its words added;
// - a command that matches an entry of NOT_RUN is read by the program's parser, and not run.

/** Images of the generated archive that stands for CIFAR-10. */
export const TRAIN_PER_MEMBER = 20;
export const TEST_IMAGES = 20;

/** The archive, under the name that the front page gives to one of the reader's own. */
export const ARCHIVE = 'my-cifar.tar.gz';

type Json = Record<string, Record<string, unknown>>;

/** A config of a second: one epoch of the generated images, two posterior samples, one thread. */
function tinyConfig(config: Json, archive: { archive: string; sha256: string }): Json {
  const generated = (config.data as { source?: string } | undefined)?.source === 'synthetic';
  return {
    ...config,
    data: { ...config.data, ...(generated ? { subset: 100 } : { ...archive, subset: null }) },
    train: { ...config.train, epochs: 1 },
    eval: { ...config.eval, samples: 2 },
    backend: { threads: 1 },
  };
}

/** A sweep with the same points, each trained once, with what its base is trained for. */
function tinySweep(sweep: Json): Json {
  const { 'data.subset': _, ...set } = sweep.set as Record<string, unknown>;
  return { ...sweep, set: { ...set, 'train.epochs': 1 }, seeds: [0] as never };
}

function rewrite(from: string, to: string, change: (json: Json) => Json): void {
  for (const name of readdirSync(from).filter((file) => file.endsWith('.json'))) {
    const json = JSON.parse(readFileSync(path.join(from, name), 'utf8')) as Json;
    writeFileSync(path.join(to, name), JSON.stringify(change(json)));
  }
}

/** Writes the package's configs, made tiny, into `folder`, and its sweeps into `folder/sweeps`. */
export function writeTinyConfigs(folder: string, archive: { archive: string; sha256: string }): void {
  const shipped = path.join(root, 'configs');
  rewrite(shipped, folder, (config) => tinyConfig(config, archive));
  rewrite(path.join(shipped, 'sweeps'), path.join(folder, 'sweeps'), tinySweep);
}

/** Words that make a command one of seconds, where no config can. */
export const ADDED: readonly [command: RegExp, words: string[]][] = [
  [
    / bench /,
    ['--models', 'cnn', '--batches', '4', '--threads', '1', '--repetitions', '1', '--seconds', '0.05'],
  ],
  [/ eval .*--subset /, ['--subset', `${TEST_IMAGES}`]],
  [/ eval .*--corrupt all/, ['--severity', '3']],
  // SWAG collects from its 15th epoch on.
  [/ train .*train\.swag=/, ['--set', 'train.epochs=16']],
  [/ train .*--name resnet20-/, ['--set', 'train.epochs=2']],
  // Without it the precision is sought, with a decomposition of the Hessian for each that is tried.
  [/ laplace /, ['--prior-precision', '1']],
  // The plan needs no cluster; jobs do, see tests/cli/sweep-slurm.test.ts.
  [/ sweep .*--executor slurm/, ['--dry-run']],
];

/** Commands that no test can run, and why. The program's parser reads those of bayescnn all the same. */
export const NOT_RUN: readonly [command: RegExp, reason: string][] = [
  [/ bench .*--vs-pytorch/, 'needs PyTorch'],
  [/^python docs\//, 'needs scikit-learn'],
  [/ ui /, 'serves until it is ended; see tests/cli/ui.test.ts'],
  [/^tensorboard /, 'needs TensorBoard'],
  [/mlflow ui/, 'needs MLflow'],
  [/^python3 -m venv|^venv\/bin\/pip install/, 'installs PyTorch'],
  [/^npm install --no-save webgpu/, 'installs the package of an engine'],
  [/ --backend webgpu$/, 'needs a GPU; see tests/cli/move-engine.test.ts'],
  [/^npm ci && npm test$/, 'is this test among others'],
];

/** Why a command is not run, if it is not. */
export const reasonNotToRun = (command: string): string | undefined =>
  NOT_RUN.find(([pattern]) => pattern.test(command))?.[1];

/** The words that are added to a command. */
export const addedTo = (command: string): string[] =>
  ADDED.filter(([pattern]) => pattern.test(command)).flatMap(([, words]) => words);

import { describe, expect, it } from 'vitest';
import { interruptible } from '../../../src/cli/interrupt.js';
import { main, runProgram } from '../../../src/cli/main.js';
import { newProgram } from '../../../src/cli/program.js';
import { BayescnnError, type ErrorCode } from '../../../src/errors.js';
import { FakeIo } from './fake-io.js';

/** Runs a command that throws `error`. */
async function failWith(error: unknown, io = new FakeIo()): Promise<{ code: number; io: FakeIo }> {
  const program = newProgram(io);
  program.command('boom').action(() => {
    throw error;
  });
  return { code: await runProgram(program, ['node', 'bayescnn', 'boom'], io), io };
}

async function run(...argv: string[]): Promise<{ code: number; io: FakeIo }> {
  const io = new FakeIo();
  return { code: await main(['node', 'bayescnn', ...argv], io), io };
}

describe('errors become exit codes', () => {
  it.each<[ErrorCode, number]>([
    ['failure', 1],
    ['usage', 2],
    ['config', 2],
    ['data', 3],
    ['engine', 4],
    ['interrupted', 130],
  ])('%s exits %i', async (code, exit) => {
    const result = await failWith(new BayescnnError(code, 'here: what, got that', { hint: 'this' }));
    expect(result.code).toBe(exit);
    expect(result.io.err).toBe('bayescnn: error: here: what, got that\n  try: this\n');
    expect(result.io.out).toBe('');
  });

  it('leaves the hint away where there is none', async () => {
    const { io } = await failWith(new BayescnnError('data', 'no archive'));
    expect(io.err).toBe('bayescnn: error: no archive\n');
  });

  it('calls a foreign error unexpected, without a stack', async () => {
    const { code, io } = await failWith(new TypeError('x is undefined'));
    expect(code).toBe(1);
    expect(io.err).toMatch(/^bayescnn: error: unexpected: x is undefined\n {2}try: BAYESCNN_DEBUG=1 .*\n$/);
  });

  it('takes what is no error at all', async () => {
    const { code, io } = await failWith('text');
    expect(code).toBe(1);
    expect(io.err).toContain('unexpected: text');
  });

  it('shows the stack and the cause under BAYESCNN_DEBUG=1', async () => {
    const error = new BayescnnError('data', 'outer', { cause: new Error('inner') });
    const { io } = await failWith(error, new FakeIo({ BAYESCNN_DEBUG: '1' }));
    expect(io.err).toMatch(/error: outer\n[\s\S]*main\.test\.ts[\s\S]*inner/);
  });

  it('takes an aborted operation for an interruption', async () => {
    const { code } = await failWith(AbortSignal.abort().reason);
    expect(code).toBe(130);
  });

  it('names the file that the system refused', async () => {
    const error = Object.assign(new Error("EACCES: permission denied, mkdir '/x'"), {
      syscall: 'mkdir',
      path: '/x',
    });
    const { code, io } = await failWith(error);
    expect(code).toBe(1);
    expect(io.err).toBe(
      "bayescnn: error: EACCES: permission denied, mkdir '/x'\n" +
        '  try: check the path, its permissions and the space left on the disk\n',
    );
  });

  it('colours on a terminal only', async () => {
    const { io } = await failWith(new BayescnnError('data', 'x'), new FakeIo({}, true));
    expect(io.err).toBe('bayescnn: \u001b[31merror:\u001b[0m x\n');
  });
});

describe('usage errors', () => {
  it.each([
    [
      ['train'],
      'train: expected --config FILE or --resume RUN, got neither',
      'bayescnn train --config configs/quickstart.json',
    ],
    [['train', '--config', 'c', '--nope'], "error: unknown option '--nope'", 'bayescnn train --help'],
    [['nope'], "error: unknown command 'nope'", 'bayescnn --help'],
    [['eval'], "error: missing required argument 'run'", 'bayescnn eval --help'],
    [['eval', 'run', '--samples', '0'], 'It must be a whole number of at least 1.', 'bayescnn eval --help'],
    [
      ['eval', 'run', '--split', 'all'],
      'Allowed choices are test, train, validation.',
      'bayescnn eval --help',
    ],
    [['eval', 'run', 'other'], 'error: too many arguments', 'bayescnn eval --help'],
    [['train', '--config', 'c', '--threads', '1.5'], 'at least 0', 'bayescnn train --help'],
    [['train', '--config', 'c', '--set', 'epochs'], 'It must be path=value', 'bayescnn train --help'],
    [['train', '--config', 'c', '--sha256', 'abc'], '64 hexadecimal digits', 'bayescnn train --help'],
    [['bench', '--batches', '4,,8'], 'without empty entries', 'bayescnn bench --help'],
    [['bench', '--seconds', '-1'], 'a number above 0', 'bayescnn bench --help'],
    [['data', 'verify'], "error: missing required argument 'file'", 'bayescnn data verify --help'],
    [['data', 'nope'], "error: unknown command 'nope'", 'bayescnn data --help'],
  ])('%j exits 2', async (argv, message, help) => {
    const { code, io } = await run(...argv);
    expect(code).toBe(2);
    expect(io.err).toMatch(/^bayescnn: error: /);
    expect(io.err).toContain(message);
    expect(io.err).toContain(`  try: ${help}\n`);
    expect(io.out).toBe('');
  });
});

describe('a setting that is typed as a flag', () => {
  it.each([
    [['train', '--config', 'c', '--epochs', '3'], '--set train.epochs=3'],
    [['train', '--batch-size=64'], '--set train.batchSize=64 or --set eval.batchSize=64'],
    [['sweep', '--config', 'c', '--learningRate'], 'train.optimizer.learningRate=VALUE'],
    [['train', '--seed', '--quiet'], '--set seed=VALUE'],
  ])('%j is told how to set it', async (argv, hint) => {
    const { code, io } = await run(...argv);
    expect(code).toBe(2);
    expect(io.err).toMatch(
      /^bayescnn: error: unknown option .*\n {2}try: bayescnn (train|sweep) --help\n {2}or: --set /,
    );
    expect(io.err).toContain(hint);
  });

  it.each([[['train', '--nope', '3']], [['doctor', '--epochs', '3']]])(
    '%j is not: there is no such setting or no --set',
    async (argv) => {
      expect((await run(...argv)).io.err).not.toContain('  or: ');
    },
  );
});

describe('help and version', () => {
  it.each([
    [[], 'bayescnn train --config'],
    [['train'], '--set model.prior.sigma=0.2'],
    [['eval'], 'bayescnn eval results/notebook-bayes'],
    [['data'], 'bayescnn data fetch'],
    [['bench'], '--batches 4,128'],
    [['doctor'], 'bayescnn doctor --json'],
  ])('%j --help shows examples on stdout', async (argv, example) => {
    const { code, io } = await run(...argv, '--help');
    expect(code).toBe(0);
    expect(io.out).toContain('Examples:');
    expect(io.out).toContain(example);
    expect(io.err).toBe('');
  });

  it('-V prints the version of package.json', async () => {
    const { code, io } = await run('-V');
    const { default: manifest } = await import('../../../package.json', { with: { type: 'json' } });
    expect(code).toBe(0);
    expect(io.out).toBe(`${manifest.version}\n`);
  });
});

describe('interruption', () => {
  it('asks first, then ends the process', async () => {
    const io = new FakeIo();
    const warnings: string[] = [];
    let closed = 0;
    const output = { warn: (message: string) => warnings.push(message), close: () => closed++ };
    const work = interruptible(io, output, async (signal) => {
      expect(signal.aborted).toBe(false);
      io.send('SIGINT');
      expect(signal.aborted).toBe(true);
      expect(io.exits).toEqual([]);
      io.send('SIGTERM');
      expect(io.exits).toEqual([130]);
      expect(closed).toBe(1);
      signal.throwIfAborted();
    });
    await expect(work).rejects.toMatchObject({
      code: 'interrupted',
      message: 'SIGINT: stopped before the end',
    });
    expect(warnings).toEqual(['SIGINT: stopping after this step; once more to stop at once']);
    expect(io.listeners).toBe(0);
  });

  it('stops listening when the work is done', async () => {
    const io = new FakeIo();
    expect(await interruptible(io, { warn() {}, close() {} }, async () => io.listeners)).toBe(1);
    expect(io.listeners).toBe(0);
  });
});

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { root, run, scratch } from './command.js';

const { directory, remove } = scratch();
afterAll(remove);

const bayescnn = (...args: string[]) => run(args, { cache: directory });

describe('the installed program', () => {
  it('prints its version', async () => {
    const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect(await bayescnn('-V')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('lists every command', async () => {
    const { code, stdout, stderr } = await bayescnn('--help');
    expect(code).toBe(0);
    expect(stderr).toBe('');
    for (const name of [
      'train',
      'eval',
      'predict',
      'export',
      'ui',
      'init',
      'completion',
      'inspect',
      'compare',
      'ensemble',
      'laplace',
      'calibrate',
      'data',
      'bench',
      'doctor',
    ])
      expect(stdout).toContain(`\n  ${name} `);
  });

  it('loads neither engine nor config nor data for help', async () => {
    const spy = path.join(directory, 'spy.cjs');
    const heavy = '/node_modules.(@tensorflow|zod|undici|tar|cli-progress)/';
    writeFileSync(
      spy,
      `process.on('exit', () => {
        const loaded = Object.keys(require.cache).filter((file) => ${heavy}.test(file));
        process.stderr.write('heavy modules: ' + loaded.length);
      });`,
    );
    const help = await run(['--help'], { cache: directory, node: ['--require', spy] });
    expect(help.stderr).toBe('heavy modules: 0');
    // The spy does see what a command loads.
    const doctor = await run(['doctor'], { cache: directory, node: ['--require', spy] });
    expect(doctor.stderr).toMatch(/heavy modules: [1-9]/);
  });

  it.each([
    [['train'], /train: expected --config FILE or --resume RUN, got neither/],
    [['evaluate'], /unknown command 'evaluate'/],
    [['eval', 'somewhere', '--samples', 'many'], /a whole number of at least 1/],
  ])('%j is a usage error', async (args, message) => {
    const { code, stdout, stderr } = await bayescnn(...args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/\n {2}try: bayescnn/);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

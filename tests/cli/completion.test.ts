import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root, run, scratch } from './command.js';

const { directory, remove } = scratch();
afterAll(remove);

/** A place with two runs, a config, and `bayescnn` on the PATH. */
beforeAll(() => {
  const bin = path.join(directory, 'bin');
  mkdirSync(bin);
  symlinkSync(path.join(root, 'bin/bayescnn.js'), path.join(bin, 'bayescnn'));
  for (const name of ['cnn', 'bayes']) {
    mkdirSync(path.join(directory, 'results', name), { recursive: true });
    writeFileSync(path.join(directory, 'results', name, 'config.json'), '{}');
  }
  writeFileSync(path.join(directory, 'experiment.jsonc'), '{}');
});

function shell(program: string, args: readonly string[], input = ''): string {
  const env = {
    PATH: `${path.join(directory, 'bin')}:${path.dirname(process.execPath)}:${process.env.PATH}`,
    HOME: directory,
    TERM: 'xterm',
  };
  const result = spawnSync(program, args, { cwd: directory, env, input, encoding: 'utf8', timeout: 60_000 });
  if (result.status !== 0) throw new Error(`${program} ended with ${result.status}: ${result.stderr}`);
  return result.stdout;
}

function has(program: string): boolean {
  return spawnSync(program, ['--version']).error === undefined;
}

/** What each line may be completed to, the same in every shell. */
const LINES: [line: string, words: string[], not: string[]][] = [
  ['bayescnn tr', ['train'], ['eval']],
  ['bayescnn data f', ['fetch'], ['fog']],
  ['bayescnn train --re', ['--resume'], ['--name']],
  ['bayescnn train --backend s', ['simd'], ['cpu']],
  ['bayescnn train --config quick', ['quickstart'], ['smoke']],
  ['bayescnn train --config exp', ['experiment.jsonc'], ['results']],
  ['bayescnn train --set model.bay', ['model.bayesian='], ['model.prior']],
  ['bayescnn train --set model.bayesian=co', ['conv'], ['all']],
  ['bayescnn eval results/b', ['results/bayes'], ['results/cnn']],
];

const quoted = LINES.map(([line]) => `'${line}'`).join(' ');

/** Checks the replies to all lines, which end with a line `@@` each. */
function check(replies: string): void {
  const each = replies.trimEnd().split(/^@@\n?/m);
  LINES.forEach(([line, words, not], i) => {
    for (const word of words) expect(each[i], line).toContain(word);
    for (const word of not) expect(each[i], line).not.toContain(word);
  });
}

describe('in a shell (skipped where it is not installed)', () => {
  it.skipIf(!has('bash'))('bash completes', () => {
    const script = `
      source <(bayescnn completion bash)
      [[ $(complete -p bayescnn) == 'complete -F _bayescnn bayescnn' ]] || exit 1
      for COMP_LINE in ${quoted}; do
        COMP_POINT=\${#COMP_LINE}
        _bayescnn
        printf '%s\\n' "\${COMPREPLY[@]}" @@
      done`;
    const replies = shell('bash', ['--norc', '-c', script]);
    check(replies);
    // What follows the =, at which bash breaks words, comes alone.
    expect(replies).toMatch(/^conv$/m);
  });

  it.skipIf(!has('fish'))('fish completes', () => {
    const script = `
      bayescnn completion fish | source
      for line in ${quoted}; complete -C $line; echo @@; end`;
    check(shell('fish', ['--no-config', '-c', script]));
  });

  it.skipIf(!has('zsh'))('zsh completes in its line editor', () => {
    // TAB completes; ^X writes the line as it then is, which is waited for.
    const script = `
      zmodload zsh/zpty zsh/zselect
      touch lines
      zpty -b shell zsh -f -i
      wait_for() { until [[ $(grep -c '^@@$' lines) -ge $1 ]]; do zpty -r -t shell seen; zselect -t 5; done }
      zpty -w shell 'autoload -Uz compinit; compinit -u -D; source <(bayescnn completion zsh)'
      zpty -w shell 'note() { print -r -- "$BUFFER" >> lines; print @@ >> lines; BUFFER= }; zle -N note; bindkey "^X" note; print @@ >> lines'
      wait_for 1
      count=1
      for line in ${quoted}; do
        zpty -w -n shell "$line"$'\\t\\x18'
        wait_for $((++count))
      done
      zpty -d shell
      tail -n +2 lines`;
    check(shell('zsh', ['-f', '-c', script]));
  });
});

describe('without a shell', () => {
  it('offers commands, and no hidden one', async () => {
    const { code, stdout } = await run(['__complete', '--', ''], { cache: directory });
    expect(code).toBe(0);
    expect(stdout).toContain('train\ttrain a model');
    expect(stdout).not.toContain('__complete');
    expect(stdout).toMatch(/:none\n$/);
  });

  it('knows no other shell', async () => {
    const { code, stderr } = await run(['completion', 'tcsh'], { cache: directory });
    expect(code).toBe(2);
    expect(stderr).toContain('Allowed choices are bash, zsh, fish');
  });
});

import { describe, expect, it } from 'vitest';
import { asTyped, COMMANDS } from '../../../src/cli/as-typed.js';
import { main } from '../../../src/cli/main.js';
import { buildProgram } from '../../../src/cli/program.js';
import { FakeIo } from './fake-io.js';

const byNpx = () => new FakeIo({ npm_command: 'exec' });

describe('commands in texts', () => {
  it('begin with npx where npx started the program, and only those', () => {
    const text =
      'bayescnn data fetch, or (bayescnn init), bayescnn --help; a bayescnn checkpoint, bayescnn 0.1.0';
    expect(asTyped(byNpx(), text)).toBe(
      'npx bayescnn data fetch, or (npx bayescnn init), npx bayescnn --help; a bayescnn checkpoint, bayescnn 0.1.0',
    );
    expect(asTyped(byNpx(), 'npx bayescnn train, node bin/bayescnn train, bayescnn training')).toBe(
      'npx bayescnn train, node bin/bayescnn train, bayescnn training',
    );
    expect(asTyped(new FakeIo(), text)).toBe(text);
  });

  it('may be any command that there is', () => {
    const help = buildProgram(new FakeIo()).createHelp();
    const visible = help.visibleCommands(buildProgram(new FakeIo())).map((command) => command.name());
    expect(COMMANDS).toEqual(expect.arrayContaining(visible.filter((name) => name !== 'help')));
  });

  it('are so in help and in errors', async () => {
    const help = byNpx();
    await main(['node', 'bayescnn', 'data', '--help'], help);
    expect(help.out).toContain('Usage: npx bayescnn data');
    expect(help.out).toContain('\n  npx bayescnn data fetch\n');
    const wrong = byNpx();
    expect(await main(['node', 'bayescnn', 'train'], wrong)).toBe(2);
    expect(wrong.err).toContain('  try: npx bayescnn train --config configs/quickstart.json\n');
    const misspelt = byNpx();
    expect(await main(['node', 'bayescnn', 'train', '--confg', 'x'], misspelt)).toBe(2);
    expect(misspelt.err).toContain('  try: npx bayescnn train --help');
  });
});

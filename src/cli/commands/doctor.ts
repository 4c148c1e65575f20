import { stat } from 'node:fs/promises';
import type { Command } from '@commander-js/extra-typings';
import type { EngineState } from '../../backends/select.js';
import { BayescnnError } from '../../errors.js';
import { cachedArchive } from '../cached-archive.js';
import type { Io } from '../io.js';
import { type Machine, machine } from '../machine.js';
import { bytes, columns } from '../output-format.js';
import { runCommand, subcommand } from '../run-command.js';

const EXAMPLES = `
Examples:
  bayescnn doctor
  bayescnn doctor --json
`;

/** What is shown of an engine. */
type Engine = Pick<EngineState, 'available' | 'detail' | 'remedy'> & { name: string };

interface Diagnosis {
  machine: Machine;
  cache: { directory: string; archive: string; archive_bytes: number | null };
  engines: Engine[];
}

/** `bayescnn doctor`. */
export function addDoctor(program: Command, io: Io): void {
  subcommand(program, 'doctor')
    .description('show what this machine offers, and what to do about what it lacks')
    .option('--json', 'print one JSON document on stdout, all else on stderr')
    .addHelpText('after', EXAMPLES)
    .action((options) =>
      runCommand(io, options, async ({ output }) => {
        const { describeEngines } = await import('../../backends/select.js');
        const diagnosis = { machine: machine(), cache: await cacheState(), engines: await describeEngines() };
        output.result(diagnosis, describe(diagnosis));
        if (diagnosis.engines.some((engine) => engine.available)) return;
        throw new BayescnnError('engine', 'doctor: at least one engine must work, got none', {
          hint: 'follow the remedies above',
        });
      }),
    );
}

async function cacheState(): Promise<Diagnosis['cache']> {
  const { directory, archive } = await cachedArchive();
  const size = await stat(archive).then(
    (found) => found.size,
    () => null,
  );
  return { directory, archive, archive_bytes: size };
}

/** The diagnosis as text. */
export function describe({ machine: host, cache, engines }: Diagnosis): string {
  const archive =
    cache.archive_bytes === null ? 'not there; try: bayescnn data fetch' : `${bytes(cache.archive_bytes)}`;
  const rows: [string, string][] = [
    ['bayescnn', host.version],
    ['node', `${host.node} (${host.platform})`],
    ['cpu', `${host.cpu}, ${host.cores} ${host.cores === 1 ? 'core' : 'cores'}`],
    ['memory', `${bytes(host.memory_bytes)}, ${bytes(host.free_memory_bytes)} free`],
    ['cache', cache.directory],
    ['archive', archive],
  ];
  const states = engines.map((engine): [string, string] => [engine.name, engineState(engine)]);
  return `${columns(rows)}\nengines\n${columns(states, '  ')}`;
}

function engineState({ available, detail, remedy }: Engine): string {
  if (available) return detail;
  return `not available: ${detail}${remedy === undefined ? '' : `; try: ${remedy}`}`;
}

import { stat } from 'node:fs/promises';
import type { Command } from '@commander-js/extra-typings';
import { BayescnnError } from '../../errors.js';
import { cachedArchive } from '../cached-archive.js';
import type { Io } from '../io.js';
import { machine } from '../machine.js';
import { placeOf } from '../places.js';
import { runCommand, subcommand } from '../run-command.js';
import { type Diagnosis, describeDiagnosis } from './doctor-text.js';

const EXAMPLES = `
Examples:
  bayescnn doctor
  bayescnn doctor --json
`;

/** `bayescnn doctor`. */
export function addDoctor(program: Command, io: Io): void {
  subcommand(program, 'doctor')
    .description('show what this machine offers, and what to do about what it lacks')
    .option('--json', 'print one JSON document on stdout, all else on stderr')
    .addHelpText('after', EXAMPLES)
    .action((options) =>
      runCommand(io, options, async ({ output }) => {
        const { describeEngines } = await import('../../backends/select.js');
        const { selfTest } = await import('../../runs/self-test.js');
        const diagnosis: Diagnosis = {
          machine: machine(),
          cache: await cacheState(),
          results: await placeOf('results'),
          engines: await describeEngines(selfTest),
        };
        output.result(diagnosis, describeDiagnosis(diagnosis));
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
  const { writable, free_bytes } = await placeOf(directory);
  return { directory, archive, archive_bytes: size, writable, free_bytes };
}

import { existsSync } from 'node:fs';
import type { Command } from '@commander-js/extra-typings';
import { BayescnnError } from '../../errors.js';
import { cachedArchive } from '../cached-archive.js';
import type { Io } from '../io.js';
import { sha256, wholeNumber } from '../options.js';
import { type CommandContext, runCommand, subcommand } from '../run-command.js';
import { describeArchive } from './data-text.js';

const EXAMPLES = `
Examples:
  bayescnn data fetch
  bayescnn data fetch --mirror https://example.org/cifar-10-binary.tar.gz
  bayescnn data verify cifar-10-binary.tar.gz
  bayescnn data verify other.tar.gz --sha256 <hex>
  bayescnn data info
  bayescnn data synth synthetic.tar.gz --seed 1
`;

const JSON_HELP = 'print one JSON document on stdout, all else on stderr';
const QUIET_HELP = 'print warnings and the result only';

/** `bayescnn data` and what is below it. */
export function addData(program: Command, io: Io): void {
  const data = subcommand(program, 'data')
    .description('fetch, verify, describe and generate archives')
    .addHelpText('after', EXAMPLES);
  addFetch(data, io);
  addVerify(data, io);
  addInfo(data, io);
  addSynth(data, io);
}

function addFetch(data: Command, io: Io): void {
  subcommand(data, 'fetch')
    .description('download the official archive into the cache; resumes where it stopped')
    .option('--cache-dir <dir>', "another place than the user's cache")
    .option('--mirror <url...>', 'ask these hosts, in order, instead of the usual ones')
    .option('--json', JSON_HELP)
    .option('--quiet', QUIET_HELP)
    .action((options) =>
      runCommand(io, options, async ({ output, signal }) => {
        const { defaultCacheDir, fetchOfficial } = await import('../../data/index.js');
        const { cacheDir = defaultCacheDir(), mirror: mirrors } = options;
        const file = await fetchOfficial({ cacheDir, mirrors, signal, events: output });
        output.result({ file }, file);
      }),
    );
}

function addVerify(data: Command, io: Io): void {
  subcommand(data, 'verify')
    .description('check every member and the checksum of an archive; exit code 3 on the first fault')
    .argument('<file>', 'archive, .tar.gz')
    .option('--sha256 <hex>', "the checksum that it must have (default: the official archive's)", sha256)
    .option('--json', JSON_HELP)
    .option('--quiet', QUIET_HELP)
    .action((file, options) =>
      runCommand(io, options, async ({ output, signal }) => {
        const { verifyArchive } = await import('../../data/index.js');
        const verified = await verifyArchive(file, {
          sha256: options.sha256,
          onProgress: output.onDecode,
          signal,
        });
        output.result(verified, `${file}: whole and well-formed\nsha256  ${verified.sha256}`);
      }),
    );
}

function addInfo(data: Command, io: Io): void {
  subcommand(data, 'info')
    .description('count the images of an archive, by default of the downloaded one')
    .argument('[file]', 'archive, .tar.gz')
    .option('--json', JSON_HELP)
    .option('--quiet', QUIET_HELP)
    .action((file, options) => runCommand(io, options, async (context) => showInfo(context, file)));
}

function addSynth(data: Command, io: Io): void {
  subcommand(data, 'synth')
    .description('write a generated, learnable archive of ten classes')
    .argument('<file>', 'archive to write, .tar.gz')
    .option('--seed <n>', 'seed of the images', wholeNumber(0), 0)
    .option('--train <n>', 'images in each of the five training members', wholeNumber(1), 1000)
    .option('--test <n>', 'images in the test member', wholeNumber(1), 1000)
    .option('--json', JSON_HELP)
    .option('--quiet', QUIET_HELP)
    .action((file, options) =>
      runCommand(io, options, async (context) => {
        const { writeSyntheticArchive } = await import('../../data/index.js');
        const { seed, train: trainPerFile, test } = options;
        await writeSyntheticArchive(file, { seed, trainPerFile, test, signal: context.signal });
        await showInfo(context, file);
      }),
    );
}

async function showInfo({ output, signal }: CommandContext, file: string | undefined): Promise<void> {
  const { archiveInfo } = await import('../../data/index.js');
  const options = { onProgress: output.onDecode, signal };
  const info = await archiveInfo(file ?? (await downloadedArchive()), options);
  output.result(info, describeArchive(info));
}

async function downloadedArchive(): Promise<string> {
  const { archive } = await cachedArchive();
  if (existsSync(archive)) return archive;
  throw new BayescnnError(
    'data',
    `data info: the archive must be downloaded first, got nothing at ${archive}`,
    {
      hint: 'bayescnn data fetch, or name a file: bayescnn data info FILE',
    },
  );
}

import type { EngineState } from '../../backends/select.js';
import type { Machine } from '../machine.js';
import { bytes, columns } from '../output-format.js';
import type { Place } from '../places.js';

/** What is shown of an engine. */
type Engine = Pick<EngineState, 'available' | 'detail' | 'remedy'> & { name: string };

/** What `doctor --json` prints. */
export interface Diagnosis {
  machine: Machine;
  cache: Omit<Place, 'folder'> & { directory: string; archive: string; archive_bytes: number | null };
  /** Where run folders go by default. */
  results: Place;
  engines: Engine[];
}

/** Below this a training run, its checkpoints and the decoded images may not fit. */
const LITTLE_SPACE = 2 ** 30;
/** What TF.js, the images of CIFAR-10 and a batch of activations take. */
const LITTLE_MEMORY = 2 ** 30;

/** The diagnosis as text; what needs something done about it says what. */
export function describeDiagnosis({ machine, cache, results, engines }: Diagnosis): string {
  const rows: [string, string][] = [
    ['bayescnn', machine.version],
    ['node', `${machine.node} (${machine.platform})`],
    ['cpu', `${machine.cpu}, ${machine.cores} ${machine.cores === 1 ? 'core' : 'cores'}`],
    ['memory', memory(machine)],
    ['cache', `${cache.directory}: ${space(cache, 'set BAYESCNN_CACHE to another folder')}`],
    ['CIFAR-10', archive(cache.archive_bytes)],
    ['results', `${results.folder}: ${space(results, 'name another folder with --out')}`],
  ];
  const states = engines.map((engine): [string, string] => [engine.name, engineState(engine)]);
  return `${columns(rows)}\nengines\n${columns(states, '  ')}`;
}

function memory({ memory_bytes: all, free_memory_bytes: free }: Machine): string {
  const little = free < LITTLE_MEMORY ? '; little\ntry: close other programs, or use --subset' : '';
  return `${bytes(all)}, ${bytes(free)} free${little}`;
}

function archive(size: number | null): string {
  return size === null
    ? 'not downloaded yet (162.2 MiB)\ntry: bayescnn data fetch'
    : `downloaded, ${bytes(size)}`;
}

function space({ writable, free_bytes }: Omit<Place, 'folder'>, remedy: string): string {
  if (!writable) return `cannot be written to\ntry: ${remedy}`;
  if (free_bytes === null) return 'writable';
  const little = free_bytes < LITTLE_SPACE ? `; little\ntry: ${remedy}` : '';
  return `writable, ${bytes(free_bytes)} free${little}`;
}

function engineState({ available, detail, remedy }: Engine): string {
  if (available) return detail;
  // The name stands beside it.
  const reason = detail.replace(/^engine \w+: /, '');
  return `not available: ${reason}${remedy === undefined ? '' : `\ntry: ${remedy.replace(/ (?=\([^()]*\)$)/, '\n')}`}`;
}

import type { ActiveEngine, EngineName } from '../../backends/select.js';
import type { LabelledSource } from '../../train/step.js';
import { Peer, type PeerOptions, type PeerVersions } from './peer.js';
import { measureRate } from './rates.js';
import { type BenchOptions, eachSetting, type Setting } from './settings.js';
import { type Spread, spread } from './spread.js';
import { createWorkload } from './workload.js';

/** One round's figures: first PyTorch was measured, then this engine. */
export interface Round {
  pytorch: number;
  bayescnn: number;
}

/** Training images/s of one setting; the ratio is bayescnn's to PyTorch's, round by round. */
export interface VersusRow extends Setting {
  engine: EngineName;
  /** What the engine computes on. */
  device: string;
  relaxed: boolean;
  rounds: Round[];
  pytorch: Spread;
  bayescnn: Spread;
  ratio: Spread;
}

export interface VersusResult {
  versions: PeerVersions;
  rows: VersusRow[];
}

/**
 * Measures PyTorch and this engine in turn, in one run and with the same settings, so that whatever the machine does
 * meanwhile meets both.
 */
export async function runVersus(
  options: BenchOptions & PeerOptions,
  onRow: (row: VersusRow) => void,
): Promise<VersusResult> {
  const { peer, versions } = await Peer.start(options);
  const rows: VersusRow[] = [];
  try {
    await eachSetting(options, async (setting, source, engine) => {
      const row = await measure(setting, source, engine, peer, options);
      rows.push(row);
      onRow(row);
    });
  } finally {
    peer.close();
  }
  return { versions, rows };
}

async function measure(
  setting: Setting,
  source: LabelledSource,
  { name, device, relaxed }: ActiveEngine,
  peer: Peer,
  options: BenchOptions,
): Promise<VersusRow> {
  const seconds = options.seconds ?? 1;
  const rounds: Round[] = [];
  for (let round = 0; round < (options.repetitions ?? 5); round++) {
    options.signal?.throwIfAborted();
    const pytorch = await peer.measure(setting, seconds);
    const workload = createWorkload(setting.model, setting.batch, source);
    rounds.push({ pytorch, bayescnn: measureRate(workload.run, setting.batch, seconds) });
    workload.dispose();
  }
  return { ...setting, engine: name, device, relaxed, rounds, ...compare(rounds) };
}

/** Spreads of both rates, and of their ratio within each round. */
export function compare(rounds: readonly Round[]): Record<'pytorch' | 'bayescnn' | 'ratio', Spread> {
  return {
    pytorch: spread(rounds.map((round) => round.pytorch)),
    bayescnn: spread(rounds.map((round) => round.bayescnn)),
    ratio: spread(rounds.map((round) => round.bayescnn / round.pytorch)),
  };
}

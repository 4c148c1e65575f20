import { BayescnnError } from '../errors.js';
import { differences, flatten } from '../report/index.js';
import { memberFolder } from '../results/index.js';
import { copyRun, type DerivedSummary, type DeriveRequest, makeRun, ownConfig, sourceOf } from './derive.js';
import { type OpenedModel, openModel } from './stored-model.js';

export interface EnsembleRequest extends DeriveRequest {
  /** Run folders. */
  runs: readonly string[];
  /** `best` or `last`. */
  checkpoint: string;
}

/**
 * Makes a run of finished ones that predicts with the mean of their distributions. It holds copies of their networks.
 * @throws BayescnnError 'usage' for a run given twice, or runs that saw different data
 */
export async function makeEnsemble(request: EnsembleRequest): Promise<DerivedSummary> {
  const { reporter: _, checkpoint, samples } = request;
  const members: OpenedModel[] = [];
  for (const run of request.runs) members.push(await openModel({ run, checkpoint }));
  requireDistinct(members);
  requireSameData(members);
  const config = ownConfig(members[0]);
  const derived = {
    settings: { ensemble: members.length },
    from: members.map(sourceOf),
    members: members.length,
    facts: {},
  };
  const fill = async (folder: { path: string }) => {
    for (const [m, member] of members.entries()) await copyRun(member, memberFolder(folder.path, m));
  };
  const asked = { ...config, eval: { ...config.eval, samples: samples ?? config.eval.samples } };
  const runs = members.map(({ run }) => run);
  return makeRun({ name: 'ensemble', config: asked, derived, fill }, runs, request);
}

function requireDistinct(members: readonly OpenedModel[]): void {
  const keys = members.map(({ run, checkpoint }) => checkpoint?.sha256 ?? run.path);
  const again = keys.findIndex((key, i) => keys.indexOf(key) !== i);
  if (again === -1) return;
  const first = members[keys.indexOf(keys[again])].run.path;
  throw new BayescnnError(
    'usage',
    `ensemble: expected each network once, got that of ${first} again in ${members[again].run.path}`,
    { hint: 'leave one out; members should differ in their seeds' },
  );
}

/** What the images of a run depend on, but for where its archive lies; its normalisation, because all share one. */
const DATA = /^(source|subset|validation|normalize)(\..*)?$/;

function requireSameData(members: readonly OpenedModel[]): void {
  const facts = members.map(({ run, config }) => {
    const own = [...flatten(config.data)].filter(([setting]) => DATA.test(setting));
    const archive = (run.environment?.dataset as { sha256?: string } | undefined)?.sha256 ?? 'unknown';
    return { name: run.name, settings: new Map([['archive', archive.slice(0, 12)], ...own]) };
  });
  const unlike = differences(facts);
  if (unlike.length === 0) return;
  const texts = unlike.map(({ setting, values }) => {
    const each = values.map(({ value, runs }) => `${value} (${runs.join(', ')})`);
    return `${setting} ${each.join(' and ')}`;
  });
  throw new BayescnnError('usage', `ensemble: runs must share their data, got ${texts.join('; ')}`, {
    hint: 'make an ensemble of runs that saw the same images; model and training may differ',
  });
}

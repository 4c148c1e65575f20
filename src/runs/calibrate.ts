import { fitOnValidation } from './calibration.js';
import { copyRun, type DerivedSummary, type DeriveRequest, makeRun, ownConfig, sourceOf } from './derive.js';
import { engineLine, setUp } from './setup.js';
import { openModel, withModel } from './stored-model.js';

export interface CalibrationRequest extends DeriveRequest {
  /** Run folder. */
  run: string;
  /** `best`, `last` or a file. */
  checkpoint: string;
}

/**
 * Fits a run's temperature on its validation images and makes a run of it that is predicted with at that temperature.
 * @throws BayescnnError 'usage' when the run has no validation images
 */
export async function calibrateRun(request: CalibrationRequest): Promise<DerivedSummary> {
  const opened = await openModel(request);
  const setup = await setUp(opened.config, { events: request.dataEvents, signal: request.signal });
  request.reporter.note(engineLine(setup.engine));
  const fit = await withModel(opened, setup.engine, (stored) => fitOnValidation(stored, setup, request));
  const before = opened.run.derived;
  const derived = {
    ...before,
    settings: { ...before?.settings, temperature: 'fit' },
    from: [sourceOf(opened)],
    temperature: fit.temperature,
    facts: { ...before?.facts, temperature: fit },
  };
  const name = `${opened.run.name}-temperature`;
  const fill = (folder: { path: string }) => copyRun(opened, folder.path);
  return makeRun({ name, config: ownConfig(opened), derived, fill }, [opened.run], request);
}

import { Command } from '@commander-js/extra-typings';
import { asTyped } from './as-typed.js';
import { addBench } from './commands/bench.js';
import { addCalibrate } from './commands/calibrate.js';
import { addCompare } from './commands/compare.js';
import { addCompletion } from './commands/completion.js';
import { addCurves } from './commands/curves.js';
import { addData } from './commands/data.js';
import { addDoctor } from './commands/doctor.js';
import { addEnsemble } from './commands/ensemble.js';
import { addEval } from './commands/eval.js';
import { addExport } from './commands/export.js';
import { addInit } from './commands/init.js';
import { addInspect } from './commands/inspect.js';
import { addLaplace } from './commands/laplace.js';
import { addPredict } from './commands/predict.js';
import { addReport } from './commands/report.js';
import { addSweep } from './commands/sweep.js';
import { addSweepTask } from './commands/sweep-task.js';
import { addTrain } from './commands/train.js';
import { addUi } from './commands/ui.js';
import type { Io } from './io.js';
import { errorText } from './report-error.js';
import { packageVersion } from './version.js';

const EXAMPLES = `
Examples:
  bayescnn train --config notebook-bayes
  bayescnn eval results/notebook-bayes
  bayescnn doctor

Exit codes: 0 done, 1 failure, 2 usage or config, 3 data, 4 engine, 130 interrupted.
`;

/** Commander's `error: ...` with `(Did you mean x?)` on a line of its own, as this program's own errors say it. */
function usageMessage(text: string): string {
  return text
    .trim()
    .replace(/^error: /, '')
    .replace(/\n\(Did you mean (.*)\?\)$/s, '; did you mean $1?');
}

/** A program that throws CommanderError where commander would end the process, and writes to `io` alone. */
export function newProgram(io: Io): Command {
  return new Command('bayescnn')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(asTyped(io, text)),
      writeErr: (text) => io.stderr.write(asTyped(io, text)),
      outputError: (text) => io.stderr.write(errorText(io, usageMessage(text))),
    })
    .showHelpAfterError('  try: bayescnn --help');
}

/** The whole command line. Commands load what they need when they run, so that help is fast. */
export function buildProgram(io: Io): Command {
  const program = newProgram(io)
    .description('Trains a LeNet and its Bayesian twin on CIFAR-10 and reports what each buys and costs.')
    .version(packageVersion(), '-V, --version')
    .option('--plain', 'with any command: no bars, colours or drawings, e.g. for a screen reader')
    .on('option:plain', () => {
      io.plain = true;
    })
    .addHelpText('after', EXAMPLES);
  addTrain(program, io);
  addEval(program, io);
  addPredict(program, io);
  addCompare(program, io);
  addCurves(program, io);
  addReport(program, io);
  addUi(program, io);
  addSweep(program, io);
  addSweepTask(program, io);
  addEnsemble(program, io);
  addLaplace(program, io);
  addCalibrate(program, io);
  addExport(program, io);
  addInit(program, io);
  addData(program, io);
  addInspect(program, io);
  addBench(program, io);
  addDoctor(program, io);
  addCompletion(program, io);
  return program;
}

import { textTable } from '../../report/table.js';
import type { EvaluationReport } from '../../runs/evaluate.js';
import { columns, percent, whole } from '../output-format.js';
import { corruptionText } from './corruption-text.js';

/** Numbers of samples that the text shows of a curve. */
const CURVE_STOPS = [1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 300, 500, 1000];

const CHOSEN: Record<EvaluationReport['selection'], string> = {
  validation: 'selected by validation NLL',
  none: 'not selected',
  unknown: 'a file of its own',
};

/** The metrics as text, its tables for lines of `width` characters. */
export function describeEvaluation(result: EvaluationReport, width?: number): string {
  const table = columns([...scores(result), ...uncertainty(result), ...origin(result)]);
  const more = [
    ...(result.curve ? [curveTable(result, width)] : []),
    ...(result.corruptions ? [corruptionText(result.corruptions, result.corruption_means, width)] : []),
    ...(result.ood ? [outsideTable(result.ood, width)] : []),
  ];
  return [table, ...more].join('\n\n');
}

type Row = [string, string];
const figure = (value: number): string => value.toFixed(4);
const nats = (value: number): string => `${figure(value)} nats`;

function scores(result: EvaluationReport): Row[] {
  return [
    ['accuracy', `${percent(result.accuracy)} of ${whole(result.n)} ${result.split} images`],
    ['top-5 accuracy', percent(result.top5_accuracy)],
    ['NLL', figure(result.nll)],
    ['Brier', figure(result.brier)],
    ['ECE', `${figure(result.ece)} (15 bins of equal width)`],
    ['adaptive ECE', `${figure(result.adaptive_ece)} (15 bins of equal count)`],
    ['classwise ECE', figure(result.classwise_ece)],
    ['signed ECE', `${figure(result.signed_ece)} (${result.signed_ece > 0 ? 'over' : 'under'}confident)`],
    ['MCE', figure(result.mce)],
  ];
}

function uncertainty(result: EvaluationReport): Row[] {
  return [
    ['predictive entropy', nats(result.predictive_entropy)],
    ['expected entropy', nats(result.expected_entropy)],
    ['mutual information', nats(result.mutual_information)],
    ['aleatoric, epistemic', `${figure(result.aleatoric)}, ${figure(result.epistemic)} (variance)`],
    ['variation ratio', figure(result.variation_ratio)],
    ['disagreement', figure(result.disagreement)],
    ['AURC', figure(result.aurc)],
    ['AUGRC', figure(result.augrc)],
    ['error at 80 % coverage', percent(result.risk_at_80_coverage)],
    ['coverage at 5 % error', percent(result.coverage_at_5_risk)],
  ];
}

function origin(result: EvaluationReport): Row[] {
  return [
    ['posterior samples', String(result.samples)],
    ...(result.temperature === 1 ? [] : [['temperature', figure(result.temperature)] satisfies Row]),
    ['checkpoint', result.checkpoint],
    ['epoch', `${result.epoch}, ${CHOSEN[result.selection]}`],
    ...(result.export === undefined ? [] : [['exported to', result.export] satisfies Row]),
  ];
}

function curveTable({ curve = [], samples }: EvaluationReport, width?: number): string {
  const heads = ['samples', 'accuracy', 'NLL', 'Brier', 'ECE', 'mutual information', 'AURC'];
  const shown = curve.filter((point) => CURVE_STOPS.includes(point.samples) || point.samples === samples);
  const rows = shown.map((point) => [
    String(point.samples),
    percent(point.accuracy),
    figure(point.nll),
    figure(point.brier),
    figure(point.ece),
    figure(point.mutual_information),
    figure(point.aurc),
  ]);
  return textTable([heads, ...rows], width);
}

/** Each set's detection by the three scores. */
function outsideTable(ood: NonNullable<EvaluationReport['ood']>, width?: number): string {
  const heads = ['out of distribution', 'score', 'AUROC', 'AUPR out', 'AUPR in', 'FPR95'];
  const scored = ['predictive_entropy', 'max_probability', 'mutual_information'] as const;
  const rows = ood.flatMap((result) =>
    scored.map((score) => [
      result.set,
      score.replace('_', ' '),
      figure(result[score].auroc),
      figure(result[score].aupr_out),
      figure(result[score].aupr_in),
      figure(result[score].fpr95_out),
    ]),
  );
  return textTable([heads, ...rows], width, 2);
}

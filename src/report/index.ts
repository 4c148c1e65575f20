export {
  type ComparedRun,
  compareGroups,
  type GroupComparison,
  type GroupSummary,
  type MeanSd,
  type MetricComparison,
  type RunGroup,
  sameImages,
} from './comparison.js';
export {
  type ComparisonReport,
  CSV_COLUMNS,
  comparisonMarkdown,
  comparisonRows,
  comparisonText,
} from './comparison-text.js';
export { type ChartOptions, type Curve, chart, curveTable } from './curves.js';
export { type Difference, differences, flatten } from './differences.js';
export { type DrawnFigure, plotPng } from './draw.js';
export { shares } from './figures/histogram.js';
export { ENTROPY_BINS } from './figures/right-wrong.js';
export { LIVE_CSS, liveContent, livePage } from './live/live-page.js';
export type { LiveRun, LiveState } from './live/live-run.js';
export { LIVE_JS } from './live/live-script.js';
export { GENERATOR } from './page/page.js';
export { makeReport, type Report } from './report.js';
export {
  type ImagePick,
  type ReportEvaluation,
  type ReportGroup,
  type ReportImage,
  type ReportInput,
  type ReportRun,
  SIGMA_BINS,
  type SigmaHistogram,
} from './report-input.js';
export { type ImageScores, imageScores } from './scores.js';
export { mean } from './statistics.js';
export {
  type PointSummary,
  type SweepRun,
  summarizePoints,
  sweepTable,
} from './sweep-table.js';
export { type Cells, markdownTable, textTable, withoutEmptyColumns } from './table.js';

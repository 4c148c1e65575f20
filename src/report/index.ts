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
export { type Cells, markdownTable, textTable } from './table.js';

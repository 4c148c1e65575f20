/** Rows of cells, the first being the heads. */
export type Cells = readonly (readonly string[])[];

/** A table in columns: the first one to the left, the others (numbers) to the right. */
export function textTable(rows: Cells): string {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  const cell = (text: string, i: number) => (i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i]));
  return rows.map((row) => row.map(cell).join('  ').trimEnd()).join('\n');
}

/** A GitHub-flavoured Markdown table; alignment as `textTable`. */
export function markdownTable(rows: Cells): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = rows[0].map((_, i) => (i === 0 ? '---' : '---:'));
  return [line(rows[0]), line(rule), ...rows.slice(1).map(line)].join('\n');
}

import { type DrawnFigure, drawFigures } from './draw.js';
import { reportPage } from './page/page.js';
import type { ReportInput } from './report-input.js';
import { type Section, sectionsOf } from './sections.js';

/** A report's page and its plots. */
export interface Report {
  readonly html: string;
  readonly figures: readonly DrawnFigure[];
}

/** Draws every plot and sets the page. Equal input gives equal bytes. */
export async function makeReport(input: ReportInput): Promise<Report> {
  const sections = withOwnIds(sectionsOf(input.groups));
  const figures = await drawFigures(sections.flatMap((section) => section.figures));
  const drawn = new Map(figures.map((figure) => [figure.id, figure]));
  const page = reportPage(
    input,
    sections.map((section) => ({
      ...section,
      figures: section.figures.map(({ id }) => drawn.get(id) as DrawnFigure),
    })),
  );
  return { html: page, figures };
}

/** Names of groups that differ in signs alone, such as `a+b` and `a.b`, give one id: the later ones get a number. */
export function withOwnIds(sections: readonly Section[]): Section[] {
  const taken = new Map<string, number>();
  return sections.map((section) => ({
    ...section,
    figures: section.figures.map((figure) => {
      const times = (taken.get(figure.id) ?? 0) + 1;
      taken.set(figure.id, times);
      return times === 1 ? figure : { ...figure, id: `${figure.id}--${times}` };
    }),
  }));
}

/**
 * The colours of plots are CSS variables of the page, so that one drawing serves the light and the dark theme. Without
 * a page (PNG) the light values are put in. Colours follow Okabe and Ito (2008), darkened for light and lightened for
 * dark paper until each has a contrast of at least 3 with it; lines differ in their dashes too.
 */
export const THEMES = {
  light: {
    paper: '#ffffff',
    raised: '#f5f6f8',
    ink: '#1a1c20',
    muted: '#565b66',
    rule: '#d5d8de',
    c1: '#0067a8',
    c2: '#c2480a',
    c3: '#007a5a',
    c4: '#97478c',
    c5: '#7a6500',
    c6: '#5c626e',
  },
  dark: {
    paper: '#14161a',
    raised: '#1e2127',
    ink: '#eceef2',
    muted: '#a9afbb',
    rule: '#363b45',
    c1: '#62b6f2',
    c2: '#f5a067',
    c3: '#45cfa6',
    c4: '#e0a0d6',
    c5: '#d8c650',
    c6: '#aab0bc',
  },
} as const;

export type ThemeColour = keyof (typeof THEMES)['light'];

/** One more than colours, so that a seventh series differs from the first. */
const DASHES = [[], [6, 3], [2, 2], [8, 3, 2, 3], [12, 4], [1, 3], [10, 2, 2, 2, 2, 2]] as const;
const SERIES = ['c1', 'c2', 'c3', 'c4', 'c5', 'c6'] as const;

/** A theme's colour in a specification. */
export function ink(colour: ThemeColour): string {
  return `var(--${colour})`;
}

/** The colour of the i-th series. */
export function seriesColour(i: number): string {
  return ink(SERIES[i % SERIES.length]);
}

/** Colour and dash of the series, in their order. */
export function seriesScales(names: readonly string[]) {
  const domain = [...names];
  return {
    colour: { domain, range: names.map((_, i) => seriesColour(i)) },
    dash: { domain, range: names.map((_, i) => DASHES[i % DASHES.length]) },
  };
}

const axis = {
  labelColor: ink('muted'),
  titleColor: ink('ink'),
  gridColor: ink('rule'),
  domainColor: ink('muted'),
  tickColor: ink('muted'),
  labelFontSize: 12,
  titleFontSize: 12,
  titleFontWeight: 'normal',
  tickCount: 5,
};

/** What all plots share. The alternative text is the page's. */
export const BASE = {
  width: 360,
  height: 250,
  autosize: { type: 'fit', contains: 'padding' },
  padding: 4,
  background: null,
  config: {
    aria: false,
    font: 'system-ui, sans-serif',
    view: { stroke: null },
    axis,
    legend: {
      orient: 'top',
      title: null,
      labelColor: ink('ink'),
      labelFontSize: 11,
      symbolSize: 260,
      symbolStrokeWidth: 2.5,
      symbolType: 'stroke',
    },
  },
} as const;

/** The part of asciichart that is used; the package has no types. */
declare module 'asciichart' {
  export interface PlotOptions {
    height?: number;
    /** ANSI colours of the series, in turn; undefined: none. */
    colors?: (string | undefined)[];
    format?: (value: number) => string;
  }
  export function plot(series: readonly (readonly number[])[], options?: PlotOptions): string;
  const asciichart: { plot: typeof plot } & Record<
    'lightblue' | 'lightred' | 'green' | 'magenta' | 'yellow' | 'cyan' | 'reset',
    string
  >;
  export default asciichart;
}

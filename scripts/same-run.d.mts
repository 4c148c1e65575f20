/** What differs between two finished run folders, but for times, names and threads: names of files. */
export function differences(got: string, wanted: string): string[];

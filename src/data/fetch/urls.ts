import { BayescnnError } from '../../errors.js';

/** Hosts on this machine, the only ones that may be asked without TLS (and never through a proxy). */
export function isLoopback(url: URL): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
}

/**
 * Parses a download URL; one that ends in `/` names the folder that holds `fileName`.
 * @throws usage error unless it is https (http for loopback hosts)
 */
export function downloadUrl(text: string, fileName: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !isAllowed(url)) {
    throw new BayescnnError('usage', `download: mirror must be an https:// URL, got ${redact(text)}`, {
      hint: 'correct BAYESCNN_MIRROR (comma-separated https URLs)',
    });
  }
  if (url.pathname.endsWith('/')) url.pathname += fileName;
  return url;
}

/** True for https, and for http on this machine. */
export function isAllowed(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
}

/** The mirrors of BAYESCNN_MIRROR, which are asked before the official host. */
export function mirrorsFromEnvironment(env: NodeJS.ProcessEnv = process.env): string[] {
  return (env.BAYESCNN_MIRROR ?? '')
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '');
}

/** Text without the user names, passwords and query strings of the URLs in it. */
export function redact(text: string): string {
  return text.replace(/\/\/[^\s/?#]*@/g, '//***@').replace(/(\/\/[^\s?#"')]+)\?[^\s"')]*/g, '$1?***');
}

import { BayescnnError } from '../../errors.js';

/** Hosts on this machine, the only ones that may be asked without TLS (and never through a proxy). */
export function isLoopback(url: URL): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
}

/**
 * Parses a download URL; one that ends in `/` names the folder that holds `fileName`.
 * @throws usage error unless it is https (http for loopback hosts, or where BAYESCNN_ALLOW_HTTP is 1)
 */
export function downloadUrl(text: string, fileName: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !isAllowed(url)) {
    throw new BayescnnError('usage', `download: mirror must be an https:// URL, got ${redact(text)}`, {
      hint: 'correct BAYESCNN_MIRROR (comma-separated https URLs); BAYESCNN_ALLOW_HTTP=1 allows http://',
    });
  }
  if (url.pathname.endsWith('/')) url.pathname += fileName;
  return url;
}

/** True for https, for http on this machine, and for http elsewhere where the user allows it: the file's checksum decides. */
export function isAllowed(url: URL): boolean {
  if (url.protocol !== 'http:') return url.protocol === 'https:';
  return isLoopback(url) || process.env.BAYESCNN_ALLOW_HTTP === '1';
}

/** The mirrors of BAYESCNN_MIRROR, which are asked before the official host. */
export function mirrorsFromEnvironment(env: NodeJS.ProcessEnv = process.env): string[] {
  return (env.BAYESCNN_MIRROR ?? '')
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '');
}

/** Whether a host may send on to another place: never from TLS to none, and to this machine only from it. */
export function mayRedirect(from: URL, to: URL): boolean {
  if (to.protocol === 'https:') return true;
  return from.protocol === 'http:' && isAllowed(to) && (isLoopback(from) || !isLoopback(to));
}

const PROXY_VARIABLES = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY'];

/**
 * Looks at the proxies that the environment names.
 * @throws usage error for one that is no http or https URL; its value is not shown, since it may hold a password
 */
export function checkProxies(env: NodeJS.ProcessEnv = process.env): void {
  for (const name of PROXY_VARIABLES) {
    const text = env[name];
    if (!text) continue;
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url && /^https?:$/.test(url.protocol) && isDecodable(`${url.username}${url.password}`)) continue;
    const got = url && !/^https?:$/.test(url.protocol) ? 'one without http:// or https://' : 'something else';
    throw new BayescnnError(
      'usage',
      `download: ${name} must be a URL such as http://proxy.example:3128, got ${got} (not shown)`,
      {
        hint: `correct ${name}: characters such as @ / # % in a password are written as %40 %2F %23 %25`,
      },
    );
  }
}

function isDecodable(text: string): boolean {
  try {
    return decodeURIComponent(text) !== undefined;
  } catch {
    return false;
  }
}

/**
 * Text without the user names, passwords and query strings of the URLs in it, also of `user:password@host` without a
 * scheme, and of what is no URL because its password has a slash in it.
 */
export function redact(text: string): string {
  return text.replace(/\S*@\S*/g, withoutUser).replace(/(\/\/[^\s?#"')]+)\?[^\s"')]*/g, '$1?***');
}

function withoutUser(word: string): string {
  const shown = word.replace(/\/\/[^\s/?#]*@/g, '//***@');
  const url = /[a-z][a-z\d+.-]*:\/\/[^\s"')]*/i.exec(shown)?.[0];
  if (url !== undefined) return URL.canParse(url) ? shown : shown.replace(/\/\/.*@/, '//***@');
  return shown.includes('//') ? shown : shown.replace(/^(\W*).*:.*@/, '$1***@');
}

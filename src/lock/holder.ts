import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Who holds a lock, as its file says. */
export interface Holder {
  readonly host: string;
  /** Where its pid means something: one start of one machine, and in it one namespace of processes. */
  readonly space: string;
  readonly pid: number;
  /** When the process began, in the system's own count: a pid is used again. Null where the system does not tell. */
  readonly started: string | null;
  /** Of this one time that the lock was taken. */
  readonly nonce: string;
}

const NONCE = /^[0-9a-f]{16}$/;

/** This process, about to take a lock. */
export function newHolder(): Holder {
  const { pid } = process;
  const started = systemTells() ? startOf(pid) : undefined;
  const nonce = randomBytes(8).toString('hex');
  return { host: hostname(), space: processSpace(), pid, started: started ?? null, nonce };
}

export function holderText(holder: Holder): string {
  return `${JSON.stringify(holder)}\n`;
}

/** The holder that a lock's file names; null when it was cut short or is none of ours. */
export function parseHolder(text: string): Holder | null {
  try {
    const { host, space, pid, started, nonce } = JSON.parse(text) as Holder;
    const named = typeof host === 'string' && typeof space === 'string';
    const timed = started === null || typeof started === 'string';
    const valid = named && timed && Number.isSafeInteger(pid) && pid > 0 && NONCE.test(nonce);
    return valid ? { host, space, pid, started, nonce } : null;
  } catch {
    return null;
  }
}

/** A holder for people, e.g. `process 4321 on node7`. */
export function describeHolder(holder: Holder | null): string {
  if (holder === null) return 'another process';
  // The name comes from a file: nothing in it may reach the terminal but a name.
  const host = holder.host.replace(/[^\w.-]/g, '?').slice(0, 80);
  return `process ${holder.pid}${holder.host === hostname() ? '' : ` on ${host}`}`;
}

/**
 * Whether a holder's process lives, as far as this one can see: undefined for processes of other machines and other
 * containers, and where the system does not tell a process's start (its pid may be another's by now).
 */
export function isAlive(holder: Holder): boolean | undefined {
  if (holder.space !== processSpace()) return undefined;
  if (systemTells() && holder.started !== null) return startOf(holder.pid) === holder.started;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return undefined;
}

const systemTells = (): boolean => startOf(process.pid) !== undefined;

/**
 * When a process began, in clock ticks since the machine's start: field 22 of Linux's /proc/PID/stat, see proc(5);
 * undefined without such a process. One that has ended but was not waited for by its parent counts as ended.
 */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is a name that may hold spaces and parentheses; the third, the state, comes behind the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return /[ZX]/.test(fields[0]) ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

let space: string | undefined;

function processSpace(): string {
  space ??= linuxSpace() ?? `host ${hostname()}`;
  return space;
}

function linuxSpace(): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return undefined;
  }
}

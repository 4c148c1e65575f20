/*
 * Work that threads take piece by piece, as they come to it: where a neighbour on the machine slows one of them down, the
 * others do more, and none waits long at the fence behind the instruction. Each piece is the same whoever takes it.
 */

/** Where all threads count the items that are taken; each thread's own copy of the address. */
let counter: usize = 0;
/** The end of what this thread took last. */
let end: i32 = 0;

/** Tells this thread where the count stands; before a program. */
export function countAt(at: usize): void {
  counter = at;
}

/** Clears the count: by one thread, while no other takes anything. */
export function resetClaims(): void {
  atomic.store<i32>(counter, 0);
}

/**
 * Takes a piece of `n` items and returns its first, or `n` where nothing is left; `claimEnd` tells where it ends, `onward` goes
 * through it and to the next. Pieces get smaller with what is left (guided self-scheduling, Polychronopoulos & Kuck 1987); one
 * thread takes all at once.
 */
export function claim(n: i32, threads: i32): i32 {
  let first = atomic.load<i32>(counter);
  while (first < n) {
    const left = n - first;
    const size = threads == 1 ? left : max<i32>(1, left / (2 * threads));
    const seen = atomic.cmpxchg<i32>(counter, first, first + size);
    if (seen == first) {
      end = first + size;
      return first;
    }
    first = seen;
  }
  return n;
}

/** Where the piece that this thread took last ends. */
export function claimEnd(): i32 {
  return end;
}

/** Item `next` where the piece that this thread took last holds it, else the first of another; `n` where nothing is left. */
export function onward(next: i32, n: i32, threads: i32): i32 {
  return next < end ? next : claim(n, threads);
}

/** Work that tells how far it is, as a sequence of what it tells; what it returns comes last. */
export async function* told<P, T>(
  work: (tell: (progress: P) => void) => Promise<T>,
): AsyncGenerator<P, T> {
  let last: { readonly progress: P } | null = null;
  let wake = Promise.withResolvers<void>();
  let isOver = false;
  const done = work((progress) => {
    last = { progress };
    wake.resolve();
  }).finally(() => {
    isOver = true;
    wake.resolve();
  });
  done.catch(() => {}); // it is heard below, unless nobody listens any more
  while (!isOver) {
    await wake.promise;
    wake = Promise.withResolvers<void>();
    const told: { readonly progress: P } | null = last;
    last = null;
    if (told !== null && !isOver) yield (told as { readonly progress: P }).progress;
  }
  return await done;
}

const quietMs = 100;

/** Tells often enough for a bar, and no oftener. */
export function throttled(tell: (bytes: number) => void): (bytes: number) => void {
  let last = 0;
  return (bytes) => {
    if (performance.now() - last < quietMs) return;
    last = performance.now();
    tell(bytes);
  };
}

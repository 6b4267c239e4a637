/** Runs a bench: its sentence and status 1 when it fails; Ctrl-C cleans up like the end does. */
export function main(bench: (cleanUp: (work: () => void | Promise<void>) => void) => Promise<void>): void {
  const works: (() => void | Promise<void>)[] = [];
  let cleaning: Promise<void> | undefined;
  const clean = (): Promise<void> =>
    (cleaning ??= (async () => {
      for (const work of works.reverse()) await Promise.resolve(work()).catch(() => undefined);
    })());
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void clean().then(() => process.kill(process.pid, signal)));
  }
  bench((work) => works.push(work))
    .catch((error: unknown) => {
      process.exitCode = 1;
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    })
    .then(clean)
    .catch(() => undefined);
}

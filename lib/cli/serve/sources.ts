import { UsageError } from '../usage';
import type { Flag, FlagValues } from '../flags';
import { Settings, type Layer, type Value } from './settings';

/** What the program was started with; the file behind it can be read again. */
export interface Sources {
  readonly words: readonly string[];
  readonly flags: FlagValues;
  readonly env: NodeJS.ProcessEnv;
}

export interface Gathered {
  readonly settings: Settings;
  /** The configuration that was read. */
  readonly config?: string;
  /** Sentences about what is left aside. */
  readonly warnings: readonly string[];
}

/**
 * Everything that a server is told: file < environment < command line. Throws a UsageError about the command line, a
 * SettingError about the others, `io-error` where the file cannot be read.
 */
export async function gather(
  { words, flags, env }: Sources,
  rows: readonly Flag[],
  file = flags.value('config'),
): Promise<Gathered> {
  // Not even loaded where there is nothing for it, as on most command lines.
  const { environmentOf } = Object.keys(env).some((name) => name.startsWith('FTSERVER_'))
    ? (require('./environment') as typeof import('./environment'))
    : {};
  const environment = environmentOf?.(env, rows);
  const config = file ?? environment?.config;
  const layers: Layer[] = [];
  if (config !== undefined) {
    const { readConfiguration } = require('./configuration') as typeof import('./configuration');
    layers.push(await readConfiguration(config, rows));
  }
  if (environment !== undefined) layers.push(environment.layer);
  layers.push(layerOf(words, flags, rows));
  return {
    settings: new Settings(layers, config),
    warnings: environment?.warnings ?? [],
    ...(config === undefined ? {} : { config }),
  };
}

/** The command line's own. */
export function layerOf(words: readonly string[], flags: FlagValues, rows: readonly Flag[]): Layer {
  const [port, extra] = words;
  if (extra !== undefined) throw new UsageError(`"${extra}" is one word too many: ftserver takes a port`);
  const layer = new Map<string, readonly Value[]>();
  const add = (key: string, name: string, texts: readonly string[]): void => {
    if (texts.length > 0)
      layer.set(
        key,
        texts.map((text): Value => ({ text, origin: { source: 'flag', name } })),
      );
  };
  add('port', 'the port', port === undefined ? [] : [port]);
  for (const { name } of rows) add(name, `--${name}`, flags.has(name) ? ['true'] : flags.all(name));
  return layer;
}

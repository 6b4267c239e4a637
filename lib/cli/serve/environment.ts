import { hasControl } from '../../wire/names';
import type { Flag } from '../flags';
import { settingsOf } from './configuration';
import { didYouMean } from '../nearest';
import { refusal, type Layer, type Value } from './settings';

const PREFIX = 'FTSERVER_';

export interface Environment {
  readonly layer: Layer;
  /** `FTSERVER_CONFIG`. */
  readonly config?: string;
  /**
   * A sentence for each variable that means nothing. No error: variables come from elsewhere too (Kubernetes makes
   * FTSERVER_SERVICE_HOST and others for a service that is called ftserver), and a server that does not start
   * because of its neighbours is worse than a word about a typing mistake.
   */
  readonly warnings: readonly string[];
}

/** The settings in FTSERVER_* variables: the long names in upper case, `-` as `_`. An empty one is not given. */
export function environmentOf(env: NodeJS.ProcessEnv, flags: readonly Flag[]): Environment {
  const settings = settingsOf(flags);
  const names = [...settings.map(({ name }) => variableOf(name)), `${PREFIX}CONFIG`];
  const layer = new Map<string, readonly Value[]>();
  const warnings: string[] = [];
  for (const [name, text = ''] of Object.entries(env)) {
    if (!name.startsWith(PREFIX) || text === '' || name === `${PREFIX}CONFIG`) continue;
    const setting = settings.find((one) => variableOf(one.name) === name);
    if (setting === undefined) {
      warnings.push(`${name} is no setting and is left aside${didYouMean(name, names)}`);
      continue;
    }
    const value: Value = { text, origin: { source: 'environment', name } };
    // Made by Kubernetes for a service of our name: it means that service's address.
    if (setting.name === 'port' && text.startsWith('tcp://')) {
      warnings.push(`${name} is "${text}", which is not for us, and is left aside`);
      continue;
    }
    layer.set(setting.name, valuesOf(setting, value));
  }
  const config = env[`${PREFIX}CONFIG`];
  return { layer, warnings, ...(config === undefined || config === '' ? {} : { config }) };
}

function variableOf(name: string): string {
  return PREFIX + name.toUpperCase().replaceAll('-', '_');
}

const ON = /^(1|true|yes|on)$/i;
const OFF = /^(0|false|no|off)$/i;

function valuesOf(setting: Flag, value: Value): readonly Value[] {
  const { text, origin } = value;
  if (hasControl(text)) throw refusal(`${origin.name} holds a control character`, value);
  if (setting.value === undefined) {
    if (ON.test(text)) return [{ text: 'true', origin }];
    if (OFF.test(text)) return [{ text: 'false', origin }];
    throw refusal(`${origin.name} takes true or false, not "${text}"`, value);
  }
  // What may be repeated on a command line stands between blanks or commas here.
  if (setting.kind !== 'prefix') return [value];
  return text
    .split(/[\s,]+/)
    .filter((one) => one !== '')
    .map((one) => ({ text: one, origin }));
}

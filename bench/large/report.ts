import { ratios, shown, spread, table } from '../support/statistics';
import type { Runner } from './race';

interface Race {
  readonly rounds: number;
  readonly size: number;
  readonly began: string;
  readonly absent: readonly string[];
}

const MB = 1e6;
const GB = 1e9;

/** What a reader needs to judge the figures stands above them. */
export function report(runners: readonly Runner[], { rounds, size, began, absent }: Race): string {
  const [first] = runners;
  const seconds = ({ laps }: Runner): number[] => laps.map(({ client }) => client.seconds);
  const perGB = (value: number | undefined): string => (value === undefined ? '–' : (value / (size / GB)).toFixed(2));
  const megabytes = (values: readonly number[]): string => {
    const highest = Math.max(...values);
    return highest === 0 ? '–' : (highest / MB).toFixed(0);
  };
  const rows = runners.map((runner) => [
    runner.contender.name,
    shown(spread(seconds(runner).map((each) => size / GB / each))),
    runner === first || first === undefined ? '1' : shown(ratios(seconds(runner), seconds(first))),
    perGB(spread(runner.laps.map(({ client }) => client.cpu)).median),
    perGB(runner.server && spread(runner.laps.map(({ server }) => server ?? NaN)).median),
    megabytes(runner.laps.map(({ client }) => client.peak)),
    megabytes(runner.laps.map(({ client }) => client.watched)),
  ]);
  const head = ['', 'GB/s', 'first row is × as fast', 'client', 'server', 'client', 'server'];
  const over = ['', '', '', 'CPU s', 'per GB', 'peak', 'MB'];
  return (
    `\n${size} bytes from tmpfs to tmpfs, whole programs, ${rounds} rounds interleaved, every copy compared.\n` +
    `Medians of the rounds (lowest–highest); ratios are of the same round.\n${began}\n\n` +
    table([over, head, ...rows]) +
    absent.map((line) => `${line}\n`).join('')
  );
}

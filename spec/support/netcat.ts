import { blocksOf, document, section } from './markdown';

/** Both of Debian's. What README says must be true of either. */
export const NETCATS = ['nc.openbsd', 'nc.traditional'] as const;
export type Netcat = (typeof NETCATS)[number];

/** How this one ends its sending direction with its input: by FIN alone, or by leaving altogether. */
export const ENDS_WITH_INPUT: Readonly<Record<Netcat, readonly string[]>> = {
  'nc.openbsd': ['-N'],
  'nc.traditional': ['-q', '0'],
};

/** The commands that README shows, with the ports that these specs use instead. */
export function readmeCommands(which: 'get' | 'put' | 'serve', ports: { control: number; data: number }): string {
  const blocks = blocksOf(section(document('README.md'), 'netcat as a peer')).filter(({ info }) => info === 'sh');
  const signs = { get: "printf -- '-g", put: 'printf -- "-p', serve: 'nc -l -p 3555' };
  const found = blocks.filter(({ text }) => text.includes(signs[which]));
  const [block, ...more] = found;
  if (block === undefined || more.length > 0) throw new Error(`README shows ${found.length} ways to ${which}`);
  return block.text.replace(/\b3555\b/g, String(ports.control)).replace(/\b8555\b/g, String(ports.data));
}

/** Textual IP addresses as sockets report them: compared and shown, never resolved. */

/**
 * The address as people know it: an IPv4 address that a dual-stack socket reports as `::ffff:a.b.c.d`
 * (RFC 4291 §2.5.5.2, also in hexadecimal) as plain IPv4; IPv6 in lower case, its zone kept.
 */
export function plainAddress(address: string): string {
  const { text, zone } = split(address);
  const groups = parseGroups(text);
  if (groups === undefined) return address;
  return mapped(groups) ?? text + zone;
}

/** 127.0.0.0/8 or ::1, also mapped. */
export function isLoopback(address: string): boolean {
  const plain = plainAddress(address);
  if (parseOctets(plain)?.[0] === 127) return true;
  return parseGroups(split(plain).text)?.every((group, at) => group === (at === 7 ? 1 : 0)) ?? false;
}

/** The same host, however written. Zones count: fe80::1 on two links is two hosts. */
export function sameAddress(a: string, b: string): boolean {
  return canonical(a) === canonical(b);
}

/**
 * Whom to count, where somebody may have many addresses: an IPv6 host has at least a /64 of them to choose from
 * (RFC 7421), so that network is one; IPv4 addresses stand alone.
 */
export function networkOf(address: string): string {
  const plain = canonical(address);
  const { text, zone } = split(plain);
  const groups = parseGroups(text);
  if (groups === undefined) return plain;
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64${zone}`;
}

/** `host:port`, an IPv6 address in brackets (RFC 3986 §3.2.2). */
export function hostPort(host: string, port: number): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]:${port}` : `${host}:${port}`;
}

function canonical(address: string): string {
  const plain = plainAddress(address);
  const { text, zone } = split(plain);
  const groups = parseGroups(text);
  return groups === undefined ? plain : groups.map((group) => group.toString(16)).join(':') + zone;
}

/** Interface names are case-sensitive, hexadecimal digits are not. */
function split(address: string): { text: string; zone: string } {
  const percent = address.indexOf('%');
  if (percent === -1) return { text: address.toLowerCase(), zone: '' };
  return { text: address.slice(0, percent).toLowerCase(), zone: address.slice(percent) };
}

function mapped(groups: readonly number[]): string | undefined {
  if (!groups.every((group, at) => at > 5 || group === (at === 5 ? 0xffff : 0))) return undefined;
  return groups
    .slice(6)
    .flatMap((group) => [group >> 8, group & 0xff])
    .join('.');
}

/** The eight 16-bit groups of an IPv6 address (RFC 4291 §2.2); undefined when it is none. */
function parseGroups(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':')));
  if (head === undefined) return undefined;
  const last = tail ?? head;
  const octets = parseOctets(last.at(-1) ?? '');
  if (octets !== undefined) {
    const [a = 0, b = 0, c = 0, d = 0] = octets;
    last.splice(-1, 1, ((a << 8) | b).toString(16), ((c << 8) | d).toString(16));
  }
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => '0'), ...(tail ?? [])];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/.test(group))) return undefined;
  return groups.map((group) => parseInt(group, 16));
}

function parseOctets(text: string): number[] | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return undefined;
  const octets = text.split('.').map(Number);
  return octets.every((octet) => octet <= 255) ? octets : undefined;
}

import { isIP, isIPv6 } from 'node:net';
import { dialFailure, listenFailure, reasonOf } from '../../lib/net/failures';
import type { Conn, DialOptions, Endpoint, Listener, ListenOptions, Network } from '../../lib/net/network';
import { isLoopback, plainAddress } from '../../lib/wire/addresses';
import { memoryPair, type MemoryConn, type MemoryConnOptions } from './memoryConn';

export interface MemoryNetwork extends Network {
  /** Another machine on this network. What it dials comes from its first address of the right family. */
  machine(...addresses: string[]): Network;
  /** Host names beside `localhost`. */
  readonly names: Map<string, string>;
  /** Addresses that never answer: dialling one stays pending until it is called off. */
  readonly silent: Set<string>;
  /** Connections that are not closed, each counted at both ends, and listeners: 0 when nothing leaked. */
  readonly open: number;
}

export interface MemoryNetworkOptions extends Partial<MemoryConnOptions> {
  /** This machine's own addresses, beside loopback. */
  readonly addresses?: readonly string[];
}

interface Bound {
  readonly machine: Machine;
  readonly local: Endpoint;
  readonly onConn: (conn: Conn) => void;
}

/** Where ports that nobody asked for begin (RFC 6335 §6). */
const FIRST_DYNAMIC_PORT = 49152;

/** The wires: what exists on the network, whichever machine looks at it. */
class Wires {
  readonly names = new Map<string, string>();
  readonly silent = new Set<string>();
  readonly machines: Machine[] = [];
  readonly bound = new Set<Bound>();
  readonly conns = new Set<MemoryConn>();
  #nextPort = FIRST_DYNAMIC_PORT;

  constructor(readonly options: MemoryConnOptions) {}

  freePort(): number {
    this.#nextPort += 1;
    return this.#nextPort;
  }

  connect(from: Endpoint, bound: Bound, to: Endpoint): Conn {
    const pair = memoryPair(this.options, from, to);
    for (const conn of pair) {
      this.conns.add(conn);
      void conn.closed.then(() => this.conns.delete(conn));
    }
    bound.onConn(pair[1]);
    return pair[0];
  }
}

class Machine implements Network {
  constructor(
    private readonly wires: Wires,
    readonly addresses: readonly string[],
  ) {
    wires.machines.push(this);
  }

  async listen(options: ListenOptions, onConn: (conn: Conn) => void): Promise<Listener> {
    const address = plainAddress(options.host ?? '::');
    const port = options.port === 0 ? this.wires.freePort() : options.port;
    if (!isWildcard(address) && !this.isOwnAddress(address))
      throw listenFailure(options.host, port, errno('EADDRNOTAVAIL'));
    for (const { machine, local } of this.wires.bound) {
      const overlaps = local.address === address || isWildcard(local.address) || isWildcard(address);
      if (machine === this && local.port === port && overlaps)
        throw listenFailure(options.host, port, errno('EADDRINUSE'));
    }
    const bound: Bound = { machine: this, local: { address, port }, onConn };
    this.wires.bound.add(bound);
    await turn();
    return { local: bound.local, close: async () => void this.wires.bound.delete(bound) };
  }

  async dial(options: DialOptions, signal: AbortSignal): Promise<Conn> {
    const { host, port, localAddress } = options;
    const failed = (code: string): Error => dialFailure(host, port, localAddress, errno(code));
    if (signal.aborted) throw reasonOf(signal);
    await turn();
    if (signal.aborted) throw reasonOf(signal);
    const candidates = this.#resolve(host);
    if (candidates.length === 0) throw failed('ENOTFOUND');
    if (candidates.some((address) => this.wires.silent.has(address))) await calledOff(signal);
    if (localAddress !== undefined && !this.isOwnAddress(localAddress)) throw failed('EADDRNOTAVAIL');

    let code = 'EHOSTUNREACH';
    for (const address of candidates) {
      const target = isLoopback(address)
        ? this
        : this.wires.machines.find(({ addresses }) => addresses.includes(address));
      const from = this.#source(address, localAddress);
      if (target === undefined || from === undefined) continue;
      const bound = [...this.wires.bound].find((each) => each.machine === target && answers(each.local, address, port));
      if (bound === undefined) code = 'ECONNREFUSED';
      else return this.wires.connect({ address: from, port: this.wires.freePort() }, bound, { address, port });
    }
    throw failed(code);
  }

  isOwnAddress(address: string): boolean {
    return isLoopback(address) || this.addresses.includes(plainAddress(address));
  }

  #resolve(host: string): readonly string[] {
    if (isIP(host) !== 0) return [plainAddress(host)];
    if (host === 'localhost') return ['127.0.0.1', '::1'];
    const named = this.wires.names.get(host);
    return named === undefined ? [] : [named];
  }

  /** The address that a machine which binds none appears from. To any loopback address that is 127.0.0.1. */
  #source(to: string, bound: string | undefined): string | undefined {
    if (bound !== undefined) return isIPv6(bound) === isIPv6(to) ? plainAddress(bound) : undefined;
    if (isLoopback(to)) return isIPv6(to) ? '::1' : '127.0.0.1';
    if (this.addresses.includes(to)) return to;
    return this.addresses.find((address) => isIPv6(address) === isIPv6(to));
  }
}

export function memoryNetwork(options: MemoryNetworkOptions = {}): MemoryNetwork {
  const { addresses = ['10.0.0.1'], ...rest } = options;
  const wires = new Wires({ capacity: 256 * 1024, ...rest });
  const home = new Machine(wires, addresses);
  return {
    listen: (listenOptions, onConn) => home.listen(listenOptions, onConn),
    dial: (dialOptions, signal) => home.dial(dialOptions, signal),
    isOwnAddress: (address) => home.isOwnAddress(address),
    machine: (...others) => new Machine(wires, others),
    names: wires.names,
    silent: wires.silent,
    get open() {
      return wires.conns.size + wires.bound.size;
    },
  };
}

function isWildcard(address: string): boolean {
  return address === '::' || address === '0.0.0.0';
}

function answers(local: Endpoint, address: string, port: number): boolean {
  if (local.port !== port) return false;
  return local.address === address || local.address === '::' || (local.address === '0.0.0.0' && !isIPv6(address));
}

function errno(code: string): Error {
  return Object.assign(new Error(code), { code });
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function calledOff(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(reasonOf(signal));
    signal.addEventListener('abort', () => reject(reasonOf(signal)), { once: true });
  });
}

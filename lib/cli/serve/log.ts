import type { ChangeEvent, LoginEvent, PortDialect, SessionInfo, TransferEvent } from '../../index';
import { sentenceOf } from '../../errors';
import type { Output } from '../output';
import { harmless } from './harmless';
import { changeLine, loginLine, sessionLine, TransferVoice } from '../voice';

/** A port that is open. */
export interface Opened {
  readonly port: number;
  readonly address: string;
  readonly dialect: PortDialect;
  /** Addresses that other machines may know it by, the likeliest first. */
  readonly reach: readonly string[];
  /** What to type there, or here where no other machine can reach it. */
  readonly command: string;
}

/** What is told about the server itself, not about a client. */
export type Occasion = 'warning' | 'reload' | 'stop';

/** What ftserver prints while it runs. */
export interface ServerLog {
  opened(ports: readonly Opened[]): void;
  /** `ago`: milliseconds since it came. */
  session(session: SessionInfo, ago?: number): void;
  transfer(event: TransferEvent): void;
  change(event: ChangeEvent): void;
  login(event: LoginEvent): void;
  note(text: string): void;
  error(error: unknown): void;
  tell(occasion: Occasion, text: string): void;
}

/** Lines for people. Their wording is fixed, and `Server open on PORT` is first: programs wait for it. */
export function textLog(
  stdout: Output,
  stderr: Output,
  more: (ports: readonly Opened[]) => readonly string[],
): ServerLog {
  const voice = new TransferVoice();
  const print = (line: string | undefined): void => {
    if (line !== undefined) stdout.say(`${line}\n`);
  };
  const complain = (text: string): void => stderr.say(`ftserver: ${harmless(text)}\n`);
  return {
    opened: (ports) => {
      for (const { port, dialect } of ports) {
        print(`Server open on ${port}`);
        if (dialect !== 'default') print(`Speaking ${dialect}.`);
      }
      for (const line of more(ports)) print(harmless(line));
    },
    session: (session) => print(sessionLine(session)),
    transfer: (event) => print(voice.line(event)),
    change: (event) => print(changeLine(event)),
    login: (event) => print(loginLine(event)),
    note: (text) => print(harmless(text)),
    error: (error) => complain(sentenceOf(error)),
    tell: (_occasion, text) => complain(text),
  };
}

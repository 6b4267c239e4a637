import { expect } from 'chai';
import { connect, type Client, type ConnectOptions } from '../lib/client';
import { TwinportError } from '../lib/errors';
import { People } from './support/accounts';
import { settle } from './support/fakeClock';
import { CLIENT, SERVER, withBench, type Bench } from './support/ftBench';

const PEOPLE = { alice: 'sesame', 'a\nb': '\udcff\n' };
const SERVED = { files: { 'hello.txt': 'hello' }, clearPasswords: true };

/** What connecting came to; the clock goes on until it has come to something. */
async function connecting(bench: Bench, options: Partial<ConnectOptions>): Promise<Client | TwinportError> {
  let settled: Client | TwinportError | undefined;
  const network = bench.machine(CLIENT);
  connect({ host: SERVER, port: bench.port, network, clock: bench.clock, clearPasswords: true, ...options }).then(
    (client) => (settled = client),
    (error: unknown) => (settled = error as TwinportError),
  );
  for (let i = 0; i < 100 && settled === undefined; i += 1) await bench.clock.advance(1000);
  if (settled === undefined) throw new Error('connecting does not end');
  return settled;
}

async function leaving(bench: Bench, client: Client | TwinportError): Promise<void> {
  if (client instanceof TwinportError) throw client;
  const closed = client.close();
  await bench.clock.advance(2000);
  await closed;
}

describe('client: logging in', () => {
  const spec = (run: (bench: Bench, people: People) => Promise<void>): (() => Promise<void>) => {
    const people = new People(PEOPLE);
    return withBench({ ...SERVED, authenticator: people }, (bench) => run(bench, people));
  };

  it(
    'happens before the first request, on each connection',
    spec(async (bench, people) => {
      for (let i = 1; i <= 2; i += 1) {
        const client = await connecting(bench, { login: { name: 'alice', password: 'sesame' } });
        if (client instanceof TwinportError) throw client;
        expect(people.attempts).to.have.length(i);
        expect((await client.stat('hello.txt')).size).to.equal(5);
        await leaving(bench, client);
      }
    }),
  );

  it(
    'sends any name and password',
    spec(async (bench) => {
      await leaving(bench, await connecting(bench, { login: { name: 'a\nb', password: '\udcff\n' } }));
    }),
  );

  it(
    'that is refused leaves nothing, and says nothing of the password',
    spec(async (bench) => {
      const refused = await connecting(bench, { login: { name: 'alice', password: 'hunter2' } });
      expect(refused).to.include({ code: 'refused', reply: 530, message: 'Login refused.' });
      await settle();
      const without = await connecting(bench, {});
      if (without instanceof TwinportError) throw without;
      const stat: unknown = await without.stat('hello.txt').catch((error: unknown) => error);
      expect(stat).to.include({ code: 'refused', reply: 530, message: 'Log in first (-u).' });
      await leaving(bench, without);
    }),
  );

  it(
    'sends no password in clear text to another machine',
    spec(async (bench, people) => {
      const login = { name: 'alice', password: 'sesame' };
      const refused = await connecting(bench, { login, clearPasswords: false });
      expect(refused).to.include({ code: 'tls' });
      expect((refused as TwinportError).message).to.match(/not sent in clear text/);
      expect(people.attempts).to.deep.equal([]);
      await settle();
    }),
  );

  it(
    'sends one to its own machine',
    spec(async (bench) => {
      const options = { login: { name: 'alice', password: 'sesame' }, clearPasswords: false, host: '127.0.0.1' };
      await leaving(bench, await connecting(bench, { ...options, network: bench.network }));
    }),
  );

  const answers: [said: string, reply: number, message: RegExp][] = [
    ['500 "-u" is not a request of this server.', 530, /not a request/],
    ['502 Nobody logs in here.', 530, /Nobody logs in here/],
    ['421 Too many failed logins, closing.', 421, /Too many failed logins/],
    ['530 I do not know hunter2, nor 68756e74657232', 530, /^I do not know …, nor …$/],
  ];
  for (const [said, reply, message] of answers) {
    it(`takes "${said.slice(0, 30)}" for a refusal`, async () => {
      await withBench({}, async (bench) => {
        const listener = await bench.network.listen({ port: 0 }, (conn) => {
          void conn.read().then(async (chunks) => {
            expect(Buffer.concat(chunks ?? []).toString()).to.equal('-u alice\thunter2\n');
            await conn.write(Buffer.from(`${said}\r\n`));
            await conn.read();
            await conn.end();
          });
        });
        const refused = await connecting(bench, {
          port: listener.local.port,
          login: { name: 'alice', password: 'hunter2' },
        });
        expect(refused).to.include({ code: 'refused', reply });
        expect((refused as TwinportError).message)
          .to.match(message)
          .and.not.to.match(/hunter2|68756e/);
        await listener.close();
        await settle();
      })();
    });
  }

  it('is part of ft alone', async () => {
    const refused: unknown = await connect({
      host: '127.0.0.1',
      port: 1,
      dialect: 'framed',
      login: { name: 'a', password: 'b' },
    }).catch((error: unknown) => error);
    expect(refused).to.include({ code: 'invalid-argument', message: 'framed has no word for a login' });
  });

  it('has its user in the address, and its password elsewhere', async () => {
    const wrong: [url: string, password: string | undefined, message: RegExp][] = [
      ['ft://alice:hunter2@host', undefined, /^a password does not belong in an address$/],
      ['ft://:hunter2@host', 'x', /^a password does not belong in an address$/],
      ['ft://alice@host', undefined, /belong together/],
      ['ft://host', 'hunter2', /belong together/],
      ['http://alice:hunter2@host', undefined, /^not an address to connect to/],
      ['ft://alice:hunter2@host:port', undefined, /^not an address to connect to/],
    ];
    for (const [url, password, message] of wrong) {
      const refused: unknown = await connect(url, password).catch((error: unknown) => error);
      expect(refused).to.include({ code: 'invalid-argument' });
      expect((refused as Error).message)
        .to.match(message)
        .and.not.to.contain('hunter2');
    }
  });
});

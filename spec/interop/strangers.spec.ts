import { expect } from 'chai';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { noLeaks } from '../support/leaks';
import type { RunningServer } from '../support/programs';
import { hurriedClient, withPrograms, workshops } from '../support/thirdParty';

/** Programs that mean something else altogether. */

withPrograms('curl asks ftserver for a page', ['curl'], () => {
  const workshop = workshops();
  noLeaks();
  let server: RunningServer;

  beforeEach(async () => {
    mkdirSync(workshop().path('served'));
    writeFileSync(workshop().path('served/hello.txt'), 'hello, world\n');
    server = await workshop().ftserver(workshop().path('served'));
  });
  const curl = (...words: string[]) =>
    workshop().start('curl', ['--silent', '--show-error', '--max-time', '10', '--noproxy', '*', ...words]).ended;
  /** Whoever comes next is served as if nothing had been. */
  const servesOthers = async () => {
    const names = await hurriedClient('-q', '127.0.0.1', server.port, '-l');
    expect(names).to.include({ ending: 0, stdout: 'hello.txt\n' });
  };

  it('over HTTP: every line of it is answered 500', async () => {
    // Neither ends: the server waits for a request, curl for a page, until its patience is over.
    const page = `http://127.0.0.1:${server.port}/hello.txt`;
    const { code, stdout } = await curl('--http0.9', '--max-time', '1', page);
    expect(code).to.equal(28);
    const lines = stdout.toString().trimEnd().split('\r\n');
    expect(lines.length).to.be.at.least(3);
    for (const line of lines) expect(line).to.match(/^500 "[!-~]+" is not a request|^500 That is not a request/);
    await servesOthers();
  });

  it('over HTTP with more lines than the server answers: 421, and the end', async () => {
    const headers = Array.from({ length: 20 }, (_, at) => ['-H', `X-${at}: ${at}`]).flat();
    const { code, stdout } = await curl('--http0.9', ...headers, `http://127.0.0.1:${server.port}/`);
    expect(code).to.equal(0);
    const lines = stdout.toString().trimEnd().split('\r\n');
    expect(lines.slice(0, -1).every((line) => line.startsWith('500 '))).to.equal(true);
    expect(lines).to.have.length(11);
    expect(lines.at(-1)).to.match(/^421 /);
    await servesOthers();
  });

  it('with a body that is no line of ours', async () => {
    writeFileSync(workshop().path('body'), Buffer.alloc(3_000_000, 'x'));
    const { code, stdout } = await curl(
      '--http0.9',
      '--data-binary',
      `@${workshop().path('body')}`,
      `http://127.0.0.1:${server.port}/`,
    );
    expect(code).to.equal(0);
    expect(stdout.toString()).to.match(/^(500 .*\r\n)+421 .*\r\n$/);
    await servesOthers();
  });

  it('over TLS', async () => {
    const { code, stdout } = await curl('--insecure', `https://127.0.0.1:${server.port}/`);
    expect(code).to.equal(35);
    expect(stdout.toString()).to.equal('');
    await servesOthers();
  });

  it('over FTP and SMTP, waiting for a greeting, and leaves', async () => {
    for (const scheme of ['ftp', 'smtp']) {
      const { code } = await curl('--max-time', '1', `${scheme}://127.0.0.1:${server.port}/`);
      expect(code, scheme).to.equal(28);
    }
    await servesOthers();
  });
});

withPrograms('ftclient asks a web server', ['python3'], () => {
  const workshop = workshops();
  noLeaks();

  it('and says that it is one', async () => {
    const script = `
import http.server, sys, threading
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()`;
    const server = workshop().start('python3', ['-c', script], { input: null });
    const [, port = ''] = await server.until(/^(\d+)\n/);
    for (const words of [['-l'], ['-g', 'a', '-o', workshop().path('a')], ['-l', '--passive']]) {
      const got = await hurriedClient('127.0.0.1', port, ...words);
      expect(got.ending, got.stderr).to.equal(8);
      expect(got.stderr).to.contain('that is a web server');
      expect(got.stdout).to.equal(`Connected to 127.0.0.1 on port ${port}...\n`);
    }
    expect(readdirSync(workshop().dir)).to.deep.equal([]);
  });
});

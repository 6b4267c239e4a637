import { expect } from 'chai';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually';
import { noLeaks } from '../support/leaks';
import { pattern } from '../support/storageHelpers';
import { hurriedClient, withPrograms, workshops } from '../support/thirdParty';

const ORIGINALS = join(__dirname, 'originals');

withPrograms('uploaders as classes write them, in Python, and our server', ['python3'], () => {
  const workshop = workshops();
  noLeaks();
  const serving = (...words: string[]) =>
    workshop().ftserver(workshop().dir, '--dialect', 'numbered', '--root', workshop().path('saved'), ...words);
  const upload = (port: string, form: string, body: Uint8Array | string) => {
    const name = `body-${form}-${Buffer.from(body as string).length}`;
    writeFileSync(workshop().path(name), body);
    return workshop().start('python3', [join(ORIGINALS, 'numbered_client.py'), '127.0.0.1', port, form, name]).ended;
  };
  const saved = (number: number) => workshop().read(`saved/${number}.file`);
  const isThere = (number: number) =>
    eventually(`${number}.file`, () => existsSync(workshop().path(`saved/${number}.file`)));

  for (const form of ['raw', 'accio', 'raw+stammers', 'accio+stammers', 'accio+early']) {
    it(`${form}: saved as they come, in a directory it makes`, async () => {
      const { port } = await serving(...(form.startsWith('accio') ? ['--accio'] : []));
      const bodies = [Buffer.alloc(0), Buffer.from('accio\r\n'), pattern(form.includes('stammers') ? 5000 : 2_000_000)];
      for (const [i, body] of bodies.entries()) {
        const { code, stderr } = await upload(port, form, body);
        expect(code, stderr).to.equal(0);
        await isThere(i + 1);
        expect(saved(i + 1).equals(body), `${i + 1}.file`).to.equal(true);
      }
      // The client does not wait for the server, whose part goes right behind the moment in which the file is there.
      const there = (): string[] => readdirSync(workshop().path('saved')).sort();
      await eventually('the part is gone', () => there().length === bodies.length, there);
      expect(there()).to.deep.equal(['1.file', '2.file', '3.file']);
    });
  }

  it('a dozen at once, one of them reset: each its own file', async () => {
    const { port } = await serving();
    const bodies = Array.from({ length: 12 }, (_, i) => pattern(100_000 + i, i + 1));
    const ended = await Promise.all(bodies.map((body, i) => upload(port, i === 5 ? 'raw+resets' : 'raw', body)));
    expect(ended.map(({ code }) => code)).to.deep.equal(bodies.map(() => 0));
    for (let number = 1; number <= 12; number += 1) await isThere(number);
    const all = bodies.map((_, i) => saved(i + 1));
    expect(all.filter((each) => each.toString() === 'ERROR')).to.have.length(1);
    for (const [i, body] of bodies.entries()) {
      if (i !== 5)
        expect(
          all.filter((each) => each.equals(body)),
          `body ${i}`,
        ).to.have.length(1);
    }
  });

  it('more than is allowed is ERROR, and so is the wrong form', async () => {
    const { port } = await serving('--max-size', '1000', '--accio');
    await upload(port, 'accio', pattern(1001));
    await isThere(1);
    await upload(port, 'raw', pattern(1000));
    await isThere(2);
    await upload(port, 'accio', pattern(1000));
    await isThere(3);
    expect([1, 2].map((number) => saved(number).toString())).to.deep.equal(['ERROR', 'ERROR']);
    expect(saved(3).equals(pattern(1000))).to.equal(true);
  });
});

withPrograms('our client, and upload collectors as classes write them, in Python', ['python3'], () => {
  const workshop = workshops();
  noLeaks();
  const serving = async (form: string) => {
    const words = [join(ORIGINALS, 'numbered_server.py'), form, workshop().path('saved')];
    const server = workshop().start('python3', words, { input: null });
    const [, port = ''] = await server.until(/^(\d+)\n/);
    return (body: Uint8Array | string, ...words: string[]) => {
      writeFileSync(workshop().path('mine'), body);
      return hurriedClient('127.0.0.1', port, workshop().path('mine'), '--dialect', 'numbered', ...words);
    };
  };

  for (const form of ['raw', 'raw+stays', 'accio', 'accio+slow', 'accio+stays']) {
    it(`${form}: they have what was sent, and nothing before its time`, async () => {
      const put = await serving(form);
      const bodies = [Buffer.alloc(0), Buffer.from('accio\r\n'), pattern(2_000_000)];
      for (const [i, body] of bodies.entries()) {
        const { ending, stderr, stdout } = await put(body, ...(form.startsWith('accio') ? ['--accio'] : []));
        expect(ending, stderr).to.equal(0);
        expect(stdout).to.match(/\nTransfer complete, unverified\.\n$/);
        await eventually('the file', () => existsSync(workshop().path(`saved/${i + 1}.file`)));
        expect(
          workshop()
            .read(`saved/${i + 1}.file`)
            .equals(body),
        ).to.equal(true);
      }
    });
  }

  it('a collector that resets has refused: 25', async () => {
    const put = await serving('raw+full');
    const { ending, stderr } = await put(pattern(3_000_000));
    expect(ending, stderr).to.equal(25);
    expect(stderr).to.match(/did not take it/);
  });

  it('the wrong form is found out by the greeting that never comes', async () => {
    const put = await serving('raw');
    const { ending, stderr } = await put('hello', '--accio');
    expect([18, 25], stderr).to.include(ending);
    expect(workshop().read('saved/1.file').toString()).to.equal('ERROR');
  });
});

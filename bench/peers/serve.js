'use strict';
// ftp-srv as a program: serves the directory given, on a free port, which it prints.
const net = require('node:net');
const FtpSrv = require('ftp-srv');

const [root] = process.argv.slice(2);
const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error: console.error, child: () => quiet };

// It cannot be asked on which port it listens: so it is told one that was free a moment ago.
const probe = net.createServer().listen(0, '127.0.0.1', () => {
  const { port } = probe.address();
  probe.close(() => {
    const server = new FtpSrv({
      url: `ftp://127.0.0.1:${port}`,
      pasv_url: '127.0.0.1',
      anonymous: true,
      log: quiet,
    });
    server.on('login', (_login, resolve) => resolve({ root }));
    server.listen().then(() => console.log(`port ${port}`));
  });
});

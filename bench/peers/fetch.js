'use strict';
// basic-ftp as a program: fetch.js PORT REMOTE LOCAL
const { Client } = require('basic-ftp');

const [port, remote, local] = process.argv.slice(2);
const client = new Client();
client
  .access({ host: '127.0.0.1', port: Number(port) })
  .then(() => client.downloadTo(local, remote))
  .catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  })
  .finally(() => client.close());

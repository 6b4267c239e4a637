'use strict';
// One of the fuzzer's threads: an input can block it for ever, or bring it to the end of its memory.
const { parentPort, workerData } = require('node:worker_threads');
require('ts-node/register/transpile-only');
const { fuzz } = require('../../spec/property/fuzz/fuzz.ts');

const say = (line) => parentPort.postMessage({ line });
const report = (result) => parentPort.postMessage({ result });
void fuzz({ ...workerData, say, report }).then(
  (findings) => parentPort.postMessage({ findings }),
  ({ message }) => parentPort.postMessage({ refused: message }),
);

'use strict';
// The fuzzer's own thread: one that an input can block for ever, or bring to the end of its memory.
const { parentPort, workerData } = require('node:worker_threads');
require('ts-node/register/transpile-only');
const { fuzz } = require('../../spec/property/fuzz/fuzz.ts');

const say = (line) => parentPort.postMessage({ line });
void fuzz({ ...workerData, say }).then((findings) => parentPort.postMessage({ findings }));

'use strict';
// Loaded before ftserver (`node --expose-gc --require`): asked over the channel it collects garbage and says what is left.
// The server is the program itself, and knows nothing of it.
process.on('message', ({ id }) => {
  globalThis.gc();
  process.send({ id, ...process.memoryUsage(), resources: process.getActiveResourcesInfo() });
});
// Nothing that would keep the process alive.
process.channel.unref();

/**
 * Loaded before every spec (.mocharc.json). Mocha reports a spec as passed while a rejection that nobody handles,
 * which would end a user's process, goes by: here it fails the run.
 */
process.on('unhandledRejection', (reason) => {
  throw reason;
});

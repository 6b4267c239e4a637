'use strict';
// Mocha takes one reporter; this is two: `spec` for the reader, `json` (to the file named in the reporter
// option `output`) for the scripts that count.
const Mocha = require('mocha');

module.exports = class SpecAndJson extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    new Mocha.reporters.JSON(runner, options);
  }
};

'use strict';
// `npm run testfiles`: makes the files to try the programs on, in testfiles/generated. `-- --help` tells more.
const { setup } = require('./setup.js');

setup();
// Only behind setup is it sure that the packages it needs are there.
const { main } = require('./testfiles/main.js');

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});

/** package.json's, copied (a spec compares them): reading and parsing a file costs a short command time. */
export const VERSION = '0.1.0';

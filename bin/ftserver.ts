import { main } from '../lib/cli/ftserver';

main(process.argv.slice(2));

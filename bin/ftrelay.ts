import { main } from '../lib/cli/ftrelay';

main(process.argv.slice(2));

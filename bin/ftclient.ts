import { main } from '../lib/cli/ftclient';

main(process.argv.slice(2));

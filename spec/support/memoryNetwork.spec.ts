import { memoryNetwork } from './memoryNetwork';
import { networkSuite } from './networkSuite';

networkSuite('the network in memory', memoryNetwork);
networkSuite('the network in memory, in pieces of 999 bytes', () => memoryNetwork({ segment: 999, capacity: 50_000 }));

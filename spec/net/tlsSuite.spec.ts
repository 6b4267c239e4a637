import { tcpNetwork } from '../../lib/net/tcp';
import { memoryNetwork } from '../support/memoryNetwork';
import { networkSuite } from '../support/networkSuite';
import { tlsNetwork } from '../support/tls';

networkSuite('TLS over TCP', () => tlsNetwork(tcpNetwork()));
networkSuite('TLS in memory', () => tlsNetwork(memoryNetwork()));

import { tcpNetwork } from '../../lib/net/tcp';
import { networkSuite } from '../support/networkSuite';

networkSuite('the TCP network', tcpNetwork);

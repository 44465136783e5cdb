import { isIP, isIPv6, connect as netConnect } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { parseHostPort } from '@trinetra/contracts';
import type { ISocketFactory, KafkaConfig } from 'kafkajs';

/** Ends a name that stands for an IPv6 address. */
const literal = '.ipv6-literal.net';
const keepAliveDelayMs = 60_000;

/** The address that a name of {@link brokerOptions} stands for; every other name as it is. */
const addressOf = (host: string): string =>
  host.endsWith(literal) ? host.slice(0, -literal.length).replaceAll('-', ':') : host;

/** What kafkajs does by itself, where a name of {@link brokerOptions} stands for its address. */
export const socketFactory: ISocketFactory = ({ host: name, port, ssl, onConnect }) => {
  const host = addressOf(name);
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const socket = ssl
    ? tlsConnect({ host, port, ...servername, ...ssl }, onConnect)
    : netConnect({ host, port }, onConnect);
  return socket.setKeepAlive(true, keepAliveDelayMs);
};

/**
 * The options of kafkajs for brokers of which some are IPv6 addresses. kafkajs cuts `[::1]:9092` at its first colon, so such a
 * host goes in under a name without colons, and comes out as an address where the socket is made.
 *
 * @example
 * new Kafka({ clientId: 'viewer', ...brokerOptions(['[::1]:9092']) });
 */
export function brokerOptions(
  brokers: readonly string[],
): Pick<KafkaConfig, 'socketFactory'> & { readonly brokers: string[] } {
  const names = brokers.map((broker) => {
    const address = parseHostPort(broker);
    if (address === null || !isIPv6(address.host)) return broker;
    return `${address.host.replaceAll(':', '-')}${literal}:${address.port}`;
  });
  return names.every((name, index) => name === brokers[index])
    ? { brokers: names }
    : { brokers: names, socketFactory };
}

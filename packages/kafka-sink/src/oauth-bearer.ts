import { createRequire } from 'node:module';
import { printable } from '@trinetra/contracts';
import type { Mechanism } from 'kafkajs';

/** A token for a connection, and what a broker may want beside it, such as `logicalCluster`. */
export interface OAuthToken {
  readonly value: string;
  readonly extensions?: Readonly<Record<string, string>>;
}

const require = createRequire(import.meta.url);
const { request } = require('kafkajs/src/protocol/sasl/oauthBearer') as {
  request: (options: object, token: OAuthToken) => Promise<{ readonly encode: () => Promise<Buffer> }>;
};

// Its types forget the message.
const { KafkaJSSASLAuthenticationError } = require('kafkajs/src/errors') as {
  KafkaJSSASLAuthenticationError: new (message: string) => Error;
};

/** Bytes before an answer: its length. */
const lengthBytes = 4;
/** Characters of it, for a message. */
const maxShown = 300;

/**
 * Logs in with a token. A broker that refuses one answers with its reason (RFC 7628). kafkajs takes any answer for a yes, and fails
 * with the next request, which says nothing of the token.
 */
export function oauthBearer(provider: () => Promise<OAuthToken>): Mechanism {
  return {
    mechanism: 'oauthbearer',
    authenticationProvider: ({ saslAuthenticate }) => ({
      authenticate: async () => {
        const answer = await saslAuthenticate({
          request: await request({}, await provider()),
          response: { decode: (bytes) => bytes, parse: (bytes) => bytes.subarray(lengthBytes).toString() },
        });
        if (typeof answer !== 'string' || answer === '') return;
        throw new KafkaJSSASLAuthenticationError(
          `Kafka refused the token: ${printable(answer.slice(0, maxShown))}`,
        );
      },
    }),
  };
}

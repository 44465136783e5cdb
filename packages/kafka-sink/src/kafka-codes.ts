import type { WriteFailureReason } from './sink.ts';

/**
 * Kafka's error codes by the names that kafkajs gives them, and what each means for an event. Only the first two groups are faults of an
 * event itself, for which no later try is better; of all others the event is kept and tried again.
 *
 * @see https://kafka.apache.org/protocol#protocol_error_codes
 */
export const kafkaCodes: ReadonlyMap<string, WriteFailureReason> = reasonsByName({
  too_large: 'MESSAGE_TOO_LARGE RECORD_LIST_TOO_LARGE',
  // A broker, or a validation that was put into it, looked at the record and does not want it.
  invalid: 'INVALID_RECORD',
  unknown_topic: 'UNKNOWN_TOPIC_OR_PARTITION',
  // Somebody has to mend the configuration, of the cluster or of this client.
  refused: `
    INVALID_TOPIC_EXCEPTION INVALID_REQUIRED_ACKS INVALID_TIMESTAMP POLICY_VIOLATION INVALID_CONFIG
    TOPIC_AUTHORIZATION_FAILED CLUSTER_AUTHORIZATION_FAILED TRANSACTIONAL_ID_AUTHORIZATION_FAILED
    UNSUPPORTED_SASL_MECHANISM ILLEGAL_SASL_STATE SASL_AUTHENTICATION_FAILED SECURITY_DISABLED
    UNSUPPORTED_VERSION UNSUPPORTED_FOR_MESSAGE_FORMAT UNSUPPORTED_COMPRESSION_TYPE INVALID_REQUEST
    DELEGATION_TOKEN_AUTH_DISABLED DELEGATION_TOKEN_NOT_FOUND DELEGATION_TOKEN_OWNER_MISMATCH
    DELEGATION_TOKEN_REQUEST_NOT_ALLOWED DELEGATION_TOKEN_AUTHORIZATION_FAILED DELEGATION_TOKEN_EXPIRED
    INVALID_PRINCIPAL_TYPE`,
  // It passes by: leaders move, replicas come back, disks are mended, bytes that were damaged on their way are sent again.
  unreachable: `
    CORRUPT_MESSAGE LEADER_NOT_AVAILABLE NOT_LEADER_FOR_PARTITION REQUEST_TIMED_OUT BROKER_NOT_AVAILABLE
    REPLICA_NOT_AVAILABLE NETWORK_EXCEPTION NOT_ENOUGH_REPLICAS NOT_ENOUGH_REPLICAS_AFTER_APPEND
    STALE_CONTROLLER_EPOCH NOT_CONTROLLER KAFKA_STORAGE_ERROR LOG_DIR_NOT_FOUND REASSIGNMENT_IN_PROGRESS
    LISTENER_NOT_FOUND FENCED_LEADER_EPOCH UNKNOWN_LEADER_EPOCH STALE_BROKER_EPOCH
    PREFERRED_LEADER_NOT_AVAILABLE ELIGIBLE_LEADERS_NOT_AVAILABLE`,
  // A broker that does not know itself; answers to consumers, transactions and administrators, which none of ours should get; and codes
  // that are newer than kafkajs.
  unknown: `
    UNKNOWN KAFKAJS_UNKNOWN_ERROR_CODE
    OFFSET_OUT_OF_RANGE INVALID_FETCH_SIZE OFFSET_METADATA_TOO_LARGE INVALID_COMMIT_OFFSET_SIZE
    OFFSET_NOT_AVAILABLE UNSTABLE_OFFSET_COMMIT FETCH_SESSION_ID_NOT_FOUND INVALID_FETCH_SESSION_EPOCH
    GROUP_LOAD_IN_PROGRESS GROUP_COORDINATOR_NOT_AVAILABLE NOT_COORDINATOR_FOR_GROUP ILLEGAL_GENERATION
    INCONSISTENT_GROUP_PROTOCOL INVALID_GROUP_ID UNKNOWN_MEMBER_ID INVALID_SESSION_TIMEOUT
    REBALANCE_IN_PROGRESS GROUP_AUTHORIZATION_FAILED NON_EMPTY_GROUP GROUP_ID_NOT_FOUND MEMBER_ID_REQUIRED
    GROUP_MAX_SIZE_REACHED FENCED_INSTANCE_ID GROUP_SUBSCRIBED_TO_TOPIC
    OUT_OF_ORDER_SEQUENCE_NUMBER DUPLICATE_SEQUENCE_NUMBER INVALID_PRODUCER_EPOCH INVALID_TXN_STATE
    INVALID_PRODUCER_ID_MAPPING INVALID_TRANSACTION_TIMEOUT CONCURRENT_TRANSACTIONS
    TRANSACTION_COORDINATOR_FENCED UNKNOWN_PRODUCER_ID
    TOPIC_ALREADY_EXISTS INVALID_PARTITIONS INVALID_REPLICATION_FACTOR INVALID_REPLICA_ASSIGNMENT
    OPERATION_NOT_ATTEMPTED TOPIC_DELETION_DISABLED ELECTION_NOT_NEEDED NO_REASSIGNMENT_IN_PROGRESS`,
});

/** The same for errors that kafkajs makes itself, by their names. */
export const clientErrors: ReadonlyMap<string, WriteFailureReason> = reasonsByName({
  refused: 'KafkaJSSASLAuthenticationError KafkaJSServerDoesNotSupportApiKey',
  unreachable: `
    KafkaJSConnectionError KafkaJSConnectionClosedError KafkaJSRequestTimeoutError KafkaJSTimeout
    KafkaJSPartialMessageError KafkaJSBrokerNotFound KafkaJSMetadataNotLoaded KafkaJSTopicMetadataNotLoaded
    KafkaJSLockTimeout KafkaJSStaleTopicMetadataAssignment KafkaJSNoBrokerAvailableError`,
});

function reasonsByName(
  groups: Readonly<Partial<Record<WriteFailureReason, string>>>,
): Map<string, WriteFailureReason> {
  const reasons = new Map<string, WriteFailureReason>();
  for (const [reason, names] of Object.entries(groups)) {
    for (const name of names.trim().split(/\s+/)) reasons.set(name, reason as WriteFailureReason);
  }
  return reasons;
}

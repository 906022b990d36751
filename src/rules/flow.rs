//! Flow control and resource alarms.
//! Knows no behaviour.

use super::table::rules;

rules! {
    FLW_1, "FLW-1":
        "The broker raises an alarm when memory use is too high or free disk space too low, and then stops \
         taking messages on all nodes.";
        "RabbitMQ docs, alarms";
    FLW_2, "FLW-2":
        "Under an alarm a connection is blocked when it next publishes: the broker stops reading it, and \
         everything behind that publish waits, acknowledgements too.";
        "RabbitMQ server source, rabbit_reader:recvloop";
    FLW_3, "FLW-3":
        "A blocked connection is told by `connection.blocked`, and by `connection.unblocked` when the last \
         alarm is over.";
        "RabbitMQ docs, connection-blocked; RabbitMQ server source, rabbit_reader:blocked_by_message";
    FLW_4, "FLW-4":
        "Deliveries go on during an alarm, but a blocked connection's acknowledgements are not read.";
        "RabbitMQ docs, alarms";
    FLW_5, "FLW-5":
        "A blocked connection does not time out for missing heartbeats.";
        "RabbitMQ server source, rabbit_reader:maybe_block";
    FLW_6, "FLW-6":
        "The broker slows a producer that is faster than its queue by not reading from its connection; no \
         method tells of it.";
        "RabbitMQ server source, credit_flow";
    FLW_7, "FLW-7":
        "A channel waits once 32 of its publishes to a quorum queue are not applied yet.";
        "RabbitMQ server source, rabbit_fifo_client";
    FLW_8, "FLW-8":
        "Back-pressure acts on a whole connection, so a producer and a consumer that share one slow each \
         other.";
        "RabbitMQ docs, connections";
}

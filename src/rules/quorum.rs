//! Quorum queues.
//! Knows no behaviour.

use super::table::rules;

rules! {
    QQ_1, "QQ-1":
        "A quorum queue is durable, shared and named, and has up to three members to begin with.";
        "RabbitMQ docs, quorum-queues";
    QQ_2, "QQ-2":
        "Quorum queues support limits, time to live, dead-lettering, delivery limits and prefetch for each \
         consumer, but neither channel-wide prefetch nor exclusive consumers.";
        "RabbitMQ docs, quorum-queues";
    QQ_3, "QQ-3":
        "A message that was returned more often than the delivery limit is dead-lettered or dropped; from \
         4.0 on the limit is 20 unless set.";
        "observed on RabbitMQ 3.10.8; RabbitMQ docs, quorum-queues";
    QQ_4, "QQ-4":
        "A 3.10 server accepts a negative delivery limit.";
        "observed on RabbitMQ 3.10.8";
    QQ_5, "QQ-5":
        "A quorum queue writes every command to a replicated log and acts on it once a majority of its \
         members have it.";
        "RabbitMQ server source, rabbit_fifo";
    QQ_6, "QQ-6":
        "A majority is more than half of the members, the leader included; each counts after its own write \
         and sync.";
        "RabbitMQ docs, quorum-queues";
    QQ_7, "QQ-7":
        "When the leader fails the queue pauses until another is elected; nothing that was confirmed is \
         lost.";
        "RabbitMQ docs, quorum-queues";
    QQ_8, "QQ-8":
        "Without a majority publishes are neither confirmed nor refused until they time out, and nothing \
         new is delivered.";
        "RabbitMQ server source, rabbit_fifo_client";
    QQ_9, "QQ-9":
        "`basic.get` on a quorum queue without a leader closes the connection with 541.";
        "RabbitMQ server source, rabbit_channel:handle_method";
    QQ_10, "QQ-10":
        "When a consumer's channel goes, a quorum queue takes back what it held, at the front and in the \
         old order.";
        "RabbitMQ docs, quorum-queues";
    QQ_11, "QQ-11":
        "A cancelled consumer of a quorum queue keeps what it holds until it settles it or its channel \
         closes.";
        "observed on RabbitMQ 3.10.8";
    QQ_12, "QQ-12":
        "The messages of a quorum queue may be settled in any order.";
        "assumed";
    QQ_13, "QQ-13":
        "From 4.3 on a quorum queue can hold a returned message back for a while before it is ready again.";
        "RabbitMQ server source, rabbit_fifo:should_delay0";
    QQ_14, "QQ-14":
        "Purging a quorum queue removes its ready messages and leaves unacknowledged ones.";
        "observed on RabbitMQ 3.10.8";
    QQ_15, "QQ-15":
        "Priorities, single active consumers, requeueing, overflow and unlimited prefetch of quorum queues \
         have rules of their own.";
        "assumed";
}

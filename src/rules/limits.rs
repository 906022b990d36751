//! Length limits and message priorities.
//! Knows no behaviour.

use super::table::rules;

rules! {
    LEN_1, "LEN-1":
        "A length limit counts ready messages, and their bodies' bytes; unacknowledged ones are free.";
        "observed on RabbitMQ 3.10.8";
    LEN_2, "LEN-2":
        "With `drop-head` the message is taken in first; then the queue drops from its head until it is \
         within its limit.";
        "observed on RabbitMQ 3.10.8";
    LEN_3, "LEN-3":
        "A queue may have a limit on messages and one on bytes; either applies.";
        "RabbitMQ docs, maxlen";
    LEN_4, "LEN-4":
        "With `reject-publish` a message that would exceed the limit is refused before any consumer is \
         considered.";
        "observed on RabbitMQ 3.10.8";
    LEN_5, "LEN-5":
        "With `reject-publish-dlx` the refused message is dead-lettered as well as nacked.";
        "observed on RabbitMQ 3.10.8";
    LEN_6, "LEN-6":
        "A quorum queue over its limit drops the message that would be delivered next.";
        "observed on RabbitMQ 3.10.8";
    LEN_7, "LEN-7":
        "A quorum queue notices that it is over its limit one message late, and takes publishes again at \
         four fifths of it.";
        "observed on RabbitMQ 3.10.8; RabbitMQ server source, rabbit_fifo:is_over_limit";
    LEN_8, "LEN-8":
        "A requeue that puts a queue over its limit drops from the head, as a publish does.";
        "observed on RabbitMQ 3.10.8";
    PRI_1, "PRI-1":
        "A queue with `x-max-priority` delivers the highest priority that has messages; a message without \
         priority has 0, one above the maximum has the maximum.";
        "observed on RabbitMQ 3.10.8";
    PRI_2, "PRI-2":
        "Within a priority messages keep the order of their publishing, requeued ones included.";
        "observed on RabbitMQ 3.10.8";
    PRI_3, "PRI-3":
        "Higher priorities always go first, so lower ones may wait for ever; what a consumer already holds \
         is not sorted again.";
        "observed on RabbitMQ 3.10.8; RabbitMQ server source, rabbit_priority_queue:fetch";
    PRI_4, "PRI-4":
        "A queue with priorities that is over its limit drops the oldest message of the highest priority.";
        "observed on RabbitMQ 3.10.8";
    PRI_5, "PRI-5":
        "An expired message of low priority stays counted behind one of higher priority until it comes to \
         the head; then it is dropped.";
        "observed on RabbitMQ 3.10.8";
    PRI_6, "PRI-6":
        "A classic queue without `x-max-priority` ignores priorities; a quorum queue ignores them before \
         4.0, knows two from 4.0 on and 32 from 4.3 on.";
        "observed on RabbitMQ 3.10.8; RabbitMQ docs, quorum-queues, priority; RabbitMQ server source, \
         rabbit_fifo_q, rabbit_fifo_pq";
    PRI_7, "PRI-7":
        "Lazy mode and storage version of a classic queue change its use of memory, not what clients see.";
        "assumed";
}

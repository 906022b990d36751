//! Durability: what a restart or a crash of the broker leaves.
//! Knows no behaviour.

use super::table::rules;

rules! {
    DUR_1, "DUR-1":
        "Durable exchanges, durable queues and the bindings between them survive a restart; other queues, \
         exclusive ones, and all connections, channels and consumers do not.";
        "RabbitMQ docs, queues, exchanges";
    DUR_2, "DUR-2":
        "An exchange that is not durable is gone after a restart, except where the server keeps its \
         definitions in Khepri (4.2 and later).";
        "RabbitMQ server source, rabbit_db_exchange:recover";
    DUR_3, "DUR-3":
        "A durable classic queue keeps persistent messages only; transient ones are gone after any \
         restart, even a clean one.";
        "RabbitMQ docs, queues";
    DUR_4, "DUR-4":
        "A quorum queue keeps every message, whatever its delivery mode.";
        "RabbitMQ docs, quorum-queues";
    DUR_5, "DUR-5":
        "A durable auto-delete queue survives a restart and goes only after another consumer has come and \
         left.";
        "RabbitMQ server source, rabbit_amqqueue_process";
    DUR_6, "DUR-6":
        "After a restart a queue's messages are in their old order, and what was unacknowledged is ready \
         again.";
        "RabbitMQ docs, queues";
    DUR_7, "DUR-7":
        "After a clean stop, messages that had been handed out are flagged as redelivered; after a crash, \
         all of them.";
        "RabbitMQ server source, rabbit_variable_queue:init";
    DUR_8, "DUR-8":
        "After a restart a quorum queue flags what was out with a consumer as redelivered.";
        "RabbitMQ server source, rabbit_fifo";
    DUR_9, "DUR-9":
        "A persistent message that was confirmed survives a crash of the broker; one not yet confirmed may \
         or may not. A power loss may take confirmed ones too, where the server does not sync.";
        "RabbitMQ server source, rabbit_msg_store:writer_flush; RabbitMQ docs, confirms";
    DUR_10, "DUR-10":
        "Acknowledgements are not written at once: after a crash a message acknowledged shortly before may \
         come back.";
        "RabbitMQ docs, semantics";
    DUR_11, "DUR-11":
        "Time spent down counts towards a message's time to live.";
        "RabbitMQ server source, rabbit_amqqueue_process:calculate_msg_expiry";
    DUR_12, "DUR-12":
        "A durable queue cannot be used until it has recovered.";
        "RabbitMQ server source, rabbit_amqqueue:priv_absent";
    DUR_13, "DUR-13":
        "Delivery counts of a quorum queue survive a crash; those of a classic queue survive a clean stop \
         only.";
        "assumed";
    DUR_14, "DUR-14":
        "In a cluster, a queue that is not durable goes with its node.";
        "RabbitMQ server source, rabbit_amqqueue:on_node_down";
    DUR_15, "DUR-15":
        "What a node has kept goes with its disk; a quorum queue keeps what it has confirmed as long as a \
         majority of its members keep theirs.";
        "RabbitMQ docs, quorum-queues";
    DUR_16, "DUR-16":
        "A store that confirms on arrival promises nothing: any crash may take what it has confirmed and \
         not written yet, and a power loss what it has not synced.";
        "assumed";
    DUR_17, "DUR-17":
        "A node notes on its disk that a quorum queue is its own up to a second after it was made. If a \
         majority of its members are killed before, the queue is empty when it is back.";
        "observed on RabbitMQ 3.10.8";
    DUR_18, "DUR-18":
        "A file of a classic queue's index of version 2 is deleted when all in it is settled, and the files \
         of a queue that is purged when nothing of it is unacknowledged or unconfirmed: what was in them \
         does not come back.";
        "observed on RabbitMQ 3.10.8; RabbitMQ server source, rabbit_classic_queue_index_v2:ack, \
         rabbit_variable_queue:purge";
}

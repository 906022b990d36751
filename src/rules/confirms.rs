//! Publisher confirms and transactions.
//! Knows no behaviour.

use super::table::rules;

rules! {
    CF_1, "CF-1":
        "After `confirm.select` the channel numbers its publishes from 1 on, and every publish counts, \
         routable or not.";
        "observed on RabbitMQ 3.10.8";
    CF_2, "CF-2":
        "A publish is confirmed once all its queues have accepted it, and nacked if one refuses; it gets \
         exactly one answer.";
        "observed on RabbitMQ 3.10.8; RabbitMQ server source, rabbit_confirms";
    CF_3, "CF-3":
        "A message that no queue gets is confirmed at once, after its return if it is mandatory.";
        "observed on RabbitMQ 3.10.8";
    CF_4, "CF-4":
        "A transient message, or one in a queue that is not durable, is confirmed as soon as the queue has \
         it; no consumer need have seen it.";
        "observed on RabbitMQ 3.10.8";
    CF_5, "CF-5":
        "A persistent message in a durable queue is confirmed when it is written to disk, or settled \
         before that.";
        "observed on RabbitMQ 3.10.8; RabbitMQ server source, rabbit_amqqueue_process; RabbitMQ docs, \
         confirms";
    CF_6, "CF-6":
        "Confirms need not come in the order of the publishes: a message that waits for the disk is \
         overtaken by one that does not.";
        "observed on RabbitMQ 3.10.8";
    CF_7, "CF-7":
        "A message that a full queue drops from its head, or that expires at once, is confirmed all the \
         same.";
        "observed on RabbitMQ 3.10.8";
    CF_8, "CF-8":
        "A queue that is full and refuses publishes nacks them; a channel without confirms gets no sign.";
        "observed on RabbitMQ 3.10.8";
    CF_9, "CF-9":
        "A quorum queue confirms a publish when a majority of its members have it, whatever the delivery \
         mode.";
        "observed on RabbitMQ 3.10.8";
    CF_10, "CF-10":
        "Confirms that are due together are sent as one with `multiple` where no earlier publish is open.";
        "observed on RabbitMQ 3.10.8; RabbitMQ server source, rabbit_channel:coalesce_and_send";
    CF_11, "CF-11":
        "Clients must not rely on the order of confirms; only a return always comes before its confirm.";
        "RabbitMQ docs, confirms";
    CF_12, "CF-12":
        "A channel is either in confirm mode or in transaction mode; changing from one to the other closes \
         it with 406.";
        "observed on RabbitMQ 3.10.8";
    CF_13, "CF-13":
        "Publishing to a missing exchange closes the channel, and confirms that were open never come.";
        "assumed";
    CF_14, "CF-14":
        "A quorum queue nacks a publish if it is over its limit, or has had no leader for 30 seconds.";
        "RabbitMQ server source, rabbit_fifo_client:enqueue";
    CF_15, "CF-15":
        "If the leader of a quorum queue goes away, open confirms come late, once a majority is back; a \
         classic queue that goes away nacks.";
        "RabbitMQ server source, rabbit_fifo_client, rabbit_classic_queue";
    TX_1, "TX-1":
        "`tx.select` may be repeated; a commit or rollback without it closes the channel with 406.";
        "observed on RabbitMQ 3.10.8";
    TX_2, "TX-2":
        "In a transaction a message is routed when it is published and enters its queues at the commit.";
        "observed on RabbitMQ 3.10.8; RabbitMQ server source, rabbit_channel:handle_method";
    TX_3, "TX-3":
        "In a transaction an acknowledged tag is used up at once, but the queue hears of it at the commit.";
        "observed on RabbitMQ 3.10.8";
    TX_4, "TX-4":
        "A commit enqueues the publishes in order, then settles the deliveries, and is answered when all \
         publishes are confirmed.";
        "observed on RabbitMQ 3.10.8";
    TX_5, "TX-5":
        "If a queue refuses a message at the commit, the channel is closed with 406, and the other \
         messages stay where they are.";
        "observed on RabbitMQ 3.10.8";
    TX_6, "TX-6":
        "A rollback drops the publishes and makes the acknowledged deliveries unacknowledged again; \
         nothing is requeued.";
        "observed on RabbitMQ 3.10.8";
    TX_7, "TX-7":
        "Nothing may be sent between `tx.commit` and `tx.commit-ok`; the next transaction begins by \
         itself.";
        "RabbitMQ server source, rabbit_channel";
    TX_8, "TX-8":
        "Transactions cover publishes and acknowledgements only, not declarations, subscriptions or \
         deliveries.";
        "RabbitMQ docs, semantics";
}

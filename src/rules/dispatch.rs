//! Dispatch: who gets the next message, prefetch, and single active consumers.
//! Knows no behaviour.

use super::table::rules;

rules! {
    DSP_1, "DSP-1":
        "A queue offers its next ready message to the consumer at the front of the rotation: one that may \
         take it gets it and goes to the back, one that may not steps out and the next is tried.";
        "RabbitMQ server source, rabbit_queue_consumers:deliver";
    DSP_2, "DSP-2":
        "Consumers of equal priority take turns, one message each; the turn goes on where the last \
         delivery stopped.";
        "observed on RabbitMQ 3.10.8";
    DSP_3, "DSP-3":
        "A consumer without a prefetch limit gets everything that is ready at once, before the next \
         consumer even subscribes.";
        "observed on RabbitMQ 3.10.8";
    DSP_4, "DSP-4":
        "A new consumer joins the rotation at the back of its priority.";
        "observed on RabbitMQ 3.10.8";
    DSP_5, "DSP-5":
        "A consumer whose prefetch is used up keeps its place in the rotation until the queue tries to \
         give it a message.";
        "observed on RabbitMQ 3.10.8";
    DSP_6, "DSP-6":
        "A consumer that was found blocked joins the rotation again, at the back, when an acknowledgement \
         makes room for it.";
        "observed on RabbitMQ 3.10.8";
    DSP_7, "DSP-7":
        "In a quorum queue a consumer leaves the rotation the moment its prefetch is used up, and joins at \
         the back when there is room again.";
        "observed on RabbitMQ 3.10.8";
    DSP_8, "DSP-8":
        "If only one consumer has room, it gets the next messages in a row until it has none.";
        "observed on RabbitMQ 3.10.8";
    DSP_9, "DSP-9":
        "A consumer of lower priority gets a message only while every consumer of higher priority is \
         blocked.";
        "observed on RabbitMQ 3.10.8";
    DSP_10, "DSP-10":
        "A message never stays ready while a consumer could take it.";
        "RabbitMQ server source, rabbit_amqqueue_process:assert_invariant";
    DSP_11, "DSP-11":
        "A message that arrives while a consumer can take it is delivered at once; it is never counted as \
         ready, so neither length limit nor time to live touches it.";
        "observed on RabbitMQ 3.10.8";
    DSP_12, "DSP-12":
        "An exclusive consumer must be the only one of its queue; where there is another, subscribing \
         fails with 403.";
        "observed on RabbitMQ 3.10.8";
    DSP_13, "DSP-13":
        "A quorum queue accepts an exclusive consumer and does not treat it as one.";
        "observed on RabbitMQ 3.10.8";
    DSP_14, "DSP-14":
        "A consumer tag is unique on its channel; using one twice closes the connection with 530. For an \
         empty tag the broker makes one up.";
        "observed on RabbitMQ 3.10.8";
    DSP_15, "DSP-15":
        "Cancelling a consumer stops further deliveries; what it holds stays unacknowledged until it is \
         settled or the channel closes.";
        "observed on RabbitMQ 3.10.8";
    DSP_16, "DSP-16":
        "`basic.get` takes the message at the head of the queue, whether or not there are consumers; it \
         takes no turn in the rotation.";
        "observed on RabbitMQ 3.10.8";
    DSP_17, "DSP-17":
        "A requeued message goes to the consumer that is next in turn, which may be the one that gave it \
         back.";
        "observed on RabbitMQ 3.10.8";
    DSP_18, "DSP-18":
        "A classic queue pauses for a channel that has 200 deliveries not yet written to its socket.";
        "RabbitMQ server source, rabbit_queue_consumers";
    DSP_19, "DSP-19":
        "Deliveries arrive on a channel in the order of their tags, and messages in the order of their \
         queue unless one was requeued.";
        "RabbitMQ docs, semantics";
    QOS_1, "QOS-1":
        "A prefetch size in bytes is not implemented; anything but 0 closes the connection with 540.";
        "observed on RabbitMQ 3.10.8";
    QOS_2, "QOS-2":
        "`basic.qos` that is not global sets the prefetch of each consumer that subscribes later on this \
         channel; 0 means no limit.";
        "observed on RabbitMQ 3.10.8";
    QOS_3, "QOS-3":
        "A consumer may hold at most its prefetch count of unacknowledged messages; each consumer is \
         counted by itself.";
        "observed on RabbitMQ 3.10.8";
    QOS_4, "QOS-4":
        "A global `basic.qos` sets one limit for all consumers of the channel together, from now on; 0 \
         removes it.";
        "observed on RabbitMQ 3.10.8";
    QOS_5, "QOS-5":
        "A `basic.qos` that is not global also removes a limit on the whole channel.";
        "observed on RabbitMQ 3.10.8";
    QOS_6, "QOS-6":
        "Where consumer and channel both have a limit, a delivery needs room under both.";
        "observed on RabbitMQ 3.10.8";
    QOS_7, "QOS-7":
        "A channel limit that is set anew counts everything unacknowledged on the channel, later only what \
         consumers get.";
        "observed on RabbitMQ 3.10.8";
    QOS_8, "QOS-8":
        "When the channel limit is reached, all its consumers wait, those with automatic acknowledgement \
         included.";
        "observed on RabbitMQ 3.10.8";
    QOS_9, "QOS-9":
        "Lowering a limit takes nothing back; deliveries go on once enough is acknowledged.";
        "observed on RabbitMQ 3.10.8";
    QOS_10, "QOS-10":
        "Prefetch does not apply to automatic acknowledgement nor to `basic.get`.";
        "observed on RabbitMQ 3.10.8";
    QOS_11, "QOS-11":
        "When a channel limit has room again, the queues that wait are served; here in the order of their \
         names.";
        "RabbitMQ server source, rabbit_limiter:notify_queues";
    QOS_12, "QOS-12":
        "A quorum queue does not support a limit on the whole channel; consuming under one closes the \
         connection with 540, and from 4.3 on the limit is set for each consumer instead.";
        "observed on RabbitMQ 3.10.8; RabbitMQ server source, rabbit_channel:is_global_qos_permitted";
    QOS_13, "QOS-13":
        "In a quorum queue no prefetch limit means 2000.";
        "RabbitMQ server source, rabbit_fifo_client; RabbitMQ docs, confirms";
    SAC_1, "SAC-1":
        "With a single active consumer, only the first to subscribe gets messages; the others wait.";
        "observed on RabbitMQ 3.10.8";
    SAC_2, "SAC-2":
        "When the active consumer leaves, the one at the front takes over: highest priority first, then \
         the longest subscribed.";
        "observed on RabbitMQ 3.10.8";
    SAC_3, "SAC-3":
        "If the active consumer is cancelled while it holds messages, the next one begins with later \
         messages, so their order may change.";
        "observed on RabbitMQ 3.10.8";
    SAC_4, "SAC-4":
        "A single active consumer stays active when its prefetch is used up; the messages wait for it.";
        "observed on RabbitMQ 3.10.8";
    SAC_5, "SAC-5":
        "`basic.get` works on a classic queue with a single active consumer; a quorum queue refuses it \
         with 405.";
        "observed on RabbitMQ 3.10.8";
    SAC_6, "SAC-6":
        "From 4.0 on, a waiting consumer of higher priority takes over from the active one of a quorum \
         queue, once that one has settled what it holds.";
        "observed on RabbitMQ 3.10.8; RabbitMQ server source, rabbit_fifo:activate_next_consumer";
    LAB_1, "LAB-1":
        "An experiment, not RabbitMQ: the scenario's dispatch policy chooses who gets a message among the \
         consumers of the highest priority that may be next.";
        "amqpsim, `[experiment] dispatch`";
}

//! Acknowledgement: delivery tags, settling, requeueing and the redelivered flag.
//! Knows no behaviour.

use super::table::rules;

rules! {
    ACK_1, "ACK-1":
        "Each channel numbers its deliveries from 1 on, automatic ones included; the number is the \
         delivery tag and never starts again.";
        "observed on RabbitMQ 3.10.8";
    ACK_2, "ACK-2":
        "An acknowledgement settles the delivery with its tag; with `multiple`, that one and all before it \
         on the channel.";
        "observed on RabbitMQ 3.10.8";
    ACK_3, "ACK-3":
        "The tag of an acknowledgement must be one that is still unacknowledged; otherwise the channel is \
         closed with 406 and nothing is settled.";
        "observed on RabbitMQ 3.10.8";
    ACK_4, "ACK-4":
        "Tag 0 with `multiple` stands for everything unacknowledged on the channel, and is no error if \
         there is nothing.";
        "observed on RabbitMQ 3.10.8";
    ACK_5, "ACK-5":
        "A delivery is settled once: settling it again, settling an automatic one, or settling it on \
         another channel closes the channel with 406.";
        "observed on RabbitMQ 3.10.8";
    ACK_6, "ACK-6":
        "The channel checks the tag at once; the queue hears of it afterwards, in the order the channel \
         sent it.";
        "RabbitMQ server source, rabbit_channel";
    ACK_7, "ACK-7":
        "A message rejected without requeue is dead-lettered if its queue has a dead-letter exchange, and \
         dropped if not.";
        "observed on RabbitMQ 3.10.8";
    ACK_8, "ACK-8":
        "A `basic.nack` for many deliveries reaches each queue as one step.";
        "RabbitMQ server source, rabbit_channel:foreach_per_queue";
    ACK_9, "ACK-9":
        "`basic.recover` gives back everything unacknowledged on the channel; any consumer may get it \
         next.";
        "observed on RabbitMQ 3.10.8";
    ACK_10, "ACK-10":
        "A message that is out with a consumer cannot expire, be purged or be dropped for length.";
        "RabbitMQ docs, ttl";
    ACK_11, "ACK-11":
        "Up to 4.2, a delivery that is unacknowledged for longer than the consumer timeout (30 minutes) \
         closes its channel with 406.";
        "RabbitMQ docs, consumers; RabbitMQ release notes, 3.8.17, 3.12.0";
    ACK_12, "ACK-12":
        "From 4.3 on, only quorum queues watch the consumer timeout: the message goes back to the queue \
         and the consumer is cancelled.";
        "RabbitMQ docs, quorum-queues";
    ACK_13, "ACK-13":
        "The broker does not answer an acknowledgement.";
        "AMQP 0-9-1 specification, basic.ack";
    RDL_1, "RDL-1":
        "A requeued message goes back to its old place in the queue, ahead of all later ones.";
        "observed on RabbitMQ 3.10.8; RabbitMQ server source, rabbit_variable_queue:requeue_merge";
    RDL_2, "RDL-2":
        "A quorum queue with a delivery limit puts returned messages ahead of all others, in the order \
         they were returned.";
        "observed on RabbitMQ 3.10.8; RabbitMQ server source, rabbit_fifo:return_one";
    RDL_3, "RDL-3":
        "A quorum queue without a delivery limit puts a rejected message at the back; a closed channel \
         still gives its messages back to the front.";
        "observed on RabbitMQ 3.10.8; RabbitMQ server source, rabbit_fifo:handle_aux; RabbitMQ docs, \
         quorum-queues";
    RDL_4, "RDL-4":
        "A message that was handed out before, and came back for whatever reason, is delivered with \
         `redelivered` set.";
        "observed on RabbitMQ 3.10.8";
    RDL_5, "RDL-5":
        "A dead-lettered copy is a new message to its queue: not redelivered, and with counts of its own.";
        "observed on RabbitMQ 3.10.8";
    RDL_6, "RDL-6":
        "A message delivered with automatic acknowledgement never comes back.";
        "RabbitMQ docs, confirms";
    RDL_7, "RDL-7":
        "A quorum queue tells a redelivered message's failed deliveries in the header `x-delivery-count`.";
        "observed on RabbitMQ 3.10.8; RabbitMQ release notes, 3.12.0";
    RDL_8, "RDL-8":
        "A quorum queue counts each return towards the delivery limit; from 4.3 on only rejects and lost \
         channels count.";
        "RabbitMQ docs, quorum-queues; RabbitMQ server source, rabbit_channel";
    RDL_9, "RDL-9":
        "A requeue may put a queue over its length limit; then the message at the head is dropped, which \
         may be the one just requeued.";
        "observed on RabbitMQ 3.10.8";
    RDL_10, "RDL-10":
        "A message whose time to live passed while it was out expires as soon as it is requeued.";
        "observed on RabbitMQ 3.10.8";
    RDL_11, "RDL-11":
        "On a requeue the consumer first gets its room back, then the message its place, then limits and \
         expiry apply, and then the queue delivers.";
        "RabbitMQ server source, rabbit_amqqueue_process:requeue_and_run";
}

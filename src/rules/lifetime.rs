//! Time to live, expiring queues and dead-lettering.
//! Knows no behaviour.

use super::table::rules;

rules! {
    TTL_1, "TTL-1":
        "A message's `expiration` is a whole number of milliseconds written as text; anything else closes \
         the channel with 406.";
        "observed on RabbitMQ 3.10.8";
    TTL_2, "TTL-2":
        "A message expires after the shorter of its own time to live and its queue's, counted from its \
         arrival in the queue.";
        "RabbitMQ server source, rabbit_amqqueue_process:calculate_msg_expiry";
    TTL_3, "TTL-3":
        "A classic queue expires messages at its head only; one behind a longer-lived message stays, and \
         counts, until it comes to the head, but is never delivered late.";
        "observed on RabbitMQ 3.10.8";
    TTL_4, "TTL-4":
        "When the head leaves, messages behind it that have expired are dropped in the same step.";
        "observed on RabbitMQ 3.10.8";
    TTL_5, "TTL-5":
        "With one time to live for the whole queue, messages expire in the order of the queue.";
        "RabbitMQ docs, ttl";
    TTL_6, "TTL-6":
        "A message with a time to live of 0 is delivered if a consumer can take it at that instant, and \
         expires if not.";
        "observed on RabbitMQ 3.10.8";
    TTL_7, "TTL-7":
        "A message that is out with a consumer does not expire; requeued, it keeps its first deadline.";
        "observed on RabbitMQ 3.10.8";
    TTL_8, "TTL-8":
        "In a classic queue with priorities, a message that arrives at the head may be delivered after its \
         time, because the timer was set for another.";
        "observed on RabbitMQ 3.10.8";
    TTL_9, "TTL-9":
        "Expiry is timed in whole milliseconds, rounded up: late at most, never early.";
        "RabbitMQ server source, rabbit_amqqueue_process:ensure_ttl_timer";
    TTL_10, "TTL-10":
        "A quorum queue expires messages at its head too, with every command and by a timer.";
        "observed on RabbitMQ 3.10.8; RabbitMQ docs, priority";
    TTL_11, "TTL-11":
        "A stream ignores a message's time to live.";
        "RabbitMQ docs, streams";
    EXP_1, "EXP-1":
        "`x-expires` deletes a queue that had no consumer and was neither declared nor read by `basic.get` \
         for that long; publishing to it does not count as use.";
        "observed on RabbitMQ 3.10.8";
    EXP_2, "EXP-2":
        "While a queue has a consumer it does not expire; the time starts anew when the last one leaves.";
        "observed on RabbitMQ 3.10.8; RabbitMQ docs, ttl";
    EXP_3, "EXP-3":
        "After a restart the time until a queue expires starts anew.";
        "assumed";
    DLX_1, "DLX-1":
        "A message is dead-lettered when it is rejected without requeue, expires, is dropped for length or \
         reaches its delivery limit; never by a purge or a deletion.";
        "observed on RabbitMQ 3.10.8";
    DLX_2, "DLX-2":
        "A dead-lettered message is published to the dead-letter exchange with the queue's dead-letter \
         key, or its own keys if there is none; if that leads nowhere it is dropped.";
        "observed on RabbitMQ 3.10.8";
    DLX_3, "DLX-3":
        "A dead-lettered message keeps its body and properties, but not its time to live.";
        "observed on RabbitMQ 3.10.8";
    DLX_4, "DLX-4":
        "The header `x-death` tells the story of a dead-lettered message, newest entry first: which queue, \
         why, when and how often.";
        "observed on RabbitMQ 3.10.8";
    DLX_5, "DLX-5":
        "Dying again in the same queue for the same reason raises the count of its `x-death` entry and \
         moves it to the front.";
        "observed on RabbitMQ 3.10.8";
    DLX_6, "DLX-6":
        "The headers `x-first-death-…` name the first death and never change; newer servers name the last \
         one too.";
        "observed on RabbitMQ 3.10.8";
    DLX_7, "DLX-7":
        "Up to 3.13 a client may send an `x-death` header that is counted on; 4.x ignores it.";
        "observed on RabbitMQ 3.10.8; RabbitMQ release notes, 4.0.1";
    DLX_8, "DLX-8":
        "A message that would come back to a queue it died in, without having been rejected on the way, is \
         dropped, so that it does not circle for ever.";
        "observed on RabbitMQ 3.10.8; RabbitMQ server source, mc:is_cycle_v2";
    DLX_9, "DLX-9":
        "Dead-lettering is at most once: the message leaves its queue before the other one has it, so one \
         that the other refuses is lost.";
        "RabbitMQ docs, dlx";
    DLX_10, "DLX-10":
        "A quorum queue may dead-letter at least once: it keeps the message until every target has \
         confirmed it, and tries again after 180 seconds.";
        "observed on RabbitMQ 3.10.8; RabbitMQ docs, quorum-queues; RabbitMQ server source, \
         rabbit_fifo_dlx_worker";
    DLX_11, "DLX-11":
        "Messages are dead-lettered oldest first, and arrive at their next queue later.";
        "assumed";
    DLX_12, "DLX-12":
        "Dead-lettering needs no permission when it happens and concerns neither the producer's confirm \
         nor its mandatory flag.";
        "observed on RabbitMQ 3.10.8";
    DLX_13, "DLX-13":
        "A rejected message that its dead-letter exchange leads back to its queue joins the back as a new \
         message.";
        "observed on RabbitMQ 3.10.8";
}

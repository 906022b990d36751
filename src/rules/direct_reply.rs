//! Direct reply-to.
//! Knows no behaviour.

use super::table::rules;

rules! {
    DRT_1, "DRT-1":
        "A client that consumes from `amq.rabbitmq.reply-to` without acknowledgement may publish requests \
         with that name in `reply-to`, and gets the replies without a queue of its own.";
        "observed on RabbitMQ 3.10.8";
    DRT_2, "DRT-2":
        "A direct reply is delivered at most once: it is dropped if the channel that asked is gone.";
        "RabbitMQ release notes, 4.2.0";
}

//! Exchanges: what exists from the start, how they are declared and deleted.
//! Knows no behaviour.

use super::table::rules;

rules! {
    EX_1, "EX-1":
        "Each virtual host has a default exchange with an empty name and six `amq.` exchanges; all are \
         durable and cannot be deleted.";
        "RabbitMQ docs, exchanges";
    EX_2, "EX-2":
        "Declaring an exchange again must repeat its type, its flags and its alternate exchange; any \
         difference closes the channel with 406.";
        "observed on RabbitMQ 3.10.8; RabbitMQ server source, rabbit_exchange:assert_equivalence";
    EX_3, "EX-3":
        "The error text names the argument that differs, with the value received and the current one.";
        "observed on RabbitMQ 3.10.8; RabbitMQ server source, rabbit_misc:val";
    EX_4, "EX-4":
        "A passive declaration only asks whether the exchange exists; if it does not, the channel is \
         closed with 404.";
        "observed on RabbitMQ 3.10.8";
    EX_5, "EX-5":
        "Declaring an exchange of an unknown type closes the connection with 503 (newest servers: the \
         channel with 406).";
        "observed on RabbitMQ 3.10.8; RabbitMQ server source, rabbit_exchange:check_type";
    EX_6, "EX-6":
        "Names that begin with `amq.` are reserved: creating such an exchange or queue closes the channel \
         with 403.";
        "observed on RabbitMQ 3.10.8";
    EX_7, "EX-7":
        "The default exchange cannot be declared, deleted or bound; trying to closes the channel with 403.";
        "observed on RabbitMQ 3.10.8";
    EX_8, "EX-8":
        "Deleting an exchange that does not exist succeeds; deleting an `amq.` exchange closes the channel \
         with 403.";
        "observed on RabbitMQ 3.10.8";
    EX_9, "EX-9":
        "Deleting an exchange only if unused closes the channel with 406 while bindings lead away from it.";
        "observed on RabbitMQ 3.10.8";
    EX_10, "EX-10":
        "When an exchange is deleted, its bindings go with it and its queues stay.";
        "AMQP 0-9-1 specification, exchange.delete";
    EX_11, "EX-11":
        "Publishing to an internal exchange closes the channel with 403; messages reach it through \
         bindings from other exchanges.";
        "observed on RabbitMQ 3.10.8";
    EX_12, "EX-12":
        "An auto-delete exchange goes when the last binding that leads away from it goes; one that never \
         had a binding stays.";
        "observed on RabbitMQ 3.10.8";
    EX_13, "EX-13":
        "The argument `alternate-exchange` must be a string; the exchange it names need not exist.";
        "observed on RabbitMQ 3.10.8";
    EX_14, "EX-14":
        "The default exchange leads to every queue by the queue's own name: the routing key is the name of \
         the queue.";
        "RabbitMQ server source, rabbit_exchange:route";
}

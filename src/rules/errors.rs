//! Errors: which reply codes close a channel, which the whole connection, and what else an error does.
//! Knows no behaviour.

use super::table::rules;

rules! {
    ERR_1, "ERR-1":
        "A soft error closes only the channel it happened on; its reply codes are 311, 312, 313, 403, 404, \
         405 and 406.";
        "AMQP 0-9-1 specification, constants";
    ERR_2, "ERR-2":
        "A hard error closes the whole connection with all its channels; its reply codes are 320, 402, 501 \
         to 506, 530, 540 and 541.";
        "AMQP 0-9-1 specification, constants";
    ERR_3, "ERR-3":
        "`channel.close` and `connection.close` name the class and method that caused them; an error that \
         no method caused carries 0 and 0.";
        "observed on RabbitMQ 3.10.8";
    ERR_4, "ERR-4":
        "A failing method that has no reply, such as `basic.publish` or `basic.ack`, is answered by \
         `channel.close` alone; whatever the client had already sent after it on that channel has no \
         effect.";
        "observed on RabbitMQ 3.10.8; RabbitMQ server source, rabbit_channel:handle_method";
    ERR_5, "ERR-5":
        "After `channel.close-ok` the channel number may be opened again at once; the new channel starts \
         from nothing, with delivery tag 1 and without consumers, confirms or prefetch.";
        "observed on RabbitMQ 3.10.8";
    ERR_6, "ERR-6":
        "If both sides close a channel at the same time, the broker still answers the client's \
         `channel.close` with `channel.close-ok`.";
        "RabbitMQ server source, rabbit_channel";
    ERR_7, "ERR-7":
        "On a channel error the queues get back their unacknowledged messages before `channel.close` is \
         sent.";
        "RabbitMQ server source, rabbit_channel:handle_exception";
    ERR_8, "ERR-8":
        "A method on a channel that was never opened, a second `channel.open` or an unknown method closes \
         the connection.";
        "observed on RabbitMQ 3.10.8";
    ERR_9, "ERR-9":
        "A frame that is out of place or larger than the agreed maximum closes the connection with 505 or \
         501.";
        "observed on RabbitMQ 3.10.8";
    ERR_10, "ERR-10":
        "Without the needed permission the channel is closed with 403: configure to declare and delete, \
         write to publish, read to consume, get and purge, and both to bind.";
        "RabbitMQ server source, rabbit_channel; RabbitMQ release notes, 4.3.0";
    ERR_11, "ERR-11":
        "The broker checks a publish in a fixed order, size and permission first, then the exchange, then \
         the properties, and reports only the first thing that is wrong.";
        "observed on RabbitMQ 3.10.8; RabbitMQ server source, rabbit_channel:handle_method";
    ERR_12, "ERR-12":
        "A message larger than the server's `max_message_size` closes the channel with 406.";
        "RabbitMQ server source, rabbit_channel:check_msg_size; RabbitMQ release notes, 4.0.1";
    ERR_13, "ERR-13":
        "A delivery mode must be 1 (transient) or 2 (persistent); without one the message is transient, \
         and any other value closes the channel with 406.";
        "observed on RabbitMQ 3.10.8; RabbitMQ server source, rabbit_basic:is_message_persistent";
    ERR_14, "ERR-14":
        "If a message names a user, it must be the one who logged in on this connection; otherwise the \
         channel is closed with 406.";
        "observed on RabbitMQ 3.10.8";
}

//! Connections and channels: how they open, close, time out and own things.
//! Knows no behaviour.

use super::table::rules;

rules! {
    CON_1, "CON-1":
        "Exchanges, queues and bindings belong to one virtual host, and a connection sees only the virtual \
         host it opened.";
        "RabbitMQ docs, vhosts";
    CON_2, "CON-2":
        "Opening an unknown virtual host, or one in which the user has no permission, closes the connection \
         with 530.";
        "observed on RabbitMQ 3.10.8";
    CON_3, "CON-3":
        "Client and server agree on the number of channels, the frame size and the heartbeat when the \
         connection opens; a client that asks for more than the server offers is cut off.";
        "observed on RabbitMQ 3.10.8";
    CON_4, "CON-4":
        "The agreed `channel_max` bounds how many channels are open at once, whatever their numbers; one \
         too many closes the whole connection with 530.";
        "observed on RabbitMQ 3.10.8; RabbitMQ server source, rabbit_reader:create_channel";
    CON_5, "CON-5":
        "The broker handles the methods of one channel in the order they were sent and promises no order \
         between channels.";
        "RabbitMQ docs, channels";
    CON_6, "CON-6":
        "When a channel goes away, each queue removes its consumers, takes back its unacknowledged \
         messages at their old places with the redelivered flag, and then serves the consumers that are \
         left.";
        "observed on RabbitMQ 3.10.8; RabbitMQ server source, rabbit_amqqueue_process:handle_ch_down";
    CON_7, "CON-7":
        "An acknowledgement counts if the broker handled it before the channel closed; one that was still \
         on its way is lost.";
        "RabbitMQ docs, channels";
    CON_8, "CON-8":
        "With automatic acknowledgement a message counts as delivered as soon as the broker has sent it; \
         if the connection dies before it arrives, it is lost.";
        "RabbitMQ docs, confirms";
    CON_9, "CON-9":
        "The broker tells the queues that a channel is closing before it answers `channel.close-ok`.";
        "RabbitMQ server source, rabbit_channel:notify_queues";
    CON_10, "CON-10":
        "When a client closes its connection, all channels end first, then the connection's exclusive \
         queues are deleted, then `connection.close-ok` is sent.";
        "RabbitMQ server source, rabbit_reader:close_connection";
    CON_11, "CON-11":
        "A TCP connection that is reset or closed counts as a lost connection at once; one that falls \
         silent is noticed by heartbeats only.";
        "RabbitMQ docs, heartbeats";
    CON_12, "CON-12":
        "With a heartbeat of T seconds the broker gives up on a silent client between 2T and 3T after its \
         last byte.";
        "observed on RabbitMQ 3.10.8; RabbitMQ server source, rabbit_heartbeat";
    CON_13, "CON-13":
        "Any byte that arrives counts as a heartbeat; while a connection is blocked by an alarm the broker \
         does not wait for heartbeats.";
        "RabbitMQ server source, rabbit_reader:maybe_block";
    CON_14, "CON-14":
        "A broker that shuts down closes each connection with 320.";
        "RabbitMQ server source, rabbit_reader";
    CON_15, "CON-15":
        "Publishes and acknowledgements of an uncommitted transaction are dropped when the channel closes.";
        "observed on RabbitMQ 3.10.8";
    CON_16, "CON-16":
        "A channel that closes never gets its outstanding confirms, although the messages may be in their \
         queues.";
        "RabbitMQ server source, rabbit_channel:terminate";
    CON_17, "CON-17":
        "RabbitMQ does not let a client stop deliveries by `channel.flow`: switching them off closes the \
         connection with 540.";
        "observed on RabbitMQ 3.10.8";
    CON_18, "CON-18":
        "An exclusive queue may be used only by the connection that declared it; others get 405, but \
         anybody may publish to it.";
        "observed on RabbitMQ 3.10.8";
    CON_19, "CON-19":
        "Removing a binding that does not exist succeeds, even on somebody else's exclusive queue.";
        "observed on RabbitMQ 3.10.8";
    CON_20, "CON-20":
        "Declaring an existing queue again with the other value of `exclusive` closes the channel with \
         405.";
        "observed on RabbitMQ 3.10.8";
    CON_21, "CON-21":
        "An exclusive queue is never durable, whatever its declaration says.";
        "observed on RabbitMQ 3.10.8; RabbitMQ server source, rabbit_channel:handle_method";
    CON_22, "CON-22":
        "An auto-delete queue is deleted with all its messages when its last consumer leaves; one that \
         never had a consumer stays.";
        "observed on RabbitMQ 3.10.8";
    CON_23, "CON-23":
        "Where the server bounds the consumers of a channel, one too many closes the connection with 530.";
        "RabbitMQ server source, rabbit_channel";
    CON_24, "CON-24":
        "The broker sends `basic.cancel` and `connection.blocked` only to clients that said they \
         understand them.";
        "observed on RabbitMQ 3.10.8";
    CON_25, "CON-25":
        "The broker says which of its extensions to AMQP a client may use when the connection opens.";
        "observed on RabbitMQ 3.10.8";
    CON_26, "CON-26":
        "Names of queues and exchanges may be any text of at most 255 bytes; line breaks are removed.";
        "RabbitMQ server source, rabbit_channel:strip_cr_lf";
}

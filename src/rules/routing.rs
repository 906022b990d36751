//! Routing: exchange types, bindings, alternate exchanges and messages that no queue gets.
//! Knows no behaviour.

use super::table::rules;

rules! {
    RT_1, "RT-1":
        "A direct exchange sends a message to the queues whose binding key equals its routing key; a \
         fanout exchange sends it to all queues bound to it.";
        "AMQP 0-9-1 specification, exchange types";
    RT_2, "RT-2":
        "A topic exchange compares the words between the dots: `*` in a binding key stands for exactly one \
         word, `#` for any number of words, none included.";
        "observed on RabbitMQ 3.10.8";
    RT_3, "RT-3":
        "In topic keys the empty key has no words, and two dots side by side have an empty word between \
         them, which `*` matches.";
        "observed on RabbitMQ 3.10.8";
    RT_4, "RT-4":
        "The newest servers refuse a topic binding key with more than two `#`; older ones accept any \
         number.";
        "observed on RabbitMQ 3.10.8; RabbitMQ server source, rabbit_exchange_type_topic:validate_binding";
    RT_5, "RT-5":
        "A headers exchange ignores the routing key and compares the binding's arguments with the \
         message's headers: all of them or any of them, as `x-match` says.";
        "observed on RabbitMQ 3.10.8; RabbitMQ server source, rabbit_exchange_type_headers";
    RT_6, "RT-6":
        "A header matches if its value equals the binding's value and has the same type; a binding value \
         without content asks only that the header exists.";
        "observed on RabbitMQ 3.10.8";
    RT_7, "RT-7":
        "With nothing to compare, a headers binding for all headers matches every message and one for any \
         header matches none.";
        "observed on RabbitMQ 3.10.8";
    RT_8, "RT-8":
        "An unknown value of `x-match` closes the channel with 406.";
        "observed on RabbitMQ 3.10.8";
    RT_9, "RT-9":
        "The headers `CC` and `BCC` add routing keys to a message; `BCC` is removed before delivery.";
        "observed on RabbitMQ 3.10.8";
    RT_10, "RT-10":
        "A publish puts at most one copy into each queue, however many bindings match.";
        "observed on RabbitMQ 3.10.8";
    RT_11, "RT-11":
        "A binding between exchanges hands the message on with its routing key; each exchange is visited \
         at most once, so a cycle ends.";
        "observed on RabbitMQ 3.10.8";
    RT_12, "RT-12":
        "The order in which one publish reaches several queues is not promised; here it is the order of \
         the queues' names.";
        "RabbitMQ server source, rabbit_exchange:route1";
    RT_13, "RT-13":
        "Messages from one channel reach a queue in the order they were published; between channels there \
         is no order.";
        "RabbitMQ docs, semantics";
    RT_14, "RT-14":
        "Further exchange types choose one queue, by a hash or at random, or hold a message back for a \
         while.";
        "RabbitMQ server source, rabbit_exchange_type_consistent_hash, rabbit_exchange_type_random, \
         rabbit_exchange_type_local_random";
    BND_1, "BND-1":
        "A binding is known by its two ends, its key and its arguments; adding the same one again changes \
         nothing, and one unbind removes it.";
        "observed on RabbitMQ 3.10.8";
    BND_2, "BND-2":
        "Binding something that does not exist closes the channel with 404; removing a binding that does \
         not exist succeeds.";
        "observed on RabbitMQ 3.10.8";
    BND_3, "BND-3":
        "An empty queue name stands for the queue declared last on this channel.";
        "observed on RabbitMQ 3.10.8";
    BND_4, "BND-4":
        "A binding survives a restart only if both its ends do.";
        "RabbitMQ docs, exchanges";
    BND_5, "BND-5":
        "Deleting a queue removes its bindings before the client hears that it is gone.";
        "assumed";
    AE_1, "AE-1":
        "A message that an exchange cannot send anywhere goes to its alternate exchange, if it has one.";
        "observed on RabbitMQ 3.10.8";
    AE_2, "AE-2":
        "The alternate exchange is asked only if no binding matches; a binding to another exchange counts, \
         even if that one leads nowhere.";
        "observed on RabbitMQ 3.10.8";
    AE_3, "AE-3":
        "With several routing keys, one that matches is enough to leave the alternate exchange out.";
        "observed on RabbitMQ 3.10.8";
    AE_4, "AE-4":
        "A message that went through an alternate exchange keeps its exchange and routing key and counts \
         as routed.";
        "observed on RabbitMQ 3.10.8";
    MND_1, "MND-1":
        "A message that no queue gets is returned to its producer if it is mandatory, and dropped without \
         a word if not; the return comes before the confirm.";
        "observed on RabbitMQ 3.10.8";
    MND_2, "MND-2":
        "Only routing decides whether a mandatory message is returned; one that a full queue refuses is \
         nacked, not returned.";
        "observed on RabbitMQ 3.10.8";
    MND_3, "MND-3":
        "RabbitMQ does not implement `immediate`: setting it closes the connection with 540.";
        "observed on RabbitMQ 3.10.8";
    MND_4, "MND-4":
        "In a transaction an unroutable message is returned at the commit, before `tx.commit-ok`.";
        "observed on RabbitMQ 3.10.8";
    MND_5, "MND-5":
        "Publishing to an exchange that does not exist closes the channel with 404.";
        "observed on RabbitMQ 3.10.8";
}
